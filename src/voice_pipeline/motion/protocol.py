"""What a robot is to the rest: a pose of seven axes, a measured state, and the orders it takes. Apart so that the
generator, the controller and every robot agree on axes, units and frames without knowing each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

# The neck's origin above the base: `head_z_offset` of the robot's own kinematics data, in m.
HEAD_HEIGHT = 0.177
JOINT_NAMES = (
    "yaw_body",
    "stewart_1",
    "stewart_2",
    "stewart_3",
    "stewart_4",
    "stewart_5",
    "stewart_6",
    "right_antenna",
    "left_antenna",
)
Z = 3  # index of z in a Pose


class Pose(NamedTuple):
    """Where the seven axes are or shall be. REP-103: x forward, y left, z up; roll, pitch, yaw as in URDF.

    roll, pitch: of the head, rad; positive roll tilts to the right shoulder, positive pitch looks down.
    yaw: of the head RELATIVE TO THE BODY, rad, positive left. The head's yaw in the base frame is body_yaw + yaw.
    z: of the head, m above neutral. x and y stay 0.
    body_yaw: of the body in the base frame, rad, positive left.
    right_antenna, left_antenna: rad, 0 is upright; positive leans to the robot's right, as in the vendor's URDF: the
        right one out, the left one in. The daemon counts the other way; only what talks to it knows.
    """

    roll: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    z: float = 0.0
    body_yaw: float = 0.0
    right_antenna: float = 0.0
    left_antenna: float = 0.0


AXES = Pose._fields
NEUTRAL = Pose()


class HeadPose(NamedTuple):
    """The head in the base frame: x, y, z in m relative to neutral, roll, pitch, yaw in rad."""

    x: float
    y: float
    z: float
    roll: float
    pitch: float
    yaw: float


@dataclass(frozen=True)
class RobotState:
    """What the robot measured.

    received: time.monotonic() of its arrival, s. stamp_ns: the same moment in time.time_ns().
    joints: rad, in the order of JOINT_NAMES.
    motors: "enabled", "disabled" or "gravity_compensation".
    """

    received: float
    stamp_ns: int
    head: HeadPose
    body_yaw: float
    joints: tuple[float, ...]
    motors: str

    @property
    def pose(self) -> Pose:
        """The measured pose on the axes that are commanded."""
        head = self.head
        return Pose(head.roll, head.pitch, self.relative_yaw, head.z, self.body_yaw, *self.joints[7:9])

    @property
    def relative_yaw(self) -> float:
        """Of the head, relative to the body, rad: the difference as -pi..pi, because a daemon tells the head's yaw so."""
        return math.remainder(self.head.yaw - self.body_yaw, 2.0 * math.pi)


@dataclass(frozen=True)
class Bearing:
    """Where the robot's own microphones hear a sound.

    received: time.monotonic() of its arrival, s. stamp_ns: the same moment in time.time_ns(). yaw: rad, positive left,
    of the sound relative to the array, -pi/2..pi/2: what is behind looks as if it were ahead. head_yaw, body_yaw: of the
    robot at the same moment, in the base frame. speech: the array takes it for a voice.
    """

    received: float
    stamp_ns: int
    yaw: float
    head_yaw: float
    body_yaw: float
    speech: bool


class Robot(Protocol):
    """A robot's connection. `start` returns at once; the robot connects, and reconnects, by itself."""

    name: str

    def start(
        self, on_state: Callable[[RobotState], None], on_bearing: Callable[[Bearing], None] | None = None
    ) -> None:
        """Begin to connect. `on_state` gets every measured state, on the robot's own thread; it must return soon.

        on_bearing: the same for what its microphones hear, about 10 Hz, on another thread; None: nobody asks. A robot
        without such microphones never calls it.
        """

    def close(self) -> None:
        """Disconnect and end all threads."""

    @property
    def connected(self) -> bool:
        """Orders can be sent. A robot that hangs is still connected; its state grows old."""

    @property
    def state(self) -> RobotState | None:
        """The last measured state; None before the first."""

    @property
    def taken(self) -> bool:
        """It makes a move that somebody else began, and follows no targets meanwhile. False where nobody can tell."""

    @property
    def fault(self) -> str:
        """Why it is not connected and what to do; empty while all is well."""

    def set_target(self, pose: Pose) -> bool:
        """Send one pose of the 50 Hz stream; False when it could not be sent. Only one thread may call it."""

    def set_motors(self, on: bool) -> None:
        """Motors on or off. Raises VoiceError."""

    def keep_at_rest(self, latched: bool) -> None:
        """While True, moves that other programs let it make are ended, those that begin later too. Returns at once;
        nothing happens where nobody can tell of such moves."""

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """Let the robot itself go to a pose and wait for it. Returns early once `abort()`. Raises VoiceError."""

    def fold(self, abort: Callable[[], bool]) -> None:
        """Let the robot itself go to its sleeping pose and wait. Returns early once `abort()`. Raises VoiceError."""
