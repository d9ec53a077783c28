"""Follows planned paths through the limiter, one period a step. Apart from the controller so that what is sent to the
robot can be tested against any path, without tasks, threads or a robot."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from voice_pipeline.motion.limits import Limiter, Limits
from voice_pipeline.motion.paths import Path, Point, at_rest, brake, travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.stillness import Stillness

_ARRIVED = 1e-4  # rad or m between the end of a path and what was sent
_RESTING = 1e-4  # rad/s or m/s


class Follower:
    """Keeps the pose that is sent, and what comes next.

    Args:
        limits: kept whatever the paths do.
        dt: s a step.
    """

    def __init__(self, limits: Limits, dt: float) -> None:
        self.limits = limits
        self._dt = dt
        self._limiter = Limiter(limits, dt)
        self._stillness = Stillness(limits, dt)
        self._paths: deque[Path] = deque()
        self._target: Pose | None = None  # where to plan anew when thrown off the path; None: stay on the path
        self._hold = NEUTRAL
        self._t = 0.0
        self._on_path = False  # the last step was what the path wanted
        self._played = 0.0
        self.clamps = 0  # steps that were not what the path wanted

    @property
    def pose(self) -> Pose:
        """What was sent last."""
        return self._limiter.pose

    @property
    def following(self) -> bool:
        """A path is not yet at its end."""
        return bool(self._paths)

    @property
    def moving(self) -> bool:
        """On a path, on the way back into it, or not yet at rest."""
        return self.following or self._stillness.blending or any(abs(v) > _RESTING for v in self._limiter.velocity)

    @property
    def progress(self) -> float:
        """0..1 of the time of all paths since `follow`."""
        left = sum(p.duration for p in self._paths) - self._t
        return min(1.0, self._played / max(self._played + left, 1e-9))

    def reset(self, pose: Pose, velocity: Pose = NEUTRAL) -> None:
        """Begin anew at a measured pose and come to rest there: the first step is no jump."""
        self._limiter.reset(pose, velocity)
        self._stillness.hold(pose, velocity)
        self._forget()
        self._hold = pose
        self.brake()

    def keep_still(self, still: bool) -> None:
        """Hold the antennas where they are, whatever the paths say; False: blend them back in."""
        if still:
            self._stillness.freeze(self._limiter.pose, self._limiter.velocity)
        else:
            self._stillness.release()

    def follow(self, paths: Sequence[Path], target: Pose | None = None) -> None:
        """Take these paths, which begin at `point()`."""
        self._forget()
        self._paths.extend(paths)
        self._target = target

    def point(self) -> Point:
        """Position, velocity and acceleration now, to plan from."""
        if self._paths and self._on_path:
            return self._paths[0].at(self._t)
        p, v = self._stillness.path_of(self._limiter.pose), self._limiter.velocity
        return np.array(p), np.array(v), np.zeros(len(p))

    def brake(self) -> None:
        """Come to rest as soon as the limits allow."""
        point = self.point()
        if self.moving:
            self.follow([brake(point, self.limits)])

    def pause(self) -> None:
        """The robot stood still for a while (nothing was sent): go on from rest."""
        pose = self._limiter.pose
        self._limiter.reset(pose)
        self._on_path = False
        if self._target is not None and self._paths:
            rest = at_rest(self._stillness.path_of(pose))
            self.follow(travel(rest, self._target, self.limits), self._target)

    def step(self) -> Pose:
        """The next pose to send."""
        on_path = self._hold
        if self._paths:
            self._t += self._dt
            self._played += self._dt
            on_path = Pose(*self._paths[0].at(self._t)[0].tolist())
        wanted = self._stillness.apply(on_path)
        pose, clamped = self._limiter.step(wanted)
        self._on_path = not clamped
        if clamped:
            self.clamps += 1
        if not self._paths:
            return pose
        if clamped and self._target is not None:
            played = self._played
            self.follow(travel(self.point(), self._target, self.limits), self._target)
            self._played = played
        elif self._t >= self._paths[0].duration:
            if all(abs(a - b) < _ARRIVED for a, b in zip(pose, wanted, strict=True)):
                self._next(on_path)
            elif not self.limits.contains(on_path):
                self._next(self.limits.clamp(on_path)[0])  # braked against the edge of the box: stay there
        return pose

    def _next(self, hold: Pose) -> None:
        self._t -= self._paths.popleft().duration
        self._hold = hold
        if not self._paths:
            self._t = 0.0

    def _forget(self) -> None:
        self._paths.clear()
        self._target, self._t, self._played = None, 0.0, 0.0
        self._on_path = False
