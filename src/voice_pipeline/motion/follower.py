"""Follows planned paths through the limiter, one period a step, and adds what the body does of its own accord. Apart from the controller so that what is sent to the
robot can be tested against any path, without tasks, threads or a robot."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from voice_pipeline.motion.limiter import Limiter
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.liveliness import Liveliness
from voice_pipeline.motion.paths import Path, Point, at_rest, brake, travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.stillness import Stillness
from voice_pipeline.motion.streaming import Chase

_ARRIVED = 1e-4  # rad or m between the end of a path and what was sent
_RESTING = 1e-4  # rad/s or m/s


class Follower:
    """Keeps the pose that is sent, and what comes next.

    Args:
        limits: kept whatever the paths do.
        dt: s a step.
        liveliness: added to a pose that is held; None: nothing moves of its own accord.
    """

    def __init__(self, limits: Limits, dt: float, liveliness: Liveliness | None = None) -> None:
        self.limits = limits
        self._dt = dt
        self._limiter = Limiter(limits, dt)
        self._stillness = Stillness(limits, dt)
        self._liveliness = liveliness
        self._paths: deque[Path] = deque()
        self._target: Pose | None = None  # where to plan anew when thrown off the path; None: stay on the path
        self._hold = NEUTRAL
        self._looked_at: Pose | None = None  # a held pose that was compared with the box
        self._t = 0.0
        self._on_path = False  # the last step was what the path wanted
        self._played = 0.0
        self._halting = False  # nothing but coming to rest counts, no layer either
        self.clamps = 0  # steps that were not what the path wanted

    @property
    def guarded(self) -> int:
        """Steps that the joints did not allow; counted in `clamps` too."""
        return self._limiter.guarded

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
        """On a path, on the way back into it, or not yet at rest; what it does of its own accord does not count."""
        return self.following or self._stillness.blending or (self._in_motion and not self.lively)

    @property
    def lively(self) -> bool:
        """What it does of its own accord moves it, or keeps it off the pose that it holds."""
        return self._living is not None

    @property
    def _living(self) -> Liveliness | None:
        """The layers, while they show."""
        return self._liveliness if self._liveliness is not None and self._liveliness.active else None

    @property
    def _in_motion(self) -> bool:
        return any(abs(v) > _RESTING for v in self._limiter.velocity)

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
        if self._liveliness is not None:
            self._liveliness.clear()
        self._hold = pose
        self.brake()

    def keep_still(self, still: bool) -> None:
        """Hold the antennas where they are, whatever the paths say; False: blend them back in."""
        if still:
            pose, velocity, force = self._limiter.pose, self._limiter.velocity, self.point()[2]
            if living := self._living:  # which comes to rest by itself, over a held pose
                offset, speed = living.last
                pose, velocity, force = _plus(pose, offset, -1.0), _plus(velocity, speed, -1.0), np.zeros(len(pose))
            late = Pose(*(force * self._dt / 2.0))  # a difference tells the velocity of half a step ago
            self._stillness.freeze(pose, _plus(velocity, late), force)
        else:
            self._stillness.release()

    def follow(self, paths: Sequence[Path], target: Pose | None = None) -> None:
        """Take these paths, which begin at `point()`: where it is, what it did of its own accord included."""
        if living := self._living:
            living.clear()
            if self._stillness.frozen:  # the antennas are held where they really are
                self._stillness.hold(self._limiter.pose, self._limiter.velocity)
        self._forget()
        self._paths.extend(paths)
        self._target = target
        self._on_path = True

    def point(self) -> Point:
        """Position, velocity and acceleration now, to plan from."""
        if self._paths and self._on_path:
            return self._paths[0].at(self._t)
        p = np.array(self._stillness.path_of(self._limiter.pose))
        if (living := self._living) and self._on_path:
            return p, *living.point()[1:]
        return p, np.array(self._limiter.velocity), np.zeros(len(p))

    def brake(self) -> None:
        """Come to rest as soon as the limits allow."""
        if self.moving or self.lively:
            self.follow([brake(self.point(), self.limits)])

    def halt(self) -> None:
        """Come to rest as soon as a stop may, layers included."""
        if self.moving or self.lively:
            point = np.array(self._limiter.pose), np.array(self._limiter.velocity), np.zeros(len(self._limiter.pose))
            self.follow([brake(point, self.limits, self.limits.stopping)])
            self._halting = True

    def pause(self) -> None:
        """The robot stood still for a while (nothing was sent): go on from rest."""
        pose = self._limiter.pose
        self._limiter.reset(pose)
        self._on_path = False
        if self._liveliness is not None:
            self._liveliness.hold()
        rest = at_rest(self._stillness.path_of(pose))
        if self._paths and isinstance(self._paths[0], Chase):
            self._paths[0].restart(rest)
        if self._target is not None and self._paths:
            self.follow(travel(rest, self._target, self.limits), self._target)

    def step(self, now: float = 0.0, calm: bool = True) -> Pose:
        """The next pose to send. `now`: time.monotonic(); calm: nothing of its own accord."""
        if not (calm or self.moving or self.lively or self._stillness.frozen):
            self._come_inside()
        on_path = self._hold
        if self._paths:
            self._t += self._dt
            self._played += self._dt
            on_path = Pose(*self._paths[0].at(self._t)[0].tolist())
        wanted = on_path if self._halting else self._stillness.apply(on_path)
        if self._liveliness is not None:
            wanted = _plus(wanted, self._liveliness.offset(now, wanted, calm or self.moving))
        before = self._limiter.guarded
        pose, clamped = self._limiter.step(wanted, stopping=self._halting)
        self._on_path = not clamped
        if clamped:
            self.clamps += 1
        if not self._paths:
            return pose
        ended = self._t >= self._paths[0].duration
        if self._limiter.guarded > before and (ended or self._target is not None) and not self._in_motion:
            self._forget()  # the joints allow no step further: stay here
            self._hold = pose
        elif clamped and self._target is not None:
            played = self._played
            self.follow(travel(self.point(), self._target, self.limits), self._target)
            self._played = played
        elif ended:
            if all(abs(a - b) < _ARRIVED for a, b in zip(pose, wanted, strict=True)):
                self._next(on_path)
            elif not self._in_motion and (self._halting or not self.limits.contains(on_path)):
                self._next(pose)  # braked against the edge of the box: stay there
        return pose

    def _come_inside(self) -> None:
        """A body that was found a little outside its box (it sags, or was pushed) goes in before it lives: there is no
        room outside."""
        if self._liveliness is None or self._hold is self._looked_at:
            return
        self._looked_at = self._hold
        inside, outside = self.limits.clamp(self._hold)
        if outside:
            self.follow(travel(at_rest(self._hold), inside, self.limits))

    def _next(self, hold: Pose) -> None:
        self._t -= self._paths.popleft().duration
        self._hold = hold
        if not self._paths:
            self._t = 0.0
            self._end_halt(NEUTRAL)

    def _forget(self) -> None:
        self._paths.clear()
        self._target, self._t, self._played = None, 0.0, 0.0
        self._on_path = False
        self._end_halt(self._limiter.velocity)

    def _end_halt(self, velocity: Pose) -> None:
        """The layers go on, or rest, where the halt left off."""
        if self._halting:
            self._halting = False
            self._stillness.hold(self._limiter.pose, velocity)


def _plus(a: Pose, b: Pose, sign: float = 1.0) -> Pose:
    return Pose(*(x + sign * y for x, y in zip(a, b, strict=True)))
