"""A joint trajectory as other robots' controllers take it: checked, then turned into a path. Apart from paths.py because
its points come from people's programs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import Point, Vector, brake, quintic
from voice_pipeline.motion.protocol import AXES
from voice_pipeline.motion.tasks import Outcome, Refused

# Joints that are axes by themselves, by their names in the robot's URDF. The six legs of the neck only move together.
JOINTS = {"yaw_body": "body_yaw", "right_antenna": "right_antenna", "left_antenna": "left_antenna"}
MOST_POINTS = 5000  # 10 s at 500 Hz; checking so many takes 0.3 s here
_LONGEST_S = 600.0
_AT_START = math.radians(2.0)  # a point at 0 s may differ from where the joint is by so much; it is left out then
_RESTING = 1e-3  # rad/s
_HUGE = 1e4  # rad, rad/s, rad/s^2: nothing any joint does; sums of more may overflow
_SAMPLES = 64  # an interval, when it is checked: a peak between two of them is at most 0.13 % higher
_TOO_FAST = 0.999  # times a limit: room for such a peak


@dataclass(frozen=True)
class Waypoint:
    """Where the joints shall be `time` s after the start; rad, rad/s, rad/s^2 in the order of the joints. Velocities and
    accelerations may be empty."""

    time: float
    positions: tuple[float, ...]
    velocities: tuple[float, ...] = ()
    accelerations: tuple[float, ...] = ()


class JointPath:
    """A `Path` through waypoints: fifth-order pieces, continuous to the acceleration. Axes without waypoints come to rest.

    Where velocities are not given, a joint rests where it turns and moves on otherwise; accelerations follow from the
    velocities.

    Args:
        axes: indices of the joints' axes.
        points: checked, times rising from above 0.
        start: where all axes are.
    """

    def __init__(self, axes: Sequence[int], points: Sequence[Waypoint], start: Point, limits: Limits) -> None:
        self._axes = list(axes)
        self.now = start  # what was asked for last
        self._rest = brake(start, limits)
        self._times = np.array([0.0, *(w.time for w in points)])
        self.duration = max(float(self._times[-1]), self._rest.duration)
        p = np.vstack([start[0][self._axes], [w.positions for w in points]])
        given_v = np.array([w.velocities or [math.nan] * len(axes) for w in points]).reshape(len(points), -1)
        given_a = np.array([w.accelerations or [math.nan] * len(axes) for w in points]).reshape(len(points), -1)
        v = np.vstack([start[1][self._axes], np.where(np.isnan(given_v), _velocities(self._times, p), given_v)])
        a = np.vstack([start[2][self._axes], np.where(np.isnan(given_a), _accelerations(self._times, v), given_a)])
        pieces = np.diff(self._times)[:, None]
        self._pieces = quintic((p[:-1], v[:-1], a[:-1]), (p[1:], v[1:], a[1:]), pieces)  # float64[6, pieces, joints]

    def at(self, t: float) -> Point:
        """See Path."""
        p, v, a = (np.array(x) for x in self._rest.at(t))
        joints = self.sample(np.array([t]))
        for whole, part in zip((p, v, a), joints, strict=True):
            whole[self._axes] = part[0]
        self.now = p, v, a
        return self.now

    def sample(self, times: Vector) -> Point:
        """The joints alone at float64[n] times, each float64[n, joints]."""
        t = np.clip(times, 0.0, self._times[-1])
        i = np.clip(np.searchsorted(self._times, t, side="right") - 1, 0, self._pieces.shape[1] - 1)
        u = (t - self._times[i])[:, None]
        c = self._pieces[:, i]
        p = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
        v = c[1] + u * (2 * c[2] + u * (3 * c[3] + u * (4 * c[4] + u * 5 * c[5])))
        a = 2 * c[2] + u * (6 * c[3] + u * (12 * c[4] + u * 20 * c[5]))
        return p, v, a

    def check(self, names: Sequence[str], limits: Limits) -> None:
        """Raises Refused when it runs beyond a limit, with the joint, the figure and the cure."""
        shares = np.linspace(0.0, 1.0, _SAMPLES + 1)[1:]
        times = (self._times[:-1, None] + np.diff(self._times)[:, None] * shares).ravel()
        p, v, a = self.sample(times)
        low, high, top, hardest = (
            np.array([getattr(box, AXES[i]) for i in self._axes])
            for box in (limits.low, limits.high, limits.velocity, limits.acceleration)
        )
        out = np.argwhere(~((p >= low - 1e-6) & (p <= high + 1e-6)))  # NaN too: sums that overflow
        if len(out):
            k, j = out[0]
            raise Refused(
                Outcome.INVALID_GOAL,
                f"{names[j]} would be at {p[k, j]:.3f} rad after {times[k]:.2f} s; keep it within {low[j]:.3f} and "
                f"{high[j]:.3f} rad.",
            )
        slower = np.maximum(np.abs(v) / top, np.sqrt(np.abs(a) / hardest))
        k, j = divmod(int(np.argmax(slower)), slower.shape[1])
        if not slower[k, j] <= _TOO_FAST:
            raise Refused(
                Outcome.INVALID_GOAL,
                f"Too fast: after {times[k]:.2f} s {names[j]} would have {v[k, j]:.2f} rad/s and {a[k, j]:.1f} rad/s^2; "
                f"it may {top[j]:.2f} and {hardest[j]:.1f}. Take {slower[k, j] / _TOO_FAST + 0.005:.2f} times as long.",
            )


def plan(
    joints: Sequence[str], points: Sequence[Waypoint], start: Point, limits: Limits, delay: float = 0.0
) -> JointPath:
    """The path of a trajectory from `start`.

    delay: s until it begins; below 0 it began so long ago, and what is over is left out.

    Raises:
        Refused: INVALID_JOINTS, INVALID_GOAL or OLD_STAMP, with what is wrong and where.
    """
    check_joints(joints)
    _check_points(joints, points)
    if not math.isfinite(delay):
        raise _bad(f"it begins in {delay} s")
    axes = [AXES.index(JOINTS[name]) for name in joints]
    points = [replace(point, time=point.time + delay) for point in points]
    if points[-1].time > _LONGEST_S:
        raise _bad(f"it would end in {points[-1].time:g} s; at most {_LONGEST_S:g} are taken")
    if delay < 0.0:
        points = [point for point in points if point.time > 0.0]
        if not points:
            raise Refused(Outcome.OLD_STAMP, f"It began {-delay:.1f} s ago and is over. Leave header.stamp 0 for now.")
    elif delay > 0.0:
        rest = brake(start, limits)
        if rest.duration < points[0].time:
            there = rest.at(rest.duration)[0][axes]
            points.insert(0, Waypoint(max(delay, rest.duration), tuple(there.tolist()), (0.0,) * len(axes)))
            points = points[:1] + [point for point in points[1:] if point.time > points[0].time]
    if points[0].time == 0.0:
        away = [abs(q - start[0][i]) for q, i in zip(points[0].positions, axes, strict=True)]
        far = max(range(len(axes)), key=away.__getitem__)
        if away[far] > _AT_START or len(points) == 1:
            raise _bad(
                f"point 0 wants {joints[far]} at {points[0].positions[far]:.3f} rad at once; it is at "
                f"{start[0][axes[far]]:.3f}. Give its time_from_start"
            )
        points = points[1:]
    path = JointPath(axes, points, start, limits)
    path.check(joints, limits)
    return path


def check_joints(joints: Sequence[str]) -> None:
    """Raises Refused (INVALID_JOINTS) unless each is known and named once."""
    known = ", ".join(JOINTS)
    unknown = [name for name in joints if name not in JOINTS]
    if unknown or not joints:
        what = f"There is no joint '{unknown[0]}'" if unknown else "No joint is named"
        raise Refused(Outcome.INVALID_JOINTS, f"{what}. Use some of: {known}. The head moves by head_command.")
    if len(set(joints)) < len(joints):
        raise Refused(Outcome.INVALID_JOINTS, f"A joint is named twice in {', '.join(joints)}.")


def _check_points(joints: Sequence[str], points: Sequence[Waypoint]) -> None:
    if not points:
        raise _bad("the trajectory has no points")
    if len(points) > MOST_POINTS:
        raise _bad(f"the trajectory has more than {MOST_POINTS} points")
    last = -1.0
    for n, point in enumerate(points):
        for what in ("positions", "velocities", "accelerations"):
            values = getattr(point, what)
            if len(values) != len(joints) and (values or what == "positions"):
                raise _bad(f"point {n} has {len(values)} {what} for {len(joints)} joints")
            if not all(abs(value) <= _HUGE for value in values):
                raise _bad(f"point {n} has {what} that are no finite numbers, or huge ones")
        if not last < point.time <= _LONGEST_S or point.time < 0.0:
            raise _bad(f"point {n} is at {point.time:g} s; times rise from 0 to at most {_LONGEST_S:g}")
        last = point.time
    if any(abs(v) > _RESTING for v in points[-1].velocities):
        raise _bad("the last point has a velocity; a trajectory ends at rest")


def _bad(problem: str) -> Refused:
    return Refused(Outcome.INVALID_GOAL, f"{problem[0].upper()}{problem[1:]}.")


def _velocities(times: Vector, p: Vector) -> Vector:
    """At every point but the first: 0 at the end and where a joint turns, else the harmonic mean of the slopes."""
    slopes = np.diff(p, axis=0) / np.diff(times)[:, None]
    a, b = slopes[:-1], slopes[1:]
    same = a * b > 0
    inner = np.where(same, 2 * a * b / np.where(same, a + b, 1.0), 0.0)
    return np.vstack([inner, np.zeros(p.shape[1])])


def _accelerations(times: Vector, v: Vector) -> Vector:
    """At every point but the first: the slope of the velocities around it, 0 at the end."""
    inner = (v[2:] - v[:-2]) / (times[2:] - times[:-2])[:, None]
    return np.vstack([inner, np.zeros(v.shape[1])])
