"""A motion node on the simulated robot's real daemon, and what it says; for the tests of its interfaces. How fast the machine
is must not matter: see `patience`, and judge by what was sent period by period."""

import threading
import time

import pytest
from bench.motion.judge import attach
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from voice_pipeline.action import LookAt, MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from motion_patience import be_patient, patience  # noqa: F401
from ros_bench import PATIENCE_S
from voice_pipeline.motion.protocol import JOINT_NAMES
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.motion.tasks import Settings
from voice_pipeline.nodes import motion

# What is measured here is what is sent, so nothing moves of its own accord.
QUIET = {"look_at_speaker": "off"}
# Degrees, from the robot's description; exceeded, a motor would push against its stop.
STEWART = {1: (-48, 80), 2: (-80, 70), 3: (-48, 80), 4: (-80, 48), 5: (-70, 80), 6: (-80, 48)}
ACTIONS = {
    MoveHead.Goal: (MoveHead, "move_head"),
    LookAt.Goal: (LookAt, "look_at"),
    PlayMove.Goal: (PlayMove, "play_move"),
}
# What a test means to interrupt: s of a head movement (the longest that may be asked for) and of a trajectory, and how often
# a gesture is repeated. A test that comes late must still find it under way.
LONG_S, LONGER_S, AGAIN = 10.0, 30.0, 20


@pytest.fixture(scope="module", name="robot")
def simulated_robot():
    """One daemon for all tests of a file."""
    with SimulatedRobot() as simulated:
        yield simulated


def stamp(message):
    """s since 1970, as time.time()."""
    at = message.header.stamp
    return at.sec + at.nanosec * 1e-9


class Watch:
    """A motion node, and what it says."""

    def __init__(self, ros, **params):
        self.ros, self.peer = ros, ros.peer()
        self.states = self.peer.record(MotionState, "motion/state")
        self.diagnostics = self.peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(motion.MotionNode, params)

    @property
    def controller(self):
        return self.node._controller

    def until(self, state, since=None):
        """The first message of this state since then (time.time()); without `since`, it is the state now."""
        wanted = getattr(MotionState, state)

        def found():
            some = self.states[-1:] if since is None else list(self.states)
            return next((m for m in some if m.state == wanted and (since is None or stamp(m) > since)), None)

        return self.ros.wait(found, what=f"state {state}")

    def wait(self, condition, what="the condition"):
        """Until it holds for the last MotionState; returns that."""
        return self.ros.wait(lambda: self.states and condition(self.states[-1]) and self.states[-1], what=what)

    def told(self, text):
        """/diagnostics said it."""
        return self.ros.wait(
            lambda: any(text in s.message for m in list(self.diagnostics) for s in m.status), what=f"'{text}'"
        )

    def counter(self, name):
        """As /diagnostics tells it; a second old at most."""
        for message in reversed(self.diagnostics):
            for status in message.status:
                for value in status.values:
                    if value.key == name:
                        return float(value.value)
        return 0.0

    def counted(self, name, least):
        self.ros.wait(lambda: self.counter(name) >= least, what=f"{name} >= {least}")

    def send(self, goal, feedback=None):
        """The handle of a goal of move_head, look_at or play_move."""
        return self.peer.send_goal(*ACTIONS[type(goal)], goal, feedback)

    def do(self, goal):
        """How a goal ended."""
        return self.peer.result(self.send(goal)).result

    def move(self, **goal):
        return self.do(MoveHead.Goal(**goal))

    def play(self, name, **goal):
        return self.send(PlayMove.Goal(name=name, **goal))

    def call(self, name):
        return self.peer.call(Trigger, f"motion/{name}")

    def hasty(self, hasty=True):
        """From now on a robot without a word for state_timeout_s is gone, as it is outside of tests; False: no longer."""
        self.controller._link._timeout = Settings().state_timeout if hasty else PATIENCE_S


class Body(Watch):
    """A node on the simulated robot, awake; everything it sends is judged."""

    def __init__(self, ros, robot, **params):
        self.joints = ros.peer().record(JointState, "joint_states")
        super().__init__(ros, **{"url": robot.url, **QUIET, **params})
        self.until("IDLE")
        self.ros.wait(lambda: self.joints, what="joint_states")
        self.judge = attach(self.controller)
        self.sent = []  # (time, Pose)
        send = self.controller.robot.set_target

        def listen(pose):
            self.sent.append((time.monotonic(), pose))
            return send(pose)

        self.controller.robot.set_target = listen

    def joint(self, name):
        """As measured last, rad."""
        return self.joints[-1].position[JOINT_NAMES.index(name)]

    def measured(self, n):
        """The next n measured states: joint positions, list[n][9]."""
        start = len(self.joints)
        self.ros.wait(lambda: len(self.joints) >= start + n, what=f"{n} measured states")
        return [list(m.position) for m in self.joints[start:]]

    def at_rest(self, n=30, within=0.01):
        """Nothing is to be sent any more, and n measured states long no joint moves by more; returns their last positions.
        The robot comes there a little later than what was sent."""

        def still():
            last = [m.position for m in self.joints[-n:]]
            return max(max(q) - min(q) for q in zip(*last, strict=True)) <= within

        self.ros.wait(lambda: not self.controller._follower.moving, what="a body that is sent nowhere")
        self.measured(n)
        self.ros.wait(still, what="rest")
        return list(self.joints[-1].position)

    def stays(self, positions, n=30, within=0.01):
        """For n measured states the joints are there."""
        for measured in self.measured(n):
            assert measured == pytest.approx(list(positions), abs=within)

    def check_sent(self):
        """All it sent is what was judged, and within every limit; a stop or a cancel may brake harder for a moment."""
        assert self.judge.poses > 2
        assert {pose for _, pose in list(self.sent)} <= {pose for run in self.judge._runs for pose, _ in run}
        assert self.judge.violations() == []

    def check_unclamped(self):
        """The limiter had nothing to do, unless states came so late that the motion was held in the middle."""
        assert self.controller.status(0.0).clamps == 0 or self.judge.breaks


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
        self.join(PATIENCE_S)
