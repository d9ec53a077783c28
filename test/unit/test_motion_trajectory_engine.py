"""Joint trajectories: what is refused and why, and that the path goes through the points within the limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_motion_controller import Bench
from test_motion_limits import DT, LIMITS, check

from voice_pipeline.motion.joint_orders import Tolerances, follow
from voice_pipeline.motion.paths import at_rest
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Listener, Outcome, Refused
from voice_pipeline.motion.trajectory import Waypoint, plan

REST = at_rest(NEUTRAL)
RIGHT = ("right_antenna",)


def through(*pairs):
    return [Waypoint(t, (p,)) for t, p in pairs]


BAD = {
    "no joint": ((), through((1.0, 0.1)), Outcome.INVALID_JOINTS, "No joint"),
    "unknown joint": (("elbow",), through((1.0, 0.1)), Outcome.INVALID_JOINTS, "elbow"),
    "a leg of the neck": (("stewart_1",), through((1.0, 0.1)), Outcome.INVALID_JOINTS, "head_command"),
    "twice": (RIGHT * 2, [Waypoint(1.0, (0.1, 0.1))], Outcome.INVALID_JOINTS, "twice"),
    "no points": (RIGHT, [], Outcome.INVALID_GOAL, "no points"),
    "too many points": (
        RIGHT,
        through(*((k * 0.01, 0.0) for k in range(5001))),
        Outcome.INVALID_GOAL,
        "more than 5000",
    ),
    "too few positions": (RIGHT, [Waypoint(1.0, ())], Outcome.INVALID_GOAL, "0 positions"),
    "too many velocities": (RIGHT, [Waypoint(1.0, (0.1,), (0.0, 0.0))], Outcome.INVALID_GOAL, "2 velocities"),
    "NaN": (RIGHT, through((1.0, math.nan)), Outcome.INVALID_GOAL, "finite"),
    "infinite velocity": (RIGHT, [Waypoint(1.0, (0.1,), (math.inf,))], Outcome.INVALID_GOAL, "finite"),
    "NaN as a time": (RIGHT, through((math.nan, 0.1)), Outcome.INVALID_GOAL, "times rise"),
    "times that stand still": (RIGHT, through((1.0, 0.1), (1.0, 0.2)), Outcome.INVALID_GOAL, "point 1|Point 1"),
    "times that fall": (RIGHT, through((1.0, 0.1), (0.5, 0.2)), Outcome.INVALID_GOAL, "times rise"),
    "a negative time": (RIGHT, through((-1.0, 0.1)), Outcome.INVALID_GOAL, "times rise"),
    "an hour": (RIGHT, through((3600.0, 0.1)), Outcome.INVALID_GOAL, "600"),
    "at once": (RIGHT, through((0.0, 0.5), (1.0, 0.6)), Outcome.INVALID_GOAL, "at once"),
    "nothing but at once": (RIGHT, through((0.0, 0.0)), Outcome.INVALID_GOAL, "at once"),
    "outside": (RIGHT, through((3.0, 3.1)), Outcome.INVALID_GOAL, "keep it within"),
    "too fast": (RIGHT, through((0.2, 1.5)), Outcome.INVALID_GOAL, "times as long"),
    "a last velocity": (RIGHT, [Waypoint(1.0, (0.1,), (0.5,))], Outcome.INVALID_GOAL, "ends at rest"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_wrong_trajectory_is_refused_with_its_reason(what):
    joints, points, outcome, text = BAD[what]
    with pytest.raises(Refused, match=text) as refusal:
        plan(joints, points, REST, LIMITS)
    assert refusal.value.outcome is outcome


def test_the_cure_for_too_fast_is_right():
    with pytest.raises(Refused) as refusal:
        plan(RIGHT, through((0.2, 1.5)), REST, LIMITS)
    factor = float(str(refusal.value).split("Take ")[1].split()[0])
    assert factor > 2.0
    plan(RIGHT, through((0.2 * factor, 1.5)), REST, LIMITS)


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0.3, 3.0), st.floats(0.2, 2.0), st.floats(-1.0, 1.0)), min_size=1, max_size=8)
)
def test_whatever_is_taken_goes_through_its_points_within_the_limits(steps):
    t, points = 0.0, []
    for d, right, body in steps:
        t += d
        points.append(Waypoint(t, (right, body)))
    try:
        path = plan(("right_antenna", "yaw_body"), points, REST, LIMITS)
    except Refused as refusal:
        if "times as long" not in str(refusal):
            raise
        return
    for point in points:
        assert path.at(point.time)[0][[5, 4]] == pytest.approx(np.array(point.positions), abs=1e-9)
    check([Pose(*path.at(k * DT)[0]) for k in range(round(path.duration / DT) + 2)])


WILD = st.one_of(st.floats(), st.floats(-3, 3), st.sampled_from([0.0, 1e-300, 1e9, 1e300, -1e300, math.nan, math.inf]))
SOME = st.lists(WILD, max_size=3).map(tuple)


@settings(max_examples=400, deadline=None)
@given(
    joints=st.lists(st.sampled_from(["right_antenna", "yaw_body", "left_antenna", "", "stewart_2"]), max_size=3),
    points=st.lists(st.builds(Waypoint, WILD, SOME, SOME, SOME), max_size=4),
    delay=WILD,
)
def test_hostile_trajectories_are_refused_or_kept_within_the_limits(joints, points, delay):
    try:
        path = plan(joints, points, REST, LIMITS, delay)
    except Refused:
        return
    check([Pose(*path.at(k * DT)[0]) for k in range(min(round(path.duration / DT), 500))])


@settings(max_examples=300, deadline=None)
@given(
    times=st.lists(st.floats(1e-6, 500.0), min_size=1, max_size=4, unique=True).map(sorted),
    wild=st.lists(st.tuples(st.floats(-2, 2), WILD, WILD), min_size=4, max_size=4),
)
def test_hostile_velocities_and_accelerations_are_refused_or_kept_within_the_limits(times, wild):
    points = [Waypoint(t, (p,), (v,), (a,)) for t, (p, v, a) in zip(times, wild, strict=False)]
    points[-1] = Waypoint(points[-1].time, points[-1].positions, (0.0,), points[-1].accelerations)
    try:
        path = plan(RIGHT, points, REST, LIMITS)
    except Refused:
        return
    check([Pose(*path.at(k * DT)[0]) for k in range(min(round(path.duration / DT), 500))])


def test_sampled_sines_with_velocities_are_followed_as_they_are():
    times = np.arange(1, 41) * 0.1
    points = [
        Waypoint(float(t), (0.5 * (1 - math.cos(math.pi * t / 2)),), (0.25 * math.pi * math.sin(math.pi * t / 2),))
        for t in times
    ]
    path = plan(RIGHT, points, REST, LIMITS)
    for t in np.arange(0.05, 3.95, 0.01):
        assert path.at(t)[0][5] == pytest.approx(0.5 * (1 - math.cos(math.pi * t / 2)), abs=2e-3)
        if 0.2 < t < 3.8:  # the sine starts and ends with a step in acceleration, the path does not
            assert abs(path.at(t)[2][5]) < 1.3  # the sine has 1.23


def test_what_began_in_the_past_goes_on_with_the_points_that_are_left():
    path = plan(RIGHT, through((1.0, 0.2), (2.0, 0.4), (3.0, 0.6)), REST, LIMITS, delay=-1.5)
    assert path.duration == pytest.approx(1.5)
    assert path.at(0.5)[0][5] == pytest.approx(0.4)
    with pytest.raises(Refused, match="over") as refusal:
        plan(RIGHT, through((1.0, 0.2)), REST, LIMITS, delay=-2.0)
    assert refusal.value.outcome is Outcome.OLD_STAMP


def test_what_begins_later_waits_at_rest():
    path = plan(RIGHT, through((1.0, 0.5)), REST, LIMITS, delay=2.0)
    assert path.duration == pytest.approx(3.0)
    assert path.at(1.9)[0][5] == pytest.approx(0.0, abs=1e-9)
    assert path.at(3.0)[0][5] == pytest.approx(0.5)


class Joints(Bench):
    """A controller on a fake robot that runs trajectories."""

    def follow(self, *pairs, joints=RIGHT, path=(), goal=(("right_antenna", 0.1),), goal_time=0.4):
        tolerances = Tolerances(dict(path), dict(goal), goal_time)
        listener = Listener(lambda report: None, lambda outcome, message, report: self.ends.append((outcome, message)))
        return follow(self.controller, joints, through(*pairs), 0.0, tolerances, listener)


def test_a_trajectory_takes_over_from_a_head_movement_and_brings_the_head_to_rest():
    bench = Joints()
    bench.head(0.6, 1.5)
    bench.run(0.7)
    bench.follow((1.0, 0.5))
    bench.run(2.0)
    assert bench.outcomes() == [Outcome.PREEMPTED, Outcome.NONE]
    assert bench.robot.pose.right_antenna == pytest.approx(0.5)
    assert 0.2 < bench.robot.pose.yaw < 0.6
    check([pose for _, pose in bench.robot.sent])


def test_the_next_trajectory_preempts_without_a_step():
    bench = Joints()
    bench.follow((1.0, 1.0))
    bench.run(0.5)
    bench.follow((1.0, 0.1))
    bench.run(2.0)
    assert bench.outcomes() == [Outcome.PREEMPTED, Outcome.NONE]
    assert bench.robot.pose.right_antenna == pytest.approx(0.1)
    check([pose for _, pose in bench.robot.sent])


def test_a_robot_that_is_held_breaks_the_path_tolerance_and_is_brought_to_rest():
    bench = Joints()
    bench.robot.stuck = True
    bench.follow((1.0, 1.0), path=[("right_antenna", 0.2)])
    bench.run(2.0)
    outcome, text = bench.ends[0]
    assert outcome is Outcome.OFF_PATH
    assert "right_antenna" in text
    check([pose for _, pose in bench.robot.sent])
    assert bench.robot.sent[-1][1].right_antenna < 0.9


def test_a_goal_that_is_missed_fails_after_its_time_and_not_before():
    bench = Joints()
    bench.robot.stuck = True
    bench.follow((1.0, 1.0), goal_time=0.5)
    bench.run(1.4)
    assert bench.ends == []
    bench.run(0.3)
    outcome, text = bench.ends[0]
    assert outcome is Outcome.NOT_REACHED
    assert "right_antenna ended 1.000 rad" in text


def test_without_a_goal_tolerance_it_ends_when_the_last_pose_is_sent():
    bench = Joints()
    bench.robot.stuck = True
    bench.follow((1.0, 1.0), goal=())
    bench.run(1.1)
    assert bench.outcomes() == [Outcome.NONE]


def test_a_gesture_is_not_preempted_by_a_trajectory():
    bench = Joints()
    bench.play("nod")
    bench.run(0.5)
    with pytest.raises(Refused) as refusal:
        bench.follow((1.0, 1.0))
    assert refusal.value.outcome is Outcome.BUSY
