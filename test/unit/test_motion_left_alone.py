"""Somebody else moves a robot that is at rest for us: a move of the vendor's dashboard, a hand. It is not pulled back."""

import pytest
from test_motion_controller import Bench

from voice_pipeline.motion.protocol import Pose
from voice_pipeline.motion.tasks import Outcome

AWAY = Pose(roll=0.3, yaw=0.5, right_antenna=2.0, left_antenna=-2.0)


def moved(bench, pose, seconds):
    """Another program moves the robot there, in a move during which targets have no effect."""
    bench.robot.stuck, bench.robot.pose = True, pose
    bench.run(seconds)
    bench.robot.stuck = False


def test_a_robot_that_somebody_else_moved_stays_there_and_it_is_told():
    bench = Bench()
    moved(bench, AWAY, 1.5)
    sent = len(bench.robot.sent)
    bench.run(3.0)
    assert bench.robot.pose == AWAY
    assert len(bench.robot.sent) == sent
    assert not bench.controller.status(bench.robot.now).following


def test_the_next_order_begins_where_the_robot_is():
    bench = Bench()
    moved(bench, AWAY, 1.5)
    sent = len(bench.robot.sent)
    bench.head(0.2)
    bench.run(2.0)
    assert bench.robot.sent[sent][1] == pytest.approx(AWAY, abs=0.01)
    assert bench.outcomes() == [Outcome.NONE]
    assert bench.robot.pose == pytest.approx(AWAY._replace(roll=0.0, yaw=0.2), abs=1e-3)
    assert bench.controller.status(bench.robot.now).following


def test_the_same_while_the_stop_is_latched():
    bench = Bench()
    bench.controller.stop()
    moved(bench, AWAY, 1.5)
    bench.run(2.0)
    assert bench.robot.pose == AWAY


def test_a_robot_that_comes_back_by_itself_goes_on_where_it_was():
    bench = Bench()
    bench.head(0.4)
    bench.run(2.0)
    pose = bench.robot.pose
    moved(bench, AWAY, 1.5)
    bench.robot.pose = pose._replace(yaw=pose.yaw + 0.1)  # on its way back when the hand lets go
    bench.run(2.0)
    assert bench.robot.pose == pytest.approx(pose, abs=1e-6)
