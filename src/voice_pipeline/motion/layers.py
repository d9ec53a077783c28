"""What every layer of liveliness has in common: when it shows, how it is blended, and how slow it must be. Apart so that
each layer is one small file that knows its own movement only.

A layer is an offset from the pose that is held. Only one mode shows at a time; the modes' weights go through the same
filter, so that they add up to 1 at most and a change of mode is a blend with continuous velocity and acceleration.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import RAMP_S
from voice_pipeline.motion.protocol import AXES

Offset = list[float]  # one value an axis of a Pose, rad (z: m)

BLEND_S = 0.12  # of the filter below: 90 % after 0.64 s, 99 % after 1.0 s
REST_S = (
    0.07  # a layer is never faster than what comes to rest in this time: a robot that is spoken to is still in 0.1 s
)
ACCELERATION_SHARE = 0.5  # of the limit of an axis: two layers may meet in a blend

# Of three equal poles in a row with time constant 1 whose input lies within 0..1: largest first and second derivative of
# the output. The first is the peak of t^2/2 exp(-t); the second the sum of the rises of its derivative.
FIRST, SECOND = 0.271, 0.31


class Mode(Enum):
    """What the body shows."""

    IDLE = "idle"
    THINKING = "thinking"
    SPEAKING = "speaking"


class Layer(Protocol):
    """One movement of its own accord."""

    mode: Mode

    def begin(self, low: Sequence[float], high: Sequence[float]) -> None:
        """It is about to show. low, high: of the offset on each axis; the layer keeps within, whatever it does."""

    def step(self, now: float) -> Offset:
        """One period further: the offset at full weight. `now` in the seconds of a clock that never goes back."""


class Smooth:
    """Three equal poles in a row: a step becomes a curve with continuous velocity and acceleration.

    Args:
        dt: s a step.
        seconds: time constant of each pole.
    """

    def __init__(self, dt: float, seconds: float = BLEND_S) -> None:
        self._gain = 1.0 - math.exp(-dt / seconds)
        self._poles = [0.0, 0.0, 0.0]

    @property
    def value(self) -> float:
        """As of the last step."""
        return self._poles[2]

    def step(self, target: float) -> float:
        """One period towards `target`."""
        for i in range(3):
            self._poles[i] += self._gain * (target - self._poles[i])
            target = self._poles[i]
        return target

    def reset(self) -> None:
        """0, at rest."""
        self._poles = [0.0, 0.0, 0.0]


def slowed(
    axis: str, size: float, velocity: float, acceleration: float, limits: Limits, seconds: float = BLEND_S
) -> float:
    """`size`, or the largest below it that keeps to the layers' share of an axis.

    Args:
        axis: a field of Pose.
        size: largest offset, rad (z: m).
        velocity, acceleration: largest of the offset, at that size and full weight.
        limits: of which it takes a share.
        seconds: time constant of what blends the layer in and out.
    """
    if size <= 0.0:
        return 0.0
    i = AXES.index(axis)
    # A wave is fastest where it crosses 0: what it does by itself and what its blend does peak a quarter wave apart.
    v = math.hypot(velocity, FIRST / seconds * size)
    a = math.hypot(acceleration + SECOND / seconds**2 * size, 2.0 * FIRST / seconds * velocity)
    hardest = limits.acceleration[i]
    fastest = min(limits.velocity[i], hardest * (REST_S - RAMP_S))
    return size * min(1.0, fastest / v, ACCELERATION_SHARE * hardest / a)


def room(axis: str, low: Sequence[float], high: Sequence[float]) -> float:
    """How far an offset may go either way on an axis; 0 where there is none."""
    i = AXES.index(axis)
    return max(0.0, min(-low[i], high[i]))
