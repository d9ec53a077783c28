"""The motion node when its robot is killed, hangs, comes late, or does not exist."""

import os
import signal
import time

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from voice_pipeline.action import MoveHead, PlayMove

from motion_bench import AGAIN, LONG_S, Watch, patience  # noqa: F401
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def robot():
    simulated = SimulatedRobot().start()
    yield simulated
    simulated.stop()


def test_a_killed_robot_is_noticed_and_used_again_when_it_is_back(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    gesture = watch.play("dance", repeat=AGAIN)
    watch.wait(lambda m: m.move == "dance")
    watch.hasty()
    killed = time.time()
    os.kill(robot.pid, signal.SIGKILL)
    watch.until("DISCONNECTED", since=killed)
    assert watch.peer.result(gesture).result.error_code == PlayMove.Result.ROBOT_DISCONNECTED
    assert watch.move(yaw=0.1).error_code == MoveHead.Result.ROBOT_DISCONNECTED
    watch.told("Start its daemon")
    robot.stop()
    robot.start()
    watch.hasty(False)
    watch.until("IDLE", since=time.time())  # woken again by itself
    result = watch.move(yaw=0.3)
    assert result.error_code == MoveHead.Result.NONE
    assert result.head_rpy.z == pytest.approx(0.3, abs=0.03)


def test_a_hung_robot_is_noticed_and_goes_on_from_where_it_stands(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    handle = watch.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    watch.wait(lambda m: m.head_rpy.z > 0.03)
    watch.hasty()
    hung = time.time()
    os.kill(robot.pid, signal.SIGSTOP)
    try:
        watch.until("DISCONNECTED", since=hung)
        result = watch.peer.result(handle).result
        assert result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
        assert "hangs" in result.error_msg
    finally:
        os.kill(robot.pid, signal.SIGCONT)
    watch.until("IDLE", since=time.time())
    watch.hasty(False)
    watch.until("IDLE", since=time.time())
    assert 0.02 < watch.states[-1].head_rpy.z < 0.65
    assert watch.move(yaw=0.0).error_code == MoveHead.Result.NONE


def test_a_short_hang_only_holds_the_motion(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    handle = watch.send(MoveHead.Goal(yaw=0.6, duration_s=4.0))
    watch.wait(lambda m: m.head_rpy.z > 0.03)
    os.kill(robot.pid, signal.SIGSTOP)
    try:
        watch.wait(lambda m: m.state_age_s > 0.4)
    finally:
        os.kill(robot.pid, signal.SIGCONT)
    result = watch.peer.result(handle).result
    assert result.error_code == MoveHead.Result.NONE
    assert result.head_rpy.z == pytest.approx(0.6, abs=0.02)


def test_a_robot_that_comes_later_is_found_and_woken(ros):
    robot = SimulatedRobot().start()
    robot.stop()
    watch = Watch(ros, url=robot.url)
    watch.told("No robot answers")
    assert not watch.call("wake_up").success
    with robot:
        watch.until("IDLE")


def test_without_wake_on_start_it_stays_asleep_until_it_is_told(ros, robot):
    watch = Watch(ros, url=robot.url, wake_on_start=False)
    watch.until("SLEEPING")
    assert watch.move(yaw=0.1).error_code == MoveHead.Result.ASLEEP
    assert watch.call("wake_up").success
    watch.until("IDLE")


def test_robot_none_refuses_and_is_no_error(ros):
    watch = Watch(ros, robot="none")
    result = watch.move(yaw=0.1)
    assert result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    assert "no robot" in result.error_msg
    watch.told("There is no robot")
    assert max(s.level[0] for m in list(watch.diagnostics) for s in m.status) < 2
    assert not watch.call("wake_up").success
    assert watch.call("stop").success


def test_a_broken_moves_folder_fails_configure_with_the_reason(ros, tmp_path):
    peer = ros.peer()
    diagnostics = peer.record(DiagnosticArray, "/diagnostics")
    (tmp_path / "bad.yaml").write_text("description: x\nkeyframes: [{t: 1, yaw: 90}, {t: 2, yaw: 0}]")
    ros.start(MotionNode, {"robot": "none", "moves_dirs": [str(tmp_path)]}, wait=False)
    ros.wait(lambda: any("yaw reaches 0.0..90.0" in s.message for m in diagnostics for s in m.status))
