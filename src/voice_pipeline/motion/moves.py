"""What a gesture is to the controller: seven curves from rest to rest with their extremes, and a way to play them. Where
they come from is the affair of move_files.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voice_pipeline.motion.curves import Curve
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import Point, Vector, jerk_of
from voice_pipeline.motion.protocol import AXES, Pose

_SAMPLE_S = 0.005  # between two looks for the extremes: a quarter of a tick
_HARDLY = 1e-9  # rad or m: rounding


@dataclass(frozen=True)
class About:
    """What people read of a gesture.

    description: what it shows. source: whose design it is, or where it was recorded. aliases: further names. notes: what
    had to be changed to fit this robot and its limits.
    """

    description: str
    source: str = ""
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """A gesture: offsets from the pose the robot holds, from rest to rest.

    low, high: the largest offsets; velocity, acceleration, jerk: the largest of each; all float64[7], rad (z: m), s.
    """

    name: str
    about: About
    duration: float
    curves: tuple[Curve, ...]
    low: Vector
    high: Vector
    velocity: Vector
    acceleration: Vector
    jerk: Vector

    @property
    def description(self) -> str:
        """What it shows, as a sentence."""
        return self.about.description

    def at(self, t: float) -> Point:
        """Offset and its derivatives at t s."""
        p, v, a = self.sample(np.array([t]))
        return p[0], v[0], a[0]

    def sample(self, times: Vector) -> Point:
        """The same at float64[n] times, each float64[n, 7]."""
        p, v, a = np.array([curve.sample(times) for curve in self.curves]).transpose(1, 2, 0)
        return p, v, a

    def slowdown(self, limits: Limits) -> float:
        """How many times slower it must be played to keep velocity, acceleration and jerk limits; 1 or less: as written."""
        return float(np.max(self.demands(limits)))

    def demands(self, limits: Limits) -> Vector:
        """`slowdown` of each axis, float64[7]."""
        velocity, acceleration = np.array(limits.velocity), np.array(limits.acceleration)
        ratios = [self.velocity / velocity, np.sqrt(self.acceleration / acceleration)]
        return np.max([*ratios, np.cbrt(self.jerk / jerk_of(limits))], axis=0)  # type: ignore[no-any-return]

    def beyond(self, limits: Limits) -> list[int]:
        """The axes (indices) that leave the box even when it is played from neutral."""
        low, high = np.array(limits.low) - _HARDLY, np.array(limits.high) + _HARDLY
        return [i for i in range(len(AXES)) if self.low[i] < low[i] or self.high[i] > high[i]]

    def base(self, held: Pose, limits: Limits) -> Pose:
        """The pose to play it from: the held one, moved only as far as the offsets need room inside the box."""
        return Pose(
            *(
                min(max(h, lo - mlo), hi - mhi)
                for h, lo, hi, mlo, mhi in zip(held, limits.low, limits.high, self.low, self.high, strict=True)
            )
        )


def make_move(name: str, about: About, duration: float, curves: Sequence[Curve]) -> Move:
    """A move of seven curves, one an axis in the order of AXES, with its extremes."""
    times = np.append(np.arange(0.0, duration, _SAMPLE_S), duration)
    samples = np.array([curve.sample(times) for curve in curves])
    low, high = -_tops(-samples), _tops(samples)
    jerk = np.abs(np.diff(samples[:, 2]) / np.diff(times)).max(axis=1)
    fastest, hardest = _peaks(samples[:, 1]), _peaks(samples[:, 2])
    return Move(name, about, duration, tuple(curves), low, high, fastest, hardest, jerk)


def _tops(samples: Vector) -> Vector:
    """The highest value of each curve, float64[7], of float64[7, 3, n]: a little above the highest sample, if it lies
    between two. Without that a pose at the edge of the box would be a hair outside, and be counted as a clamp."""
    best = samples[:, 0].argmax(axis=1)
    value, slope, bend = np.take_along_axis(samples, best[:, None, None], axis=2)[:, :, 0].T
    bent = slope**2 / (2.0 * np.maximum(-bend, _HARDLY))
    return value + np.minimum(bent, np.abs(slope) * _SAMPLE_S)  # type: ignore[no-any-return]


def _peaks(values: Vector) -> Vector:
    """The largest magnitude of each row of float64[7, n], by the parabola through the largest sample and its neighbours:
    played slowly, a speed that is a thousandth too high lasts long enough to be clamped."""
    padded = np.pad(np.abs(values), ((0, 0), (1, 1)), mode="edge")
    best = padded.argmax(axis=1)
    before, top, after = (padded[np.arange(len(best)), best + k] for k in (-1, 0, 1))
    bend = 2.0 * top - before - after
    rise = np.divide((before - after) ** 2, 8.0 * bend, out=np.zeros_like(top), where=bend > 0.0)
    return top + rise  # type: ignore[no-any-return]


class Playing:
    """A move on its way from a base pose (a Path). Sampled once when it begins: asking the curves 50 times a second would
    cost twenty times as much."""

    def __init__(self, move: Move, base: Pose, speed: float, repeat: int) -> None:
        self._base, self._speed = np.array(base), speed
        self._once = move.duration / speed
        self.duration = self._once * repeat
        self._count = max(1, round(move.duration / _SAMPLE_S))
        self._step = move.duration / self._count
        p, v, a = move.sample(np.linspace(0.0, move.duration, self._count + 1))
        # Position and velocity, each with its slope a step, so that two rows make a cubic: float64[n, 2, 14].
        self._rows = np.stack([np.hstack([p, v]), np.hstack([v, a]) * self._step], axis=1)

    def at(self, t: float) -> Point:
        """See Path."""
        t = min(max(t, 0.0), self.duration)
        if t >= self.duration:
            t = self._once
        x = (t % self._once if t > self._once else t) * self._speed / self._step
        i = min(int(x), self._count - 1)
        u = x - i
        cubic = (1 + 2 * u) * (1 - u) ** 2, u * (1 - u) ** 2, u * u * (3 - 2 * u), u * u * (u - 1)
        linear = 0.0, 1 - u, 0.0, u  # of the slopes alone
        mixed = np.array([cubic, linear]) @ self._rows[i : i + 2].reshape(4, -1)
        (p, v), (_, slope) = mixed.reshape(2, 2, -1)
        return self._base + p, v * self._speed, slope * (self._speed**2 / self._step)
