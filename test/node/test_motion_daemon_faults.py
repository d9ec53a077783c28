"""Everything that a daemon or the network before it can do wrong, to the real node and the real simulated daemon: noticed
within half a second, told with a cure, mended without a restart, and no jump of the robot afterwards."""

import json
import math
import os
import signal
import time

import pytest
from bench.motion.proxy import FaultyProxy
from diagnostic_msgs.msg import DiagnosticArray
from std_srvs.srv import Trigger
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode

NOTICED_S = 0.5
BACK_S = 12.0
NO_JUMP = math.radians(2.0)  # between the first pose after the return and the measured one
ERROR = 2


class Stage:
    """The daemon, the proxy before it, the node behind it, and when who said what."""

    def __init__(self, ros, robot, monkeypatch):
        self.ros, self.robot = ros, robot
        self.proxy = FaultyProxy(robot.port)
        self.told, self.health, self.sent = [], [], []
        send = ReachyMini.set_target

        def record(this, pose):
            self.sent.append((time.monotonic(), pose, this.state.pose))
            return send(this, pose)

        monkeypatch.setattr(ReachyMini, "set_target", record)
        self.peer = ros.peer()
        node = self.peer.node
        node.create_subscription(MotionState, "motion/state", lambda m: self.told.append((time.monotonic(), m)), 10)
        node.create_subscription(
            DiagnosticArray,
            "/diagnostics",
            lambda m: self.health.extend((time.monotonic(), s) for s in m.status),
            10,
        )

    def start(self, **params):
        self.ros.start(MotionNode, {"url": self.proxy.url, "liveliness": False} | params)

    def state(self, name, since, timeout=BACK_S):
        """When the state was first told after `since`."""
        wanted = getattr(MotionState, name)
        return self.ros.wait(
            lambda: next((t for t, m in list(self.told) if t > since and m.state == wanted), None), timeout, name
        )

    def error(self, since, timeout=2.0):
        """When /diagnostics first told an error after `since`, and its text."""
        return self.ros.wait(
            lambda: next(
                ((t, s.message) for t, s in list(self.health) if t > since and s.level[0] == ERROR),
                None,
            ),
            timeout,
            "an error on /diagnostics",
        )

    def yaw(self):
        return self.told[-1][1].head_rpy.z

    def move(self, **goal):
        return self.peer.result(self.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(**goal))).result

    def first_sent(self, since):
        return self.ros.wait(lambda: next((s for s in list(self.sent) if s[0] > since), None), BACK_S, "a pose")


@pytest.fixture(scope="module")
def daemon():
    robot = SimulatedRobot().start()
    yield robot
    robot.stop()


@pytest.fixture
def stage(ros, daemon, monkeypatch):
    if not daemon.running:
        daemon.stop()
        daemon.start()
    stage = Stage(ros, daemon, monkeypatch)
    yield stage
    ros.close()
    stage.proxy.close()


def state_message(**change):
    """What the daemon says, but for a change."""
    pose = dict.fromkeys(("x", "y", "z", "roll", "pitch", "yaw"), 0.0)
    true = {"control_mode": "enabled", "head_pose": pose, "head_joints": [0.0] * 7, "body_yaw": 0.0}
    return json.dumps({**true, "antennas_position": [0.0, 0.0], **change})


def kill(stage):
    os.kill(stage.robot.pid, signal.SIGKILL)


def restart(stage):
    stage.robot.stop()
    stage.robot.start()


def hang(stage):
    os.kill(stage.robot.pid, signal.SIGSTOP)


def go_on(stage):
    os.kill(stage.robot.pid, signal.SIGCONT)


def freeze(stage):
    stage.proxy.frozen = True


def thaw(stage):
    stage.proxy.frozen = False


def lie(text):
    def begin(stage):
        stage.proxy.says = text

    return begin


def tell_the_truth(stage):
    stage.proxy.says = None


def late(stage):
    stage.proxy.delay = 1.2


def in_time(stage):
    stage.proxy.delay = 0.0


