"""Poses of the head that stream in, at any rate: checked, brought inside the limits, followed, and let go when they go
stale. Apart from streaming.py, which knows no controller."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.paths import Path, Point
from voice_pipeline.motion.protocol import HEAD_HEIGHT, Pose, RobotState
from voice_pipeline.motion.streaming import Chase
from voice_pipeline.motion.tasks import NOBODY, Outcome, Refused, Task

_NORM = (
    0.01  # how far the length of a quaternion may be from 1: single precision and sloppy sums, not a forgotten field
)
_SAME = 1e-5  # rad or m: a target where the body is already
_FURTHEST_M = 2.0  # a position beyond is in another unit, or in another frame


@dataclass(frozen=True)
class HeadGoal:
    """Roll, pitch and yaw in rad; z in m above neutral; `turns_body`: the yaw is in the base frame, otherwise it is
    relative to the body. `beside`: it was asked for in x or y, where the head does not go."""

    roll: float
    pitch: float
    yaw: float
    z: float
    turns_body: bool
    beside: bool


def head_goal(
    position: tuple[float, float, float], quaternion: tuple[float, float, float, float], turns_body: bool
) -> HeadGoal:
    """What a pose means: m from the base, quaternion x, y, z, w.

    Raises:
        Refused: INVALID_GOAL.
    """
    if not all(map(math.isfinite, (*position, *quaternion))):
        raise Refused(Outcome.INVALID_GOAL, "It holds NaN or infinity.")
    norm = math.sqrt(sum(q * q for q in quaternion))
    if abs(norm - 1.0) > _NORM:
        hint = "Set orientation, w = 1 for straight ahead." if norm < _NORM else "Normalise it."
        raise Refused(Outcome.INVALID_GOAL, f"Its quaternion has length {norm:.3g}, not 1. {hint}")
    if max(map(abs, position)) > _FURTHEST_M:
        raise Refused(
            Outcome.INVALID_GOAL, f"Its position is {max(map(abs, position)):.3g} m away; give m from the base."
        )
    x, y, z, w = (q / norm for q in quaternion)
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    pitch = math.asin(min(max(2 * (w * y - z * x), -1.0), 1.0))
    yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    beside = math.hypot(position[0], position[1]) > 1e-3
    return HeadGoal(roll, pitch, yaw, position[2] - HEAD_HEIGHT, turns_body, beside)


class HeadStream:
    """Follows head poses. Goals win: while an action or a gesture runs, poses are refused as BUSY, and followed again
    after it.

    Args:
        controller: of the body.
        timeout: s without a pose until it comes to rest where it is.
    """

    def __init__(self, controller: Controller, timeout: float) -> None:
        self._controller, self._timeout = controller, timeout
        self._task: _StreamTask | None = None
        self.clamped = 0  # poses that were brought inside the limits
        self.stale = 0  # times that the last pose was not reached before it went stale

    def command(self, goal: HeadGoal) -> None:
        """Head for this pose from now on.

        Raises:
            Refused: see Outcome.
        """
        now = time.monotonic()
        controller = self._controller
        with controller.lock:
            target, clamped = self._target(goal, controller.held)
            task = self._task
            there = task is not None and task.chase.duration < math.inf
            resting = task is not None and there and _same(task.target, target)
            if task is None or not controller.retarget(task, target) or (there and not resting):
                task = self._task = self._begin(target)
            elif not there:
                task.chase.aim(target)
            if task is not None:
                task.expires = now + self._timeout
            controller.claim(now + self._timeout)
            self.clamped += clamped

    def _begin(self, target: Pose) -> _StreamTask | None:
        """None: it is there already, and nothing is to be told of."""
        controller = self._controller
        limits, dt = controller.limits, 1.0 / controller.settings.rate

        def begin(held: Pose, start: Point) -> tuple[Task, Path] | None:
            if not controller.occupied and _same(held, target):
                return None
            chase = Chase(start, target, limits, dt)
            return _StreamTask(chase, target, self), chase

        task = controller.adopt(begin, yields=True, mine=self._task)
        return task if isinstance(task, _StreamTask) else None

    def _target(self, goal: HeadGoal, held: Pose) -> tuple[Pose, bool]:
        """The head does what it can; only the rest of a yaw in the base frame turns the body."""
        limits = self._controller.limits
        yaw, body = goal.yaw, held.body_yaw
        if goal.turns_body:
            yaw = min(max(goal.yaw, limits.low.yaw), limits.high.yaw)
            body = goal.yaw - yaw
        wanted = held._replace(roll=goal.roll, pitch=goal.pitch, yaw=yaw, z=goal.z, body_yaw=body)
        target, clamped = limits.clamp(wanted)
        return target, clamped or goal.beside


def _same(a: Pose, b: Pose) -> bool:
    return all(abs(x - y) < _SAME for x, y in zip(a, b, strict=True))


class _StreamTask(Task):
    def __init__(self, chase: Chase, target: Pose, stream: HeadStream) -> None:
        super().__init__("head_command", False, target, False, NOBODY, time.monotonic())
        self.chase, self.expires, self._stream = chase, math.inf, stream

    def watch(self, now: float, state: RobotState | None) -> tuple[Outcome, str] | None:
        """See Task."""
        if now <= self.expires or self.chase.duration < math.inf:
            return None
        self._stream.stale += 1
        return Outcome.CANCELLED, "No head_command came for a while; the head holds where it is."
