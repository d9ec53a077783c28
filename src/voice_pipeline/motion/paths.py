"""Smooth ways from one pose to another, as functions of time: polynomials without a step in acceleration (motor noise
is what spoils listening). They keep velocity and acceleration limits by taking longer; the limiter still checks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES, Pose

Vector = NDArray[np.float64]  # float64[7], one value an axis
Point = tuple[Vector, Vector, Vector]  # position, velocity, acceleration

PEAK_VELOCITY = 1.875  # of a minimum-jerk move over distance 1 in 1 s (15/8)
PEAK_ACCELERATION = 5.7735  # the same (10/sqrt(3))
_SHORTEST = 0.04  # s: two ticks; below there is nothing to shape
_TRIES = 12  # lengthenings by a quarter, 14 times in all; then it is better to brake first


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


def travel(start: Point, target: Pose, limits: Limits, duration: float = 0.0) -> list[Path]:
    """From a pose in motion to rest at `target`, all axes together, in `duration` s or as soon as the limits allow.

    Where the motion runs too hard against it, it brakes first.
    """
    goal = np.array(target)
    top, hardest = np.array(limits.velocity), np.array(limits.acceleration)
    distance = np.abs(goal - start[0])
    shortest = max(
        _SHORTEST,
        float(np.max(distance / top)) * PEAK_VELOCITY,
        float(np.sqrt(np.max(distance / hardest) * PEAK_ACCELERATION)),
        duration,
    )
    low = np.minimum(np.array(limits.low), start[0]) - 1e-6
    high = np.maximum(np.array(limits.high), start[0]) + 1e-6
    for n in range(_TRIES):
        path = _quintic(start, goal, shortest * 1.25**n)
        p, v, a = path.sample(np.linspace(0.0, path.duration, 33))
        fits = np.all(np.abs(v) <= top * 1.001) and np.all(np.abs(a) <= hardest * 1.001)
        if fits and np.all(p >= low) and np.all(p <= high):
            return [path]
    stop = brake(start, limits)
    rest = stop.at(stop.duration)[0]
    return [stop, *travel(at_rest(rest), target, limits, duration)]


def at_rest(pose: Pose | Vector) -> Point:
    """The point of a pose that does not move."""
    return np.array(pose, dtype=float), np.zeros(len(AXES)), np.zeros(len(AXES))


def brake(start: Point, limits: Limits) -> Polynomial:
    """Come to rest as soon as the acceleration limit allows without a step in acceleration."""
    p, v, a = start
    hardest = np.array(limits.acceleration)
    # Velocity falls along a cubic, whose steepest slope is 1.5 v/T; one that is being accelerated needs longer.
    d = max(_SHORTEST, 1.5 * float(np.max(np.abs(v) / hardest)))
    for _ in range(_TRIES):
        coefficients = np.stack(
            [p, v, a / 2.0, (-3.0 * v / d**2 - 2.0 * a / d) / 3.0, (2.0 * v / d**3 + a / d**2) / 4.0]
        )
        path = Polynomial(coefficients, d)
        if np.all(np.abs(path.sample(np.linspace(0.0, d, 17))[2]) <= hardest * 1.001):
            break
        d *= 1.25
    return path


def _quintic(start: Point, goal: Vector, d: float) -> Polynomial:
    """The fifth-order polynomial from (p, v, a) to (goal, 0, 0) in d s; minimum jerk when it starts at rest."""
    p, v, a = start
    s = goal - p
    return Polynomial(
        np.stack(
            [
                p,
                v,
                a / 2.0,
                (20.0 * s - 12.0 * v * d - 3.0 * a * d**2) / (2.0 * d**3),
                (-30.0 * s + 16.0 * v * d + 3.0 * a * d**2) / (2.0 * d**4),
                (12.0 * s - 6.0 * v * d - a * d**2) / (2.0 * d**5),
            ]
        ),
        d,
    )
