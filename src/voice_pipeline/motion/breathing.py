"""Breathing: the head rises and falls a little and the antennas sway, so that a robot at rest looks alive. A layer of its
own; the head keeps looking where it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from voice_pipeline.motion.layers import Mode, Offset, room, slowed
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES, Z

_RIGHT, _LEFT = AXES.index("right_antenna"), AXES.index("left_antenna")
_SWAYS = 5.0  # of the antennas to one breath: 0.5 Hz to 0.1 Hz in the vendor's application


class Breathing:
    """A Layer.

    Args:
        depth: m from the highest to the lowest point. It is placed where the box has room for it.
        antennas: rad, of their sway.
        rate: breaths a second, Hz.
        limits: whose share it keeps to.
        dt: s a step.
    """

    mode = Mode.IDLE

    def __init__(self, depth: float, antennas: float, rate: float, limits: Limits, dt: float) -> None:
        self._turn = 2.0 * math.pi * rate * dt  # rad a step
        w, ws = 2.0 * math.pi * rate, 2.0 * math.pi * rate * _SWAYS
        self._depth = slowed("z", depth, depth / 2.0 * w, depth / 2.0 * w * w, limits)
        self._sway = slowed("right_antenna", antennas, antennas * ws, antennas * ws * ws, limits)
        self._phase = self._middle = self._half = self._antennas = 0.0

    def begin(self, low: Sequence[float], high: Sequence[float]) -> None:
        """See Layer."""
        self._phase = 0.0
        bottom, top = min(low[Z], 0.0), max(high[Z], 0.0)
        self._half = min(self._depth, top - bottom) / 2.0
        self._middle = min(max(0.0, bottom + self._half), top - self._half)
        self._antennas = min(self._sway, room("right_antenna", low, high), room("left_antenna", low, high))

    def step(self, now: float) -> Offset:
        """See Layer."""
        self._phase += self._turn
        offset = [0.0] * len(AXES)
        offset[Z] = self._middle + self._half * math.cos(self._phase)
        sway = self._antennas * math.sin(_SWAYS * self._phase)
        offset[_RIGHT], offset[_LEFT] = sway, -sway
        return offset
