"""A motion node on the simulated robot's real daemon, awake, and what it says; for the tests of its interfaces."""

import threading
import time
from itertools import pairwise

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from voice_pipeline.msg import MotionState

from voice_pipeline.motion.protocol import JOINT_NAMES
from voice_pipeline.nodes.motion import MotionNode

# What is measured here is what is sent, so nothing moves of its own accord.
QUIET = {"look_at_speaker": "off"}


class Body:
    def __init__(self, ros, robot, **params):
        self.ros, self.peer = ros, ros.peer()
        self.states = self.peer.record(MotionState, "motion/state")
        self.joints = self.peer.record(JointState, "joint_states", 200)
        self.diagnostics = self.peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(MotionNode, {"url": robot.url, **QUIET, **params})
        self.until("IDLE", 60.0)
        self.sent = []  # (time, Pose) as the limiter let it go
        send = self.node._controller.robot.set_target

        def listen(pose):
            self.sent.append((time.monotonic(), pose))
            return send(pose)

        self.node._controller.robot.set_target = listen

    def until(self, state, timeout=60.0):
        wanted = getattr(MotionState, state)
        self.ros.wait(lambda: self.states and self.states[-1].state == wanted, timeout, f"state {state}")
        return self.states[-1]

    def joint(self, name):
        """Measured now, rad."""
        return self.joints[-1].position[JOINT_NAMES.index(name)]

    def counter(self, name):
        """As /diagnostics tells it; a second old at most."""
        for message in reversed(self.diagnostics):
            for status in message.status:
                for value in status.values:
                    if value.key == name:
                        return float(value.value)
        return 0.0

    def counted(self, name, least, timeout=5.0):
        self.ros.wait(lambda: self.counter(name) >= least, timeout, f"{name} >= {least}")

    def check_sent(self, since=0, stopped=False):
        """Every pose that went to the robot: inside the box, velocity and acceleration below the limits.

        Where nothing was sent for a while (at rest, or because states came late), a new chain of steps begins.
        stopped: there was a stop or a cancel among it, which may brake harder.
        """
        limits = self.node._limits
        sent = self.sent[since:]
        poses = np.array([pose for _, pose in sent])
        assert len(poses) > 2
        assert np.all(poses <= np.array(limits.high) + 1e-6), poses.max(axis=0)
        assert np.all(poses >= np.array(limits.low) - 1e-6), poses.min(axis=0)
        gaps = [k for k in range(1, len(sent)) if sent[k][0] - sent[k - 1][0] > 0.1]
        hardest = limits.stopping if stopped else limits.acceleration
        for begin, end in pairwise([0, *gaps, len(sent)]):
            v = np.diff(poses[begin:end], axis=0) / 0.02
            a = np.diff(v, axis=0) / 0.02
            for share in (np.abs(v) / limits.velocity, np.abs(a) / hardest):
                worst = int(share.max(axis=1).argmax()) if len(share) else 0
                around = sent[begin + max(0, worst - 2) : begin + worst + 4]
                assert not len(share) or share.max() <= 1.001, (worst, len(share), share[worst], around)


class Stream(threading.Thread):
    """Calls `send(k)` at `rate` Hz, k = 0.. until stopped."""

    def __init__(self, send, rate):
        super().__init__(daemon=True)
        self._send, self._rate, self._end = send, rate, threading.Event()
        self.sent = 0

    def run(self):
        begin = time.monotonic()
        while not self._end.is_set():
            self._send(self.sent)
            self.sent += 1
            self._end.wait(max(0.0, begin + self.sent / self._rate - time.monotonic()))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self.join(5.0)
