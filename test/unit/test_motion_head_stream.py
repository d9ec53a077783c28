"""Head poses that stream in, on a held clock: what a pose means, who wins, when it goes stale."""

import math
import random

import pytest
from test_motion_controller import Bench
from test_motion_limits import LIMITS, check

from voice_pipeline.motion.head_stream import HeadGoal, HeadStream, head_goal
from voice_pipeline.motion.tasks import Outcome, Refused

HEIGHT = 0.177


class Streamed(Bench):
    """A controller on a fake robot, and a stream to it; `time.monotonic` is the held clock."""

    def __init__(self, monkeypatch, timeout=1.0):
        super().__init__()
        monkeypatch.setattr("voice_pipeline.motion.head_stream.time.monotonic", lambda: self.robot.now)
        self.stream = HeadStream(self.controller, timeout)

    def command(self, yaw=0.0, pitch=0.0, roll=0.0, turns_body=True, beside=False):
        self.stream.command(HeadGoal(roll, pitch, yaw, 0.0, turns_body, beside))

    @property
    def poses(self):
        return [pose for _, pose in self.robot.sent]


@pytest.fixture
def bench(monkeypatch):
    return Streamed(monkeypatch)


def test_a_pose_is_roll_pitch_yaw_as_urdf_has_them_and_z_above_neutral():
    half = math.sqrt(0.5)
    goal = head_goal((0.0, 0.0, HEIGHT - 0.003), (0.0, 0.0, half, half), True)
    assert (goal.roll, goal.pitch) == pytest.approx((0.0, 0.0))
    assert goal.yaw == pytest.approx(math.pi / 2)
    assert goal.z == pytest.approx(-0.003)
    assert not goal.beside
    assert head_goal((0.01, 0.0, HEIGHT), (0.0, math.sin(0.1), 0.0, math.cos(0.1)), True).pitch == pytest.approx(0.2)
    assert head_goal((0.01, 0.0, HEIGHT), (0.0, 0.0, 0.0, 1.0), True).beside
    assert head_goal((0.0, 0.0, HEIGHT), (0.0, 0.0, 0.0, 1.005), True).yaw == 0.0


@pytest.mark.parametrize(
    ("position", "quaternion", "text"),
    [
        ((0, 0, HEIGHT), (0, 0, 0, 0), "length 0"),
        ((0, 0, HEIGHT), (0, 0, 0, 1.1), "Normalise"),
        ((0, 0, HEIGHT), (0, 0, math.nan, 1), "NaN"),
        ((0, math.inf, HEIGHT), (0, 0, 0, 1), "NaN or infinity"),
        ((0, 0, 1e6), (0, 0, 0, 1), "give m"),
    ],
)
def test_what_is_no_pose_is_refused(position, quaternion, text):
    with pytest.raises(Refused, match=text):
        head_goal(position, quaternion, True)


def test_a_stream_is_followed_and_the_status_tells_of_it(bench):
    bench.command(yaw=0.5)
    bench.run(0.1)
    assert bench.state == "MOVING"
    assert bench.controller.status(bench.robot.now).move == "head_command"
    for _ in range(10):
        bench.command(yaw=0.5)
        bench.run(0.2)
    assert bench.robot.pose.yaw == pytest.approx(0.5)
    assert bench.state == "IDLE"
    check(bench.poses)


def test_a_target_that_stays_does_not_keep_the_body_busy(bench):
    told = []
    bench.controller._on_change = lambda: told.append(bench.state)
    for _ in range(200):
        bench.command(yaw=0.2)
        bench.run(0.02)
    assert told == ["MOVING", "IDLE"]


def test_a_stale_stream_is_brought_to_rest_where_it_is(monkeypatch):
    bench = Streamed(monkeypatch, timeout=0.3)
    bench.command(yaw=2.0)
    bench.run(2.0)
    assert bench.stream.stale == 1
    assert bench.state == "IDLE"
    assert 0.05 < bench.robot.pose.yaw + bench.robot.pose.body_yaw < 1.5
    check(bench.poses)
    bench.command(yaw=0.0)
    bench.run(0.2)
    bench.command(yaw=0.0)
    bench.run(0.25)
    assert bench.state == "MOVING"


def test_a_goal_wins_until_it_is_over_whatever_streams(bench):
    bench.command(yaw=0.6)
    bench.run(0.3)
    bench.head(-0.4)
    for _ in range(20):
        with pytest.raises(Refused) as refusal:
            bench.command(yaw=0.6)
        assert refusal.value.outcome is Outcome.BUSY
        bench.run(0.02)
    bench.run(2.0)
    assert bench.outcomes() == [Outcome.NONE]
    assert bench.robot.pose.yaw == pytest.approx(-0.4)
    bench.command(yaw=0.6)
    bench.run(0.9)
    assert bench.robot.pose.yaw == pytest.approx(0.6)
    check(bench.poses)


def test_a_goal_that_is_being_cancelled_makes_way_at_once(bench):
    task = bench.head(0.6, 2.0)
    bench.run(1.0)
    bench.controller.cancel(task)
    bench.command(yaw=-0.3)
    bench.run(1.5)
    assert bench.outcomes() == [Outcome.CANCELLED]
    assert bench.robot.pose.yaw == pytest.approx(-0.3)


def test_while_poses_stream_in_nothing_turns_to_a_speaker(bench, monkeypatch):
    monkeypatch.setattr("voice_pipeline.motion.controller.time.monotonic", lambda: bench.robot.now)
    bench.command(yaw=0.2)
    bench.run(0.8)
    assert bench.state == "IDLE"
    assert not bench.controller.turn_to(-0.5, 1.0)
    bench.run(0.5)
    assert bench.controller.turn_to(-0.5, 1.0)


def test_the_latched_stop_ends_it_and_refuses_more(bench):
    bench.command(yaw=0.7)
    bench.run(0.2)
    bench.controller.stop()
    with pytest.raises(Refused) as refusal:
        bench.command(yaw=0.7)
    assert refusal.value.outcome is Outcome.STOPPED
    bench.run(0.5)
    assert bench.state == "STOPPED"


def test_states_that_come_late_hold_it_without_a_jump(bench):
    bench.command(yaw=0.7)
    bench.run(0.2)
    bench.run(0.3, states=False)
    sent = len(bench.poses)
    bench.command(yaw=0.7)
    bench.run(1.0)
    assert bench.robot.pose.yaw == pytest.approx(0.7, abs=0.01)
    check(bench.poses[sent - 1 :])
    assert bench.controller.status(bench.robot.now).clamps == 0


def test_ten_thousand_random_poses_at_a_thousand_a_second_keep_the_limits(bench):
    dice = random.Random(5)
    for _ in range(500):
        for _ in range(20):
            bench.command(*(dice.uniform(-4, 4) for _ in range(3)), turns_body=dice.random() < 0.5)
        bench.run(0.02)
    assert bench.stream.clamped > 5000
    check(bench.poses)
    assert all(LIMITS.contains(pose, 1e-9) for pose in bench.poses)
