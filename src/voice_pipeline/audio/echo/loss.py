"""Echo return loss enhancement: how much quieter the microphone became while the robot spoke."""

from __future__ import annotations

import math

from voice_pipeline.audio.formats import Int16, mean_square

_KEEP = 0.98  # per chunk of 32 ms: an average over the last 1.6 s


class EchoLoss:
    """A running ratio of the power before and after. Lower than the truth while a person speaks too."""

    def __init__(self) -> None:
        self._before = 0.0
        self._after = 0.0

    def add(self, before: Int16, after: Int16) -> None:
        """One chunk int16[n], as it was heard and as it went out."""
        self._before = _KEEP * self._before + mean_square(before)
        self._after = _KEEP * self._after + mean_square(after)

    @property
    def db(self) -> float:
        """In dB; 0 before anything was heard, at most 99."""
        if self._before <= 0.0:
            return 0.0
        return min(99.0, 10.0 * math.log10(self._before / max(self._after, 1e-12)))
