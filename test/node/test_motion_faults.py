"""The motion node when its robot is killed, hangs, comes late, or does not exist."""

import os
import signal
import time

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from std_srvs.srv import Trigger
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode


class Watch:
    """A node, and when it said what."""

    def __init__(self, ros, **params):
        self.ros, self.peer = ros, ros.peer()
        self.heard = []  # (time, MotionState)
        self.peer.node.create_subscription(
            MotionState, "motion/state", lambda m: self.heard.append((time.monotonic(), m)), 10
        )
        self.diagnostics = self.peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(MotionNode, params)

    def until(self, state, timeout=60.0, since=0.0):
        """When the state was first told after `since`."""
        wanted = getattr(MotionState, state)
        return self.ros.wait(
            lambda: next((t for t, m in self.heard if t > since and m.state == wanted), None), timeout, state
        )

    def told(self, text):
        self.ros.wait(lambda: any(text in s.message for m in self.diagnostics for s in m.status), what=f"'{text}'")

    def move(self, **goal):
        return self.peer.result(self.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(**goal))).result


@pytest.fixture
def robot():
    simulated = SimulatedRobot().start()
    yield simulated
    simulated.stop()


def test_a_killed_robot_is_noticed_within_a_second_and_used_again_when_it_is_back(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    handle = watch.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="dance"))
    watch.until("MOVING", since=time.monotonic())
    killed = time.monotonic()
    os.kill(robot.pid, signal.SIGKILL)
    assert watch.until("DISCONNECTED", since=killed) - killed < 1.0
    assert watch.peer.result(handle).result.error_code == PlayMove.Result.ROBOT_DISCONNECTED
    assert watch.move(yaw=0.1).error_code == MoveHead.Result.ROBOT_DISCONNECTED
    watch.told("Start its daemon")
    robot.stop()
    robot.start()
    back = time.monotonic()
    watch.until("IDLE", 60.0, since=back)  # woken again by itself
    answer = watch.move(yaw=0.3)
    assert answer.error_code == MoveHead.Result.NONE
    assert answer.head_rpy.z == pytest.approx(0.3, abs=0.03)


def test_a_hung_robot_is_noticed_and_goes_on_from_where_it_stands(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    handle = watch.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=3.0))
    ros.wait(lambda: watch.heard[-1][1].head_rpy.z > 0.2)
    hung = time.monotonic()
    os.kill(robot.pid, signal.SIGSTOP)
    try:
        assert watch.until("DISCONNECTED", since=hung) - hung < 1.0
        result = watch.peer.result(handle).result
        assert result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
        assert "hangs" in result.error_msg
    finally:
        os.kill(robot.pid, signal.SIGCONT)
    resumed = time.monotonic()
    watch.until("IDLE", since=resumed)
    assert 0.2 < watch.heard[-1][1].head_rpy.z < 0.5
    assert watch.move(yaw=0.0).error_code == MoveHead.Result.NONE


def test_a_short_hang_only_holds_the_motion(ros, robot):
    watch = Watch(ros, url=robot.url, state_timeout_s=1.5)
    watch.until("IDLE")
    handle = watch.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.6, duration_s=2.0))
    ros.wait(lambda: watch.heard[-1][1].head_rpy.z > 0.1)
    os.kill(robot.pid, signal.SIGSTOP)
    try:
        ros.wait(lambda: watch.heard[-1][1].state_age_s > 0.4)
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
    assert not watch.peer.call(Trigger, "motion/wake_up").success
    with robot:
        watch.until("IDLE", 60.0)


def test_without_wake_on_start_it_stays_asleep_until_it_is_told(ros, robot):
    watch = Watch(ros, url=robot.url, wake_on_start=False)
    watch.until("SLEEPING")
    assert watch.move(yaw=0.1).error_code == MoveHead.Result.ASLEEP
    assert watch.peer.call(Trigger, "motion/wake_up").success
    watch.until("IDLE")


def test_robot_none_refuses_and_is_no_error(ros):
    watch = Watch(ros, robot="none")
    result = watch.move(yaw=0.1)
    assert result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    assert "no robot" in result.error_msg
    watch.told("There is no robot")
    assert max(s.level[0] if isinstance(s.level, bytes) else s.level for m in watch.diagnostics for s in m.status) < 2
    assert not watch.peer.call(Trigger, "motion/wake_up").success
    assert watch.peer.call(Trigger, "motion/stop").success


def test_a_broken_moves_folder_fails_configure_with_the_reason(ros, tmp_path):
    peer = ros.peer()
    diagnostics = peer.record(DiagnosticArray, "/diagnostics")
    (tmp_path / "bad.yaml").write_text("description: x\nkeyframes: [{t: 1, yaw: 90}, {t: 2, yaw: 0}]")
    ros.start(MotionNode, {"robot": "none", "moves_dirs": [str(tmp_path)]}, wait=False)
    ros.wait(lambda: any("yaw reaches 0.0..90.0" in s.message for m in diagnostics for s in m.status))
