"""Audio that did not reach the asr node, counted and told while it is news."""

from __future__ import annotations

import math

from voice_pipeline.asr.recognizer import RecognizerCounters
from voice_pipeline.audio.formats import SAMPLE_RATE
from voice_pipeline.audio.ring import AudioRing

_NEWS_S = 30.0  # as long as a person takes to look


class Losses:
    """Watches the counters of a recogniser; call `look` once a second."""

    def __init__(self) -> None:
        self._counted = (0, 0)
        self._at = -math.inf
        self._lost_s = 0.0

    def look(self, ring: AudioRing, counters: RecognizerCounters, now: float) -> str:
        """One line with the cure while something was lost in the last half minute, else empty; `now` in s, monotonic."""
        counted = (ring.gaps, counters.incomplete)
        if counted != self._counted:
            self._counted, self._at = counted, now
        self._lost_s = (ring.filled + ring.overlapped) / SAMPLE_RATE
        if now - self._at > _NEWS_S:
            return ""
        return (
            f"audio was missing: {ring.gaps} gaps, {self._lost_s:.1f} s in all, {counters.incomplete} utterances touched. "
            "Free the processor, or look for overruns at audio_capture"
        )

    def values(self) -> dict[str, float]:
        """For diagnostics."""
        return {"audio_lost_s": self._lost_s}
