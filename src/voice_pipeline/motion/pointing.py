"""Looking at a point by the robot's own means, which know all its frames. Apart because it blocks and lets the robot
move by itself for a while, as wake.py does."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.goals import check_duration
from voice_pipeline.motion.tasks import Outcome, Refused
from voice_pipeline.motion.trajectory_port import Sight

_LONGEST_S = 15.0  # 10 s is the longest duration that may be asked for


@runtime_checkable
class Pointer(Protocol):
    """What a robot has that looks at points by itself."""

    def point(self, sight: Sight, timeout: float, abort: Callable[[], bool], progress: Callable[[float], None]) -> None:
        """Look and wait; returns early once `abort()`. `progress` gets the angle (rad) left. Raises VoiceError."""


def look_at_point(
    controller: Controller,
    pointer: Pointer,
    sight: Sight,
    cancelled: Callable[[], bool],
    progress: Callable[[float], None],
) -> tuple[Outcome, str]:
    """Let the robot look at a point, in place of whatever head movement runs, and wait for it. Returns how it ended.

    A stop or a cancel ends it at once: cancelled at the robot, held where the head then is.
    """
    try:
        if not all(map(math.isfinite, (sight.x, sight.y, sight.z))):
            raise Refused(Outcome.INVALID_GOAL, "The point is not finite.")
        check_duration(sight.duration)
        controller.lend("look_at")
    except Refused as refusal:
        return refusal.outcome, str(refusal)
    try:
        pointer.point(sight, _LONGEST_S, lambda: controller.stopped or cancelled(), progress)
    except VoiceError as error:
        return Outcome.NOT_REACHED, str(error)
    finally:
        controller.take_back(awake=True)
    if controller.stopped:
        return Outcome.STOPPED, "look_at was stopped."
    return (Outcome.CANCELLED, "look_at was cancelled.") if cancelled() else (Outcome.NONE, "")
