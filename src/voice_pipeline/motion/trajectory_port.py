"""What a robot behind ROS actions needs of whoever speaks to it: goals that are sent and watched, joints that are heard.
Apart because engines know no ROS; the node hands the speaker in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from voice_pipeline.motion.joint_stream import JointPoint


class Stage(Enum):
    """How far a goal is."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    ABORTED = "aborted"


_ENDS = (Stage.REJECTED, Stage.SUCCEEDED, Stage.CANCELED, Stage.ABORTED)


class Errand:
    """One goal on its way. The port moves it on, anybody may read it or wait for it, from any thread.

    Args:
        cancel: asks for its end; does nothing once it is over.
    """

    def __init__(self, cancel: Callable[[], None] = lambda: None) -> None:
        self.cancel = cancel
        self.stage = Stage.SENT
        self.detail = ""  # why it failed, in the server's words
        self._changed = threading.Condition()

    def move(self, stage: Stage, detail: str = "") -> None:
        """It got as far as this; what is over stays over."""
        with self._changed:
            if not self.ended:
                self.stage, self.detail = stage, detail
            self._changed.notify_all()

    @property
    def answered(self) -> bool:
        """The server took it or refused it."""
        return self.stage is not Stage.SENT

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self.stage in _ENDS

    def wait(self, timeout: float) -> None:
        """Until it moves on, at most `timeout` s; returns at once when it is over."""
        with self._changed:
            if not self.ended:
                self._changed.wait(timeout)


@dataclass(frozen=True)
class Sight:
    """A point to look at. x, y, z: m in `frame`; duration: s the movement shall take at least, 0: as fast as allowed."""

    x: float
    y: float
    z: float
    frame: str
    duration: float = 0.0


class TrajectoryPort(Protocol):
    """Speaks to one robot. `follow`, `point` and `say` may be called from any thread."""

    trajectories: str  # what the server of trajectories is called, for people
    pointing: str  # the same for pointing; empty: there is none

    def open(self, on_joints: Callable[[Mapping[str, float]], None]) -> None:
        """Begin. `on_joints` gets the positions (rad) in every message of joint states, on one thread."""

    def close(self) -> None:
        """Send what waits to be sent, and end."""

    @property
    def ready(self) -> bool:
        """There is a server of trajectories."""

    def follow(self, points: Sequence[JointPoint]) -> Errand:
        """Send a trajectory that begins now and takes the place of any other."""

    def point(self, sight: Sight, progress: Callable[[float], None]) -> Errand:
        """Let the robot look at a point. `progress` gets the angle (rad) that is left."""

    def say(self, text: str) -> None:
        """Tell people, in the log."""
