"""The absence of a robot as an engine: never connected, every move is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.protocol import Bearing, Pose, RobotState

_WHAT = "There is no robot (parameter robot is 'none')."
_CURE = "Set robot to reachy_mini, or launch with robot:=sim."


class NoRobot:
    """Moves nothing and measures nothing."""

    name = "none"
    connected = taken = False
    state: RobotState | None = None
    fault = f"{_WHAT} {_CURE}"

    def start(
        self, on_state: Callable[[RobotState], None], on_bearing: Callable[[Bearing], None] | None = None
    ) -> None:
        """Nothing to connect to."""

    def close(self) -> None:
        """Nothing to close."""

    def set_target(self, pose: Pose) -> bool:
        """Never sent."""
        return False

    def keep_at_rest(self, latched: bool) -> None:
        """See Robot."""

    def set_motors(self, on: bool) -> None:
        """Raises VoiceError."""
        raise VoiceError(_WHAT, _CURE)

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """Raises VoiceError."""
        raise VoiceError(_WHAT, _CURE)

    def fold(self, abort: Callable[[], bool]) -> None:
        """Raises VoiceError."""
        raise VoiceError(_WHAT, _CURE)
