"""Somebody else's move runs in the daemon: nothing is sent meanwhile, and afterwards it goes on from where the robot is."""

import pytest
from test_motion_controller import ASLEEP, Bench

from voice_pipeline.motion import wake
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Outcome, Refused

AWAY = Pose(roll=0.2, yaw=-0.4, right_antenna=1.0)


def take(bench, seconds=1.0, pose=AWAY):
    bench.robot.taken, bench.robot.pose = True, pose
    bench.run(seconds)
    bench.robot.taken = False


def test_the_order_ends_nothing_is_sent_and_the_next_order_begins_where_the_robot_is():
    bench = Bench()
    bench.head(0.7)
    bench.run(0.3)
    sent = len(bench.robot.sent)
    take(bench)
    assert bench.state == "MOVING"
    assert bench.outcomes() == [Outcome.NOT_REACHED]
    with pytest.raises(Refused, match="Another program"):
        bench.head(0.5)
    assert not bench.controller.status(bench.robot.now).following
    bench.run(0.1)
    assert len(bench.robot.sent) == sent
    bench.run(1.0)
    assert bench.state == "IDLE"
    assert {pose for _, pose in bench.robot.sent[sent:]} == {AWAY}
    bench.head(0.0)
    bench.run(2.0)
    assert bench.outcomes()[-1] is Outcome.NONE


def test_a_robot_that_is_not_heard_after_it_is_waited_for():
    bench = Bench()
    take(bench)
    sent = len(bench.robot.sent)
    bench.run(0.36, states=False)
    bench.robot.pose = NEUTRAL
    bench.run(1.0)
    assert {pose for _, pose in bench.robot.sent[sent:]} == {NEUTRAL}


def test_a_robot_that_another_program_put_to_sleep_is_left_asleep():
    bench = Bench()
    take(bench, pose=ASLEEP)
    sent = len(bench.robot.sent)
    bench.run(1.0)
    assert bench.state == "SLEEPING"
    assert bench.asked_to_wake == 0
    assert len(bench.robot.sent) == sent


def test_the_stop_holds_through_it():
    bench = Bench()
    bench.controller.stop()
    take(bench)
    bench.run(1.0)
    assert bench.state == "STOPPED"
    assert bench.robot.pose == AWAY


def test_waking_takes_the_robot_back():
    bench = Bench()
    take(bench, pose=ASLEEP)
    bench.run(1.0)
    bench.robot.taken = True
    wake.wake_up(bench.controller)
    bench.robot.taken = False
    bench.run(1.0)
    assert bench.state == "IDLE"
    assert bench.robot.pose == NEUTRAL


def test_a_loss_during_it_is_told_and_mended():
    bench = Bench()
    bench.robot.taken = True
    bench.run(0.2)
    bench.run(0.6, states=False)
    assert bench.state == "DISCONNECTED"
    bench.robot.taken = False
    bench.run(1.0)
    assert bench.state == "IDLE"
