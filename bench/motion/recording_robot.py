"""A robot that follows at once, on a clock that is held; it keeps every pose it was sent. Apart from the orders, so that
what reaches the robot is told by nobody but the robot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.protocol import NEUTRAL, Bearing, HeadPose, Pose, RobotState

FOLDED = Pose(pitch=0.54, z=-0.05, right_antenna=3.05, left_antenna=-3.05)


class RecordingRobot:
    """See `Robot` in protocol.py. `now` is set by who holds the clock."""

    name = "recording"

    def __init__(self) -> None:
        self.now = time.monotonic()
        self.pose, self.motors = NEUTRAL, "enabled"
        self.connected, self.taken = True, False
        self.fault = ""
        self.refuses = False  # its daemon answers every order with an error
        self.sent: list[tuple[float, Pose]] = []
        self.state: RobotState | None = None
        self._lock = threading.Lock()
        self.say()

    def say(self) -> None:
        """Tell the present pose, as of `now`."""
        p = self.pose
        head = HeadPose(0.0, 0.0, p.z, p.roll, p.pitch, p.yaw + p.body_yaw)
        joints = (p.body_yaw, *[0.0] * 6, p.right_antenna, p.left_antenna)
        self.state = RobotState(self.now, int(self.now * 1e9), head, p.body_yaw, joints, self.motors)

    def start(
        self, on_state: Callable[[RobotState], None], on_bearing: Callable[[Bearing], None] | None = None
    ) -> None:
        """It is there already."""

    def close(self) -> None:
        """Gone."""
        self.connected = False

    def set_target(self, pose: Pose) -> bool:
        """Keep it and follow."""
        with self._lock:
            self.sent.append((self.now, pose))
            if self.motors == "enabled":
                self.pose = pose
        return True

    def keep_at_rest(self, latched: bool) -> None:
        """Nobody else moves it."""

    def set_motors(self, on: bool) -> None:
        """At once."""
        self._check()
        self.motors = "enabled" if on else "disabled"
        self.say()

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """At once."""
        self._check()
        if not abort():
            self.pose = pose
        self.say()

    def fold(self, abort: Callable[[], bool]) -> None:
        """At once."""
        self.goto(FOLDED, 0.0, abort)

    def _check(self) -> None:
        if self.refuses:
            raise VoiceError("The daemon refuses.", "Nothing to do: this is a test.")
