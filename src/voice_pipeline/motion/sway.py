"""Sway with the voice: the head moves with what is audible, more when it is loud. A layer of its own.

The vendor's application sways in x, y and z too. Here x and y stay 0, as everywhere in our Pose: the box without a joint
limit violation is the one with x = y = 0, and room for them would cost a quarter of roll and a fifth of pitch.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from voice_pipeline.motion.layers import Mode, Offset, Smooth, room, slowed
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES

# Degrees at full loudness and Hz, of the vendor's application. The layers' share of the limits cuts pitch to 1.4 degrees and yaw to 5.5.
_WAVES = (("pitch", 4.5, 2.2), ("yaw", 7.5, 0.6), ("roll", 2.25, 1.3))
_SOFT_DBFS, _LOUD_DBFS = -46.0, -18.0  # from no sway to full sway; the same source
_SILENT_S = 0.3  # a player tells 20 times a second what it plays; older than this, nothing does
_PAUSE_S = 0.6  # longer than the pauses within a sentence


class SpeechSway:
    """A Layer.

    Args:
        size: 1 for the vendor's angles.
        limits: whose share it keeps to.
        dt: s a step.
        seed: of the phases, so that the axes do not start together.
    """

    mode = Mode.SPEAKING

    def __init__(self, size: float, limits: Limits, dt: float, seed: int) -> None:
        self._dt, self._t = dt, 0.0
        chance = random.Random(seed)
        self._waves = []
        for axis, degrees, hertz in _WAVES:
            most, w = math.radians(degrees) * size, 2.0 * math.pi * hertz
            fitting = slowed(axis, most, most * w, most * w * w, limits)
            self._waves.append((AXES.index(axis), fitting, w, chance.uniform(0.0, 2.0 * math.pi)))
        self._sizes = [0.0] * len(self._waves)
        self._loudness = Smooth(dt)
        self._heard = (-math.inf, -math.inf)  # dBFS, and when
        self._loud_at = -math.inf  # when it was last enough for a sway

    def hear(self, dbfs: float, now: float) -> None:
        """What is audible now, in dB relative to full scale. Any thread."""
        self._heard = (dbfs, now)
        if dbfs > _SOFT_DBFS:
            self._loud_at = now

    def audible(self, now: float) -> bool:
        """Something was loud enough a moment ago: pauses between words included."""
        return now - self._loud_at <= _PAUSE_S

    def begin(self, low: Sequence[float], high: Sequence[float]) -> None:
        """See Layer."""
        self._loudness.reset()
        self._sizes = [min(size, room(AXES[i], low, high)) for i, size, _, _ in self._waves]

    def step(self, now: float) -> Offset:
        """See Layer."""
        self._t += self._dt
        dbfs, at = self._heard
        share = (dbfs - _SOFT_DBFS) / (_LOUD_DBFS - _SOFT_DBFS) if now - at <= _SILENT_S else 0.0
        loudness = self._loudness.step(min(max(share, 0.0), 1.0))
        offset = [0.0] * len(AXES)
        for (i, _, w, phase), size in zip(self._waves, self._sizes, strict=True):
            offset[i] = size * loudness * math.sin(w * self._t + phase)
        return offset
