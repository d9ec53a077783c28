"""Judges what a robot was sent, by first and second differences alone: it knows the limits and nothing of how they are
kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import NEUTRAL, Pose

_ROUNDING_P = 1e-9  # rad or m
_ROUNDING_V = 1e-8  # 1/s
_ROUNDING_A = 1e-5  # 1/s^2: rounding of a position, twice divided by 0.02
_JOINTS = 1e-6  # rad


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

    @property
    def breaks(self) -> int:
        """How often it had to begin anew, because the robot fell silent or moved by itself."""
        return len(self._runs) - 1

    def violations(self) -> list[str]:
        """Everything that broke a limit, in words."""
        found: list[str] = []
        for run, at_rest in zip(list(self._runs), list(self._at_rest), strict=False):
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


def attach(controller: Controller) -> Judge:
    """Judge all that a running controller lets go to its robot from now on. A period is one step of its follower, however
    late it comes: how fast the machine is does not matter."""
    follower = controller._follower
    judge = Judge(controller.limits, 1.0 / controller.settings.rate)
    step, pause, halt, resync = follower.step, follower.pause, follower.halt, controller.resync

    def on_step(now: float = 0.0, calm: bool = True) -> Pose:
        pose = step(now, calm)
        judge.sent(pose)
        return pose

    def on_pause() -> None:
        pause()
        judge.silent()

    def on_halt() -> None:
        judge.stop_ordered()
        halt()

    def on_resync(velocity: Pose = NEUTRAL) -> None:
        with controller.lock:
            resync(velocity)
            judge.restart(follower.pose)

    with controller.lock:
        judge.restart(follower.pose)
        follower.step, follower.pause, follower.halt = on_step, on_pause, on_halt  # type: ignore[method-assign]
        controller.resync = on_resync  # type: ignore[method-assign]
    return judge


def _tell(what: str, wrong: NDArray[np.bool_], values: NDArray[np.float64]) -> list[str]:
    where = np.argwhere(wrong)
    names = Pose._fields if wrong.shape[1] > 1 else ("neck",)
    return [f"{names[axis]} {what}: {values[step, axis]:.6g} at pose {step}" for step, axis in where]
