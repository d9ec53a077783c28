"""A bug in what the writer calls must not end its thread: it is the one that stops the robot and notices that it is lost."""

import threading

import pytest
from test_motion_limits import LIMITS
from test_motion_moves import MOVES

from fake_robot import FakeRobot
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.protocol import Pose
from voice_pipeline.motion.tasks import Listener, Outcome, Settings
from voice_pipeline.motion.ticker import Ticker

PATIENCE_S = 60.0


def test_a_period_that_raises_is_counted_and_told_and_not_the_last(capsys):
    calls, enough = [], threading.Event()

    def tick(now):
        calls.append(now)
        if len(calls) >= 9:
            enough.set()
        raise RuntimeError("a publisher that is gone")

    ticker = Ticker("test", 0.001, tick)
    ticker.start()
    assert enough.wait(PATIENCE_S)
    ticker.stop_when(lambda: True, 0.0)
    assert ticker.failed == len(calls)
    said = capsys.readouterr().err
    assert 0 < said.count("a publisher that is gone") < len(calls)


def broken(*_):
    raise RuntimeError("nobody listens")


def test_a_listener_that_raises_keeps_no_other_from_hearing_of_its_end():
    robot, ends = FakeRobot(), []
    controller = Controller(robot, LIMITS, MOVES, Settings())
    controller.tick(robot.now)
    controller.move_head((0.0, 0.0, 0.3), 0.0, 0.0, Listener(broken, broken))
    listener = Listener(lambda report: None, lambda outcome, *_: ends.append(outcome))
    controller.move_head((0.0, 0.0, -0.3), 0.0, 0.0, listener)  # the first hears PREEMPTED in the next period
    robot.connected = False
    with pytest.raises(RuntimeError, match="nobody listens"):
        controller.tick(robot.now + 0.02)
    assert ends == [Outcome.ROBOT_DISCONNECTED]


def test_the_robot_is_let_go_of_even_if_the_last_words_fail():
    robot = FakeRobot(Pose())
    controller = Controller(robot, LIMITS, MOVES, Settings())
    controller.tick(robot.now)
    controller.move_head((0.0, 0.0, 0.3), 0.0, 0.0, Listener(broken, broken))
    with pytest.raises(RuntimeError, match="nobody listens"):
        controller.close(0.0)
    assert not robot.connected
