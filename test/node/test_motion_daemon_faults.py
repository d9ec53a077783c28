"""Everything that a daemon or the network before it can do wrong, to the real node and the real simulated daemon: noticed
(how soon: `make bench-motion`), told with a cure, mended without a restart, and no jump of the robot afterwards."""

import json
import math
import os
import signal
import time

import numpy as np
import pytest
from bench.motion.judge import attach
from bench.motion.proxy import FaultyProxy
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from motion_bench import AGAIN, Watch, patience, stamp  # noqa: F401
from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.motion.simulator import SimulatedRobot

pytestmark = pytest.mark.timeout(600)

NO_JUMP = math.radians(2.0)  # between the first pose after the return and the measured one


class Stage:
    """The daemon, the proxy before it, the node behind it once it was started, and what it sent."""

    def __init__(self, ros, robot, monkeypatch):
        self.ros, self.robot = ros, robot
        self.proxy = FaultyProxy(robot.port)
        self.sent = []  # (time.time(), pose, measured)
        send = ReachyMini.set_target

        def record(this, pose):
            self.sent.append((time.time(), pose, this.state.pose))
            return send(this, pose)

        monkeypatch.setattr(ReachyMini, "set_target", record)

    def start(self, **params):
        return Watch(self.ros, **{"url": self.proxy.url, "liveliness": False, **params})

    def sent_since(self, since):
        self.ros.wait(lambda: any(t > since for t, *_ in list(self.sent)), what="a pose")
        return [s for s in self.sent if s[0] > since]


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
    if daemon.running:
        os.kill(daemon.pid, signal.SIGCONT)
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


def close(stage):
    stage.proxy.shut = True
    stage.proxy.cut()


def let_in(stage):
    stage.proxy.shut = False


def late(stage):
    stage.proxy.delay = 1.2


def in_time(stage):
    stage.proxy.delay = 0.0


FAULTS = {
    "killed": (kill, restart, "Start its daemon"),
    "hung": (hang, go_on, "Restart it"),
    "network frozen": (freeze, thaw, "Restart it"),
    "suddenly late": (late, in_time, "Restart it"),
    "closed in mid-message": (close, let_in, "Start its daemon"),
    "garbage": (lie("}{ nonsense"), tell_the_truth, "Check its version"),
    "wrong types": (lie(state_message(head_joints={"a": 1})), tell_the_truth, "Check its version"),
    "no number": (lie(state_message(body_yaw="left")), tell_the_truth, "Check its version"),
    "an impossible pose": (lie(state_message(antennas_position=[1e300, 0.0])), tell_the_truth, "Check its version"),
    "deep nesting": (lie("[" * 60_000), tell_the_truth, "Check its version"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_mid_move_is_noticed_told_and_mended_without_a_jump(stage, fault):
    begin, mend, cure = FAULTS[fault]
    watch = stage.start()
    watch.until("IDLE")
    judge = attach(watch.controller)
    handle = watch.play("dance", repeat=AGAIN)
    watch.wait(lambda m: m.move == "dance" and m.progress > 0.01)
    watch.hasty()
    begun = time.time()
    begin(stage)
    watch.until("DISCONNECTED", since=begun)
    watch.told(cure)
    result = watch.peer.result(handle).result
    assert result.error_code == PlayMove.Result.ROBOT_DISCONNECTED
    assert result.error_msg
    if fault != "suddenly late":  # which is over when what was held up arrives
        assert watch.move(yaw=0.1).error_code == MoveHead.Result.ROBOT_DISCONNECTED
    mended = time.time()
    mend(stage)
    watch.until("IDLE", since=mended)
    watch.hasty(False)
    _, pose, measured = stage.sent_since(mended)[0]
    assert max(abs(a - b) for a, b in zip(pose, measured, strict=True)) < NO_JUMP
    watch.until("IDLE", since=time.time())
    assert watch.move(yaw=0.2).error_code == MoveHead.Result.NONE
    assert judge.violations() == []
    # It was nowhere but where it was sent, give or take what a daemon that hung catches up on.
    sent = np.array([pose for t, pose, _ in stage.sent if t > begun - 1.0] + [measured])
    went = np.array([measured for _, _, measured in stage.sent_since(mended)])
    assert np.all(went > sent.min(axis=0) - NO_JUMP)
    assert np.all(went < sent.max(axis=0) + NO_JUMP)


def test_a_gesture_that_is_cut_off_ends_with_its_number(stage):
    watch = stage.start()
    watch.until("IDLE")
    handle = watch.play("dance", repeat=AGAIN)
    watch.wait(lambda m: m.move == "dance")
    stage.proxy.cut()
    assert watch.peer.result(handle).result.error_code == PlayMove.Result.ROBOT_DISCONNECTED


def test_a_connection_that_is_always_late_by_a_third_of_a_second_is_slow_but_sound(stage):
    stage.proxy.delay = 0.3
    watch = stage.start()
    watch.until("IDLE")
    result = watch.move(yaw=0.4)
    assert result.error_code == MoveHead.Result.NONE
    assert result.head_rpy.z == pytest.approx(0.4, abs=0.09)
    lost = [m for m in list(watch.states) if m.state == MotionState.DISCONNECTED and stamp(m) > stage.sent[0][0]]
    assert lost == []


def test_error_500_at_the_start_is_told_and_the_robot_is_found_once_it_is_over(stage):
    stage.proxy.refuses = ("/api/daemon/status",)
    watch = stage.start()
    watch.told("500")
    stage.proxy.refuses = ()
    watch.until("IDLE")


def test_error_500_on_waking_leaves_it_asleep_says_why_and_waking_works_once_it_is_over(stage):
    restart(stage)  # asleep
    stage.proxy.refuses = ("/api/move/goto", "/api/motors")
    watch = stage.start()
    watch.until("SLEEPING")
    watch.told("did not wake up")
    assert stage.sent == []  # nothing is streamed to a robot in its sleeping pose
    assert not watch.call("wake_up").success
    stage.proxy.refuses = ()
    assert watch.call("wake_up").success
    watch.until("IDLE")
    _, pose, measured = stage.sent_since(0.0)[0]
    assert max(abs(a - b) for a, b in zip(pose, measured, strict=True)) < NO_JUMP
