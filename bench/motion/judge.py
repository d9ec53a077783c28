"""Judges what a robot was sent, by first and second differences alone: it knows the limits and nothing of how they are
kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import NEUTRAL, Pose

_ROUNDING_P = 1e-9  # rad or m
_ROUNDING_V = 1e-8  # 1/s
_ROUNDING_A = 1e-5  # 1/s^2: rounding of a position, twice divided by 0.02
_JOINTS = 1e-6  # rad
_STALE_S = 0.15  # as in link.py


class Judge:
    """Takes one pose a period.

    Args:
        limits: what must hold. A deceleration may be up to `limits.stopping` within `stop_steps` of a stop.
        dt: s a period.
        stop_steps: periods a stop or a cancelled task may take.
    """

    def __init__(self, limits: Limits, dt: float, stop_steps: int = 5) -> None:
        self._limits, self._dt, self._stop_steps = limits, dt, stop_steps
        self._runs: list[list[tuple[Pose, bool]]] = [[(NEUTRAL, False)]]
        self._at_rest = [True]  # each run begins at rest; otherwise with a velocity that is not known
        self._stop_left = 0
        self.poses = 0

    def stop_ordered(self) -> None:
        """From here on it may slow down harder, for a moment."""
        self._stop_left = self._stop_steps

    def sent(self, pose: Pose) -> None:
        """The pose of the next period; the same as before where nothing was sent because nothing moves."""
        self._runs[-1].append((pose, self._stop_left > 0))
        self._stop_left = max(0, self._stop_left - 1)
        self.poses += 1

    def silent(self) -> None:
        """Nothing was sent, because the robot could not be trusted: it goes on from the same pose, at rest."""
        if len(self._runs[-1]) > 1:
            self._begin(self._runs[-1][-1][0], at_rest=True)

    def restart(self, measured: Pose) -> None:
        """The robot moved by itself: it goes on from what was measured, with the velocity it had."""
        self._begin(measured, at_rest=False)

    def violations(self) -> list[str]:
        """Everything that broke a limit, in words."""
        found: list[str] = []
        for run, at_rest in zip(self._runs, self._at_rest, strict=True):
            if len(run) > 1:
                found += self._judge([p for p, _ in run], [s for _, s in run[1:]], at_rest)
        return found

    def _begin(self, pose: Pose, at_rest: bool) -> None:
        self._runs.append([(pose, False)])
        self._at_rest.append(at_rest)

    def _judge(self, run: list[Pose], stopping: list[bool], at_rest: bool) -> list[str]:
        limits, p = self._limits, np.array(run)
        if not np.all(np.isfinite(p)):
            return ["a pose that is not finite"]
        v = np.diff(p, axis=0) / self._dt
        out = np.maximum(np.array(limits.low) - p, p - np.array(limits.high)).clip(min=0.0)
        v0 = np.vstack([np.zeros(len(v[0])) if at_rest else v[0], v[:-1]])
        a = (v - v0) / self._dt
        slowing = (v * v0 >= -1e-15) & (np.abs(v) <= np.abs(v0)) & np.array(stopping)[:, None]
        hardest = np.where(slowing, np.array(limits.stopping), np.array(limits.acceleration))
        found = _tell("leaves the box", out[1:] > out[:-1] + _ROUNDING_P, out[1:])
        found += _tell("is too fast", np.abs(v) > np.array(limits.velocity) + _ROUNDING_V, v)
        found += _tell("accelerates too hard", np.abs(a) > hardest + _ROUNDING_A, a)
        if limits.guard is not None:
            beyond = limits.guard.neck.excess(p[:, :4], limits.guard.margin).clip(min=0.0)
            found += _tell("takes a joint too far", (beyond[1:] > beyond[:-1] + _JOINTS)[:, None], beyond[1:, None])
        return found


def judge_stream(limits: Limits, sent: Sequence[tuple[float, Pose, float]], dt: float) -> list[str]:
    """What was sent on a real clock: (s, pose, age of the state in s). Nothing is sent while nothing moves, nor while the
    state is stale, from which it goes on at rest; a late period is not made up for, and stops may come at any time. The
    robot was not lost meanwhile."""
    judge = Judge(limits, dt)
    before: tuple[float, Pose, float] | None = None
    slow = np.array(limits.acceleration) * dt * dt * 1.01  # the last step of a motion that comes to rest
    last_step = np.zeros(len(NEUTRAL))
    for t, pose, age in sent:
        if before is None:
            judge.restart(pose)
        else:
            gap = t - before[0]
            if gap > 1.9 * dt and (np.all(np.abs(last_step) <= slow) or before[2] + gap > _STALE_S):
                judge.silent()
            last_step = np.array(pose) - np.array(before[1])
        judge.stop_ordered()
        judge.sent(pose)
        before = t, pose, age
    return judge.violations()


def _tell(what: str, wrong: NDArray[np.bool_], values: NDArray[np.float64]) -> list[str]:
    where = np.argwhere(wrong)
    names = Pose._fields if wrong.shape[1] > 1 else ("neck",)
    return [f"{names[axis]} {what}: {values[step, axis]:.6g} at pose {step}" for step, axis in where]
