"""A path whose target may be moved at any time and any rate, for poses that stream in. Apart from paths.py because it is
made step by step: nobody knows its end.

Two stages, each simple enough to be right: every axis heads for the target as fast as velocity and acceleration allow,
then the last few of these points are averaged. An average of points in the box is in the box, its velocity and
acceleration are averages too, and its acceleration changes by at most 2 a/n a step: that bounds the jerk. (Known as FIR
filtering of trapezoidal profiles: Biagiotti and Melchiorri, Trajectory Planning for Automatic Machines and Robots, 2008.)
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from voice_pipeline.motion.limiter import speed_that_stops_within
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import Point
from voice_pipeline.motion.protocol import Pose

# s over which is averaged. Jerk is at most 2 * 0.9 / 0.1 = 18 times the acceleration limit a second, where planned paths
# may have 33; what streams in is followed 0.04 s later for it.
_AVERAGED_S = 0.1
_SHARE = 0.9  # of velocity and acceleration limits: the rest is for rounding and for what is added on top
_THERE = 1e-7  # rad or m


class Chase:
    """A `Path` that follows a moving target and ends when it rests there; `duration` is infinite until then.

    Its `at` may only be asked with rising times, in steps of `dt`.

    Args:
        start: where it begins: position, velocity, acceleration.
        target: inside the box of `limits`.
        limits: velocity and acceleration.
        dt: s a step.
    """

    def __init__(self, start: Point, target: Pose, limits: Limits, dt: float) -> None:
        self.duration = math.inf
        self._target = target
        self._top = [_SHARE * v for v in limits.velocity]
        self._hardest = [_SHARE * a for a in limits.acceleration]
        self._dt = dt
        self._steps = 0
        self.restart(start)

    def restart(self, start: Point) -> None:
        """Go on from elsewhere, or at another speed, to the same target."""
        dt = self._dt
        n = max(2, round(_AVERAGED_S / dt))
        p, v, a = start
        # The points of the past n steps as if the acceleration had been constant: their average moves on from `start`
        # with its velocity and acceleration. What their spread adds to the average is taken off.
        times = (np.arange(n) - (n - 1) / 2.0) * dt
        spread = a * float(np.mean(times**2)) / 2.0
        self._ahead = deque(([p - spread + v * t + a * t * t / 2.0 for t in times]), maxlen=n)
        self._velocity: list[float] = (v + a * (n / 2.0 - 1.0) * dt).tolist()
        self._point: Point = start

    def aim(self, target: Pose) -> None:
        """Move the target; inside the box. Not after the end."""
        self._target = target

    def at(self, t: float) -> Point:
        """See Path."""
        while self._steps * self._dt < t - 1e-9 and self.duration == math.inf:
            self._steps += 1
            self._step()
        return self._point

    def _step(self) -> None:
        here: list[float] = self._ahead[-1].tolist()
        for i, (p, want) in enumerate(zip(here, self._target, strict=True)):
            self._velocity[i] = self._towards(i, want - p)
            here[i] = p + self._velocity[i] * self._dt
        self._ahead.append(np.array(here))
        before = self._point
        position = np.mean(self._ahead, axis=0)
        velocity = (position - before[0]) / self._dt
        self._point = position, velocity, (velocity - before[1]) / self._dt
        if np.all(np.abs(np.array(self._ahead) - np.array(self._target)) < _THERE):
            self._point = np.array(self._target), np.zeros(len(here)), np.zeros(len(here))
            self.duration = self._steps * self._dt

    def _towards(self, i: int, room: float) -> float:
        """The velocity of axis i for the next step, `room` from its target."""
        dt, a, v0 = self._dt, self._hardest[i], self._velocity[i]
        v = math.copysign(min(self._top[i], speed_that_stops_within(abs(room), a, dt)), room)
        return min(max(v, v0 - a * dt), v0 + a * dt)
