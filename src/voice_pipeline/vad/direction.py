"""Where the voice of an utterance comes from: the directions that an array told while it was spoken, averaged. Pure."""

from __future__ import annotations

import cmath
import math
from collections import deque
from dataclasses import dataclass

from voice_pipeline.audio.formats import NS

# At most four a second from two channels, ten from the robot's array: two minutes.
_KEPT = 1200
# A direction is from some 0.26 s of sound and at START there is hardly any; what was heard so shortly before may be the
# first, soft sound of it. Anything older was somebody else, or is where they stood before.
_BEFORE_NS = NS // 2
# Length of the mean vector. Directions spread evenly over the front half give 2/pi = 0.64; below this they contradict
# one another, and their mean is where nobody is.
_AGREE = 0.5
_UNKNOWN_CONFIDENCE = 0.5


@dataclass(frozen=True)
class Direction:
    """yaw: rad, REP-103 (left positive), NaN when unknown. ambiguous: it may as well be behind, at pi - yaw."""

    yaw: float = math.nan
    ambiguous: bool = False


@dataclass(frozen=True)
class _Told:
    stamp_ns: int
    vector: complex  # as long as its confidence
    ambiguous: bool


class VoiceDirection:
    """Keeps what was told and averages it over one utterance. Not locked: use it from one thread."""

    def __init__(self) -> None:
        self._told: deque[_Told] = deque(maxlen=_KEPT)
        self._begin_ns = 0  # of the speech

    def told(self, stamp_ns: int, yaw: float, ambiguous: bool, confidence: float, speech: bool) -> None:
        """A direction of the sound at `stamp_ns`; yaw in rad, confidence 0..1 or NaN. What is not speech is nobody."""
        weight = confidence if confidence == confidence else _UNKNOWN_CONFIDENCE
        if speech and math.isfinite(yaw) and weight > 0.0:
            self._told.append(_Told(stamp_ns, cmath.rect(min(weight, 1.0), yaw), ambiguous))

    def began(self, speech_start_ns: int) -> None:
        """An utterance has begun."""
        self._begin_ns = speech_start_ns

    def until(self, speech_end_ns: int) -> Direction:
        """The mean over the speech of the utterance up to this capture time, weighted by confidence. While nothing was
        told since it began, over the half second before."""
        during = [t for t in self._told if self._begin_ns <= t.stamp_ns < speech_end_ns]
        return _mean(during or [t for t in self._told if self._begin_ns - _BEFORE_NS <= t.stamp_ns < self._begin_ns])


def _mean(told: list[_Told]) -> Direction:
    if not told:
        return Direction()
    weight = sum(abs(t.vector) for t in told)
    total = sum((t.vector for t in told), 0j)
    if abs(total) < _AGREE * weight:
        return Direction()
    ambiguous = sum(abs(t.vector) for t in told if t.ambiguous) > weight / 2
    return Direction(cmath.phase(total), ambiguous)
