"""One axis of a gesture as a function of time: through keyframes, as waves in a rhythm, along a recording. Each begins
and ends at rest and has no step in acceleration, which is what motors are heard by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from voice_pipeline.motion.paths import Vector

Samples = tuple[Vector, Vector, Vector]  # value, first and second derivative, float64[n] each


class Curve(Protocol):
    """An axis through time."""

    def sample(self, times: Vector) -> Samples:
        """Value and derivatives at float64[n] times (s); before its begin and after its end it rests."""


class Track:
    """Through keyframes: quintic pieces, continuous to the acceleration, which is 0 at each keyframe.

    The speed at a keyframe is 0 where the direction turns and the harmonic mean of the neighbouring slopes otherwise
    (Fritsch and Butland 1984), which keeps it from swinging past the keyframes.
    """

    def __init__(self, times: Sequence[float], values: Sequence[float]) -> None:
        self._times, self._values = np.array(times, dtype=float), np.array(values, dtype=float)
        self._steps = np.diff(self._times)
        slopes = np.diff(self._values) / self._steps
        a, b = slopes[:-1], slopes[1:]
        same = a * b > 0
        inner = np.where(same, 2 * a * b / np.where(same, a + b, 1.0), 0.0)
        self._speeds = np.concatenate([[0.0], inner, [0.0]])

    def sample(self, times: Vector) -> Samples:
        """See Curve."""
        t = np.clip(times, self._times[0], self._times[-1])
        i = np.clip(np.searchsorted(self._times, t, side="right") - 1, 0, len(self._steps) - 1)
        d = self._steps[i]
        u = (t - self._times[i]) / d
        p0, m0, m1 = self._values[i], self._speeds[i] * d, self._speeds[i + 1] * d
        h = self._values[i + 1] - p0
        c3, c4, c5 = 10 * h - 6 * m0 - 4 * m1, -15 * h + 8 * m0 + 7 * m1, 6 * h - 3 * m0 - 3 * m1
        p = p0 + u * (m0 + u * u * (c3 + u * (c4 + u * c5)))
        v = m0 + u * u * (3 * c3 + u * (4 * c4 + u * 5 * c5))
        a = u * (6 * c3 + u * (12 * c4 + u * 20 * c5))
        return p, v / d, a / (d * d)


@dataclass(frozen=True)
class Wave:
    """A sine about a centre, faded in and out: fade(t) * (centre + amplitude * sin(2 pi ((t - begin) / period + phase))).

    amplitude, centre: rad or m. period, begin, end, fade: s; fade at most half of end - begin. phase: of a period.
    """

    amplitude: float
    centre: float
    period: float
    phase: float
    begin: float
    end: float
    fade: float

    def sample(self, times: Vector) -> Samples:
        """See Curve."""
        w = 2.0 * math.pi / self.period
        angle = w * (times - self.begin) + 2.0 * math.pi * self.phase
        s, ds = self.amplitude * np.sin(angle), self.amplitude * w * np.cos(angle)
        dds, s = -w * w * s, s + self.centre
        f, df, ddf = self._fading(times)
        return f * s, df * s + f * ds, ddf * s + 2.0 * df * ds + f * dds

    def _fading(self, times: Vector) -> Samples:
        """0 outside, 1 inside, with the quintic step between them: its first two derivatives are 0 at both ends."""
        rising = times - self.begin <= self.end - times
        u = np.clip(np.where(rising, times - self.begin, self.end - times) / self.fade, 0.0, 1.0)
        sign = np.where(rising, 1.0, -1.0) / self.fade
        f = u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
        df = 30.0 * u**2 * (1.0 - u) ** 2
        ddf = 60.0 * u * (1.0 - u) * (1.0 - 2.0 * u)
        return f, df * sign, ddf / self.fade**2


class Sum:
    """Several waves at once, or one after the other; none: the axis rests at 0."""

    def __init__(self, parts: Sequence[Curve]) -> None:
        self._parts = tuple(parts)

    def sample(self, times: Vector) -> Samples:
        """See Curve."""
        total = np.zeros((3, len(times)))
        for part in self._parts:
            total += part.sample(times)
        return total[0], total[1], total[2]


class Spline:
    """A uniform cubic B-spline: continuous to the acceleration, and never outside the range of its control points.

    Args:
        points: float64[n] control points, n >= 6; the first three alike and the last three alike, so that it begins and
            ends at rest.
        step: s between two; it lasts (n - 3) * step.
    """

    def __init__(self, points: Vector, step: float) -> None:
        self._points, self._step = points, step

    def sample(self, times: Vector) -> Samples:
        """See Curve."""
        x = np.clip(times / self._step, 0.0, len(self._points) - 3)
        i = np.minimum(x.astype(int), len(self._points) - 4)
        u = x - i
        a, b, c, d = (self._points[i + k] for k in range(4))
        p = ((1 - u) ** 3 * a + (3 * u**3 - 6 * u**2 + 4) * b + (-3 * u**3 + 3 * u**2 + 3 * u + 1) * c + u**3 * d) / 6
        v = (-((1 - u) ** 2) * a + (3 * u**2 - 4 * u) * b + (-3 * u**2 + 2 * u + 1) * c + u**2 * d) / 2
        acceleration = (1 - u) * a + (3 * u - 2) * b + (1 - 3 * u) * c + u * d
        return p, v / self._step, acceleration / self._step**2
