"""A trajectory of the antennas takes over from a movement of the head, which ends where it comes to rest: what begins after
that begins there, and does not go on to a goal that was given up."""

import pytest
from test_motion_controller import Bench

from voice_pipeline.motion.joint_orders import Tolerances, follow
from voice_pipeline.motion.tasks import Outcome
from voice_pipeline.motion.trajectory import Waypoint


def antenna(bench):
    return follow(bench.controller, ["right_antenna"], [Waypoint(1.0, (0.5,))], 0.0, Tolerances(), bench.listener())


def test_a_gesture_afterwards_is_played_where_the_head_came_to_rest():
    bench = Bench()
    bench.head(0.7, duration=4.0)
    bench.run(1.5)
    antenna(bench)
    bench.run(2.0)
    assert bench.outcomes() == [Outcome.PREEMPTED, Outcome.NONE]
    rest = bench.robot.pose.yaw
    assert 0.05 < rest < 0.5
    bench.play("nod")
    bench.run(8.0)
    assert bench.outcomes()[-1] is Outcome.NONE
    assert bench.robot.pose.yaw == pytest.approx(rest, abs=1e-3)
    assert bench.robot.pose.right_antenna == pytest.approx(0.5, abs=1e-3)


def test_what_was_held_before_a_trajectory_is_held_after_it():
    bench = Bench()
    bench.head(0.4)
    bench.run(2.0)
    held = bench.controller.held
    antenna(bench)
    bench.run(2.0)
    assert bench.controller.held == pytest.approx(held._replace(right_antenna=0.5), abs=1e-9)
