"""What is asked of the body and how it ends. Apart because the controller runs tasks and the node translates the
endings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from voice_pipeline.motion.protocol import Pose, RobotState


class Outcome(Enum):
    """How a task ended, or why it was refused. The names are those of the error codes in action/."""

    NONE = "done"
    CANCELLED = "cancelled"
    UNKNOWN_MOVE = "unknown move"
    BUSY = "busy"
    ROBOT_DISCONNECTED = "robot disconnected"
    STOPPED = "stopped"
    PREEMPTED = "preempted"
    INVALID_GOAL = "invalid goal"
    NOT_REACHED = "not reached"
    UNKNOWN_FRAME = "unknown frame"
    ASLEEP = "asleep"
    # Of joint trajectories; the numbers are those of control_msgs/FollowJointTrajectory.
    INVALID_JOINTS = "invalid joints"
    OLD_STAMP = "old stamp"
    OFF_PATH = "off its path"


class Refused(Exception):
    """A task that is not begun; `outcome` says why for programs, the text for people."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Report:
    """How a task stands.

    progress: 0..1 of the planned time. error: largest remaining angle of head and body, rad; NaN without a state.
    seconds: since it began. clamped: its goal was brought inside the limits. measured: None when there is no state.
    """

    progress: float
    error: float
    seconds: float
    clamped: bool
    measured: RobotState | None


@dataclass(frozen=True)
class Listener:
    """Who is told of a task: `progress` about ten times a second, `done` once, both on the controller's thread. They
    must return soon."""

    progress: Callable[[Report], None]
    done: Callable[[Outcome, str, Report], None]


NOBODY = Listener(lambda report: None, lambda outcome, message, report: None)
_HEAD = ("roll", "pitch", "yaw", "body_yaw")
_NEAR = 0.0087  # rad, 0.5 degrees: settled at once


@dataclass
class Task:
    """A head movement or a gesture under way; a kind with rules of its own overrides the methods."""

    name: str
    is_move: bool
    target: Pose
    clamped: bool
    listener: Listener
    begun: float
    own: bool = False  # of its own accord: nobody asked for it, and it freezes while somebody speaks
    ending: Outcome = Outcome.NONE  # set while it is brought to rest before its end
    reason: str = ""  # of that ending
    settling: float | None = None  # since when nothing is left to send
    reported: float = 0.0

    def error(self, state: RobotState | None) -> float:
        """Largest remaining angle, rad; NaN without a state."""
        if state is None:
            return math.nan
        return float(max(abs(getattr(self.target, axis) - getattr(state.pose, axis)) for axis in _HEAD))

    def watch(self, now: float, state: RobotState | None) -> tuple[Outcome, str] | None:
        """Every period while it moves: why it is to be broken off; None: go on."""
        return None

    def verdict(self, state: RobotState | None, waited: float, settings: Settings) -> tuple[Outcome, str] | None:
        """How it ended, `waited` s after the last pose was sent; None: wait longer."""
        error = self.error(state)
        if error <= _NEAR or (waited >= settings.settle and error <= settings.tolerance):
            return Outcome.NONE, ""
        if waited >= settings.settle:
            return Outcome.NOT_REACHED, f"{self.name} ended {math.degrees(error):.1f} degrees from its goal."
        return None


@dataclass(frozen=True)
class Settings:
    """How the controller runs.

    rate: Hz of the stream. state_timeout: s without a state until the robot counts as gone. tolerance: rad a goal may
    be missed by. settle: s to wait for it after the last pose was sent. keep_awake: wake the robot whenever it is found
    asleep after (re)connecting, unless it was put to sleep.
    """

    rate: float = 50.0
    state_timeout: float = 0.4
    tolerance: float = 0.087
    settle: float = 0.6
    keep_awake: bool = True


@dataclass(frozen=True)
class Status:
    """What the body does. state: the name of a constant of MotionState. age: s of the last word from the robot."""

    state: str
    move: str
    progress: float
    age: float
    clamps: int
    detail: str
    measured: RobotState | None
    following: bool  # the measured pose keeps to the commanded one