FAULTS = {
    "killed": (kill, restart, "Start its daemon"),
    "hung": (hang, go_on, "Restart it"),
    "network frozen": (freeze, thaw, "Restart it"),
    "suddenly late": (late, in_time, "Restart it"),
    "closed in mid-message": (lambda stage: stage.proxy.cut(), lambda stage: None, "Start its daemon"),
    "garbage": (lie("}{ nonsense"), tell_the_truth, "Check its version"),
    "wrong types": (lie(state_message(head_joints={"a": 1})), tell_the_truth, "Check its version"),
    "no number": (lie(state_message(body_yaw="left")), tell_the_truth, "Check its version"),
    "an impossible pose": (lie(state_message(antennas_position=[1e300, 0.0])), tell_the_truth, "Check its version"),
    "deep nesting": (lie("[" * 60_000), tell_the_truth, "Check its version"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_mid_move_is_noticed_in_half_a_second_told_and_mended_without_a_jump(stage, fault):
    begin, mend, cure = FAULTS[fault]
    stage.start()
    stage.state("IDLE", 0.0)
    handle = stage.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=3.0))
    stage.ros.wait(lambda: stage.yaw() > 0.15)
    begun = time.monotonic()
    begin(stage)
    assert stage.state("DISCONNECTED", begun) - begun <= NOTICED_S
    when, text = stage.error(begun)
    assert when - begun <= NOTICED_S
    assert cure in text
    result = stage.peer.result(handle).result
    assert result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    assert result.error_msg
    assert stage.move(yaw=0.1).error_code == MoveHead.Result.ROBOT_DISCONNECTED
    mended = time.monotonic()
    mend(stage)
    stage.state("IDLE", mended)
    _, pose, measured = stage.first_sent(mended)
    assert max(abs(a - b) for a, b in zip(pose, measured, strict=True)) < NO_JUMP
    assert stage.move(yaw=0.2).error_code == MoveHead.Result.NONE
    jumps = [abs(b[2].yaw - a[2].yaw) for a, b in zip(stage.sent, stage.sent[1:], strict=False) if a[0] > mended]
    assert max(jumps, default=0.0) < math.radians(5.0)  # of what was measured, from one pose that was sent to the next


def test_a_gesture_that_is_cut_off_ends_with_its_number(stage):
    stage.start()
    stage.state("IDLE", 0.0)
    handle = stage.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="dance"))
    stage.state("MOVING", time.monotonic() - 0.1)
    stage.proxy.cut()
    result = stage.peer.result(handle).result
    assert result.error_code == PlayMove.Result.ROBOT_DISCONNECTED


def test_a_connection_that_is_always_late_by_a_third_of_a_second_is_slow_but_sound(stage):
    stage.proxy.delay = 0.3
    stage.start()
    stage.state("IDLE", 0.0, 20.0)
    answer = stage.move(yaw=0.4)
    assert answer.error_code == MoveHead.Result.NONE
    assert answer.head_rpy.z == pytest.approx(0.4, abs=0.09)
    assert not any(m.state == MotionState.DISCONNECTED for t, m in stage.told if t > stage.sent[0][0])


def test_error_500_at_the_start_is_told_and_the_robot_is_found_once_it_is_over(stage):
    stage.proxy.refuses = ("/api/daemon/status",)
    stage.start()
    _, text = stage.error(0.0, 5.0)
    assert "500" in text or "Not yet" in text
    stage.ros.wait(lambda: any("500" in s.message for _, s in list(stage.health)), what="500")
    stage.proxy.refuses = ()
    stage.state("IDLE", time.monotonic())


def test_error_500_on_waking_leaves_it_asleep_says_why_and_waking_works_once_it_is_over(stage):
    restart(stage)  # asleep
    stage.proxy.refuses = ("/api/move/goto", "/api/motors")
    stage.start()
    stage.state("SLEEPING", 0.0)
    stage.ros.wait(lambda: any("did not wake up" in s.message for _, s in list(stage.health)), what="its words")
    assert stage.sent == []  # nothing is streamed to a robot in its sleeping pose
    assert not stage.peer.call(Trigger, "motion/wake_up").success
    stage.proxy.refuses = ()
    assert stage.peer.call(Trigger, "motion/wake_up").success
    stage.state("IDLE", 0.0)
    _, pose, measured = stage.sent[0]
    assert max(abs(a - b) for a, b in zip(pose, measured, strict=True)) < NO_JUMP
