"""Smooth ways from one pose to another, as functions of time, with bounded jerk and so without a step in acceleration
(motor noise is what spoils listening). They keep the limits by taking longer; the limiter still checks.

Fifth-order polynomials rather than time-optimal profiles (`ruckig`): see docs/dependencies.md for the comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES, Pose

Vector = NDArray[np.float64]  # float64[7], one value an axis
Point = tuple[Vector, Vector, Vector]  # position, velocity, acceleration

PEAK_VELOCITY = 1.875  # of a minimum-jerk move over distance 1 in 1 s (15/8)
PEAK_ACCELERATION = 5.7735  # the same (10/sqrt(3))
_PEAK_JERK = 60.0  # the same, at both ends
# s in which acceleration may grow from nothing to its limit, by which the jerk limit is named. 0.03: planned paths across
# the box stay below it by themselves (median 3, 95th percentile 16 times the acceleration limit a second); small ones do not.
RAMP_S = 0.03
_SHORTEST = 0.04  # s: two ticks; below there is nothing to shape
_TRIES = 12  # lengthenings by a quarter, 14 times in all; then it is better to come to rest first


class Path(Protocol):
    """A way through time."""

    duration: float

    def at(self, t: float) -> Point:
        """Position, velocity, acceleration at t s; held before 0 and after `duration`."""


class Polynomial:
    """One polynomial an axis; coefficients float64[order+1, 7], lowest first."""

    def __init__(self, coefficients: Vector, duration: float) -> None:
        self._c = coefficients
        self.duration = duration
        powers = np.arange(len(coefficients))[:, None]
        self._dc = (coefficients * powers)[1:]
        self._ddc = (self._dc * powers[:-1])[1:]

    def at(self, t: float) -> Point:
        """See Path."""
        t = min(max(t, 0.0), self.duration)
        p, v, a = self.sample(np.array([t]))
        return p[0], v[0], a[0]

    def sample(self, times: Vector) -> Point:
        """The same at float64[n] times, each float64[n, 7]."""
        basis = times[:, None] ** np.arange(len(self._c))
        return basis @ self._c, basis[:, :-1] @ self._dc, basis[:, :-2] @ self._ddc

    def jerk(self, times: Vector) -> Vector:
        """The third derivative at float64[n] times, float64[n, 7]."""
        powers = np.arange(len(self._ddc))[:, None]
        return np.asarray(times[:, None] ** np.arange(len(self._ddc) - 1) @ (self._ddc * powers)[1:])


class Halt:
    """Each axis comes to rest as soon as acceleration and jerk limit allow: it slows down harder and harder, then as hard as
    it may, then less and less.

    Args:
        start: where it is.
        hardest: 1/s^2, float64[7]; an acceleration beyond it at the start is led back.
    """

    def __init__(self, start: Point, hardest: Vector) -> None:
        _, v, a = start
        jerk = hardest / RAMP_S
        # Where it goes if nothing but the present acceleration is ended: what has to be slowed down.
        along = np.where(v + a * np.abs(a) / (2.0 * jerk) >= 0.0, 1.0, -1.0)
        v, a = v * along, a * along
        peak = np.sqrt(np.maximum(jerk * v + a * a / 2.0, 0.0))
        flat = np.where(peak > hardest, (v + a * a / (2.0 * jerk) - hardest**2 / jerk) / hardest, 0.0)
        peak = np.minimum(peak, hardest)
        self._start = start
        self._phases = (
            (-along * jerk, np.maximum((a + peak) / jerk, 0.0)),
            (np.zeros(len(jerk)), np.maximum(flat, 0.0)),
            (along * jerk, peak / jerk),
        )
        self.duration = max(_SHORTEST, float(np.max(sum(seconds for _, seconds in self._phases))))

    def at(self, t: float) -> Point:
        """See Path."""
        p, v, a = self._start
        left: Vector = np.full(len(p), max(t, 0.0))
        for jerk, seconds in self._phases:
            d = np.minimum(left, seconds)
            p = p + d * (v + d * (a / 2.0 + d * jerk / 6.0))
            v = v + d * (a + d * jerk / 2.0)
            a = a + d * jerk
            left = left - d
        # What is left over is rounding.
        return p, np.where(left > 0.0, 0.0, v), np.where(left > 0.0, 0.0, a)


def jerk_of(limits: Limits) -> Vector:
    """The jerk limit of each axis, float64[7] in rad/s^3 (z: m/s^3)."""
    return np.array(limits.acceleration) / RAMP_S


def travel(start: Point, target: Pose, limits: Limits, duration: float = 0.0) -> list[Path]:
    """From a pose in motion to rest at `target`, all axes together, in `duration` s or as soon as the limits allow.

    Where the motion runs too hard against it, it comes to rest first.
    """
    goal = np.array(target)
    top, hardest = np.array(limits.velocity), np.array(limits.acceleration)
    distance = np.abs(goal - start[0])
    shortest = max(
        _SHORTEST,
        float(np.max(distance / top)) * PEAK_VELOCITY,
        float(np.sqrt(np.max(distance / hardest) * PEAK_ACCELERATION)),
        float(np.cbrt(np.max(distance / jerk_of(limits)) * _PEAK_JERK)),
        duration,
    )
    low = np.minimum(np.array(limits.low), start[0]) - 1e-6
    high = np.maximum(np.array(limits.high), start[0]) + 1e-6
    for n in range(_TRIES):
        path = _to_rest(start, goal, shortest * 1.25**n)
        if _fits(path, limits, low, high):
            return [path]
    stop = brake(start, limits)
    rest = stop.at(stop.duration)[0]
    return [stop, *travel(at_rest(rest), target, limits, duration)]


def _fits(path: Polynomial, limits: Limits, low: Vector, high: Vector) -> bool:
    times = np.linspace(0.0, path.duration, 33)
    p, v, a = path.sample(times)
    return bool(
        np.all(np.abs(v) <= np.array(limits.velocity) * 1.001)
        and np.all(np.abs(a) <= np.array(limits.acceleration) * 1.001)
        and np.all(np.abs(path.jerk(times)) <= jerk_of(limits) * 1.001)
        and np.all(p >= low)
        and np.all(p <= high)
    )


def derivatives(past: Sequence[Vector], dt: float) -> Point:
    """The last of four positions, dt s apart, with velocity and acceleration there: exact where the jerk is constant."""
    d, c, b, a = past
    return a, (11.0 * a - 18.0 * b + 9.0 * c - 2.0 * d) / (6.0 * dt), (2.0 * a - 5.0 * b + 4.0 * c - d) / dt**2


def at_rest(pose: Pose | Vector) -> Point:
    """The point of a pose that does not move."""
    return np.array(pose, dtype=float), np.zeros(len(AXES)), np.zeros(len(AXES))


def glide(start: Point, target: Pose, duration: float) -> Polynomial:
    """To rest at `target` in exactly `duration` s, whatever velocity that takes: for what is known to be small."""
    return _to_rest(start, np.array(target), duration)


def brake(start: Point, limits: Limits, hardest: Pose | None = None) -> Halt:
    """Come to rest as soon as the acceleration limit, or `hardest` (1/s^2), and its jerk allow."""
    return Halt(start, np.array(limits.acceleration if hardest is None else hardest))


def _to_rest(start: Point, goal: Vector, d: float) -> Polynomial:
    """To rest at `goal` in d s; minimum jerk when it starts at rest."""
    return Polynomial(quintic(start, at_rest(goal), d), d)


def quintic(start: Point, end: Point, d: Vector | float) -> Vector:
    """Coefficients, lowest first along axis 0, of the fifth-order polynomials from one point to another in d s; positions,
    velocities, accelerations and d of any shapes that go together."""
    (p0, v0, a0), (p1, v1, a1) = start, end
    s = p1 - p0
    c3 = (20.0 * s - (8.0 * v1 + 12.0 * v0) * d - (3.0 * a0 - a1) * d**2) / (2.0 * d**3)
    c4 = (-30.0 * s + (14.0 * v1 + 16.0 * v0) * d + (3.0 * a0 - 2.0 * a1) * d**2) / (2.0 * d**4)
    c5 = (12.0 * s - 6.0 * (v1 + v0) * d - (a0 - a1) * d**2) / (2.0 * d**5)
    return np.stack([p0, v0, a0 / 2.0, c3, c4, c5])
