"""Glances: now and then a small look aside and back, as people's eyes wander. A layer of its own."""

from __future__ import annotations

import random
from collections.abc import Sequence

from voice_pipeline.motion.layers import FIRST, SECOND, Mode, Offset, Smooth, room, slowed
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES

_YAW, _PITCH = AXES.index("yaw"), AXES.index("pitch")
_LOOK_S = (0.8, 2.0)  # how long one lasts
_TURN_S = 0.15  # of the filter that turns the head: there in 0.8 s
_LEAST = 0.4  # of the size: a smaller one looks like a fault
_UP_DOWN = 0.4  # of the size: people look aside more than up


class Glances:
    """A Layer.

    Args:
        size: rad, of the largest.
        period: s between two, on average; each wait is 0.5 to 1.5 of it.
        limits: whose share it keeps to.
        dt: s a step.
        seed: the same seed, the same glances.
    """

    mode = Mode.IDLE

    def __init__(self, size: float, period: float, limits: Limits, dt: float, seed: int) -> None:
        self._dt, self._period = dt, period
        self._random = random.Random(seed)
        self._size = slowed("yaw", size, FIRST / _TURN_S * size, SECOND / _TURN_S**2 * size, limits)
        self._wait = 0.0
        self._away = False
        self._target = (0.0, 0.0)
        self._yaw, self._pitch = Smooth(dt, _TURN_S), Smooth(dt, _TURN_S)
        self._most = (0.0, 0.0)

    def begin(self, low: Sequence[float], high: Sequence[float]) -> None:
        """See Layer."""
        self._yaw.reset()
        self._pitch.reset()
        self._most = (min(self._size, room("yaw", low, high)), min(self._size * _UP_DOWN, room("pitch", low, high)))
        self._away, self._target = False, (0.0, 0.0)
        self._wait = self._pause()

    def step(self, now: float) -> Offset:
        """See Layer."""
        self._wait -= self._dt
        if self._wait <= 0.0:
            self._away = not self._away
            self._wait = self._random.uniform(*_LOOK_S) if self._away else self._pause()
            self._target = self._aside() if self._away else (0.0, 0.0)
        offset = [0.0] * len(AXES)
        offset[_YAW], offset[_PITCH] = self._yaw.step(self._target[0]), self._pitch.step(self._target[1])
        return offset

    def _pause(self) -> float:
        return self._period * self._random.uniform(0.5, 1.5)

    def _aside(self) -> tuple[float, float]:
        side = self._random.choice((-1.0, 1.0)) * self._random.uniform(_LEAST, 1.0)
        return side * self._most[0], self._random.uniform(-1.0, 1.0) * self._most[1]
