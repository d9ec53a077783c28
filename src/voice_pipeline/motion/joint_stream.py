"""Turns a stream of poses into short trajectories that replace each other. Each ends at rest by itself, so that a robot
which hears nothing more comes to rest within its limits. Pure arithmetic on a clock that the caller holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_SHORTEST_S = 1e-3  # between two points; a speed that is gone sooner is none
_SAME = 1e-5  # rad between two goals at rest
_AHEAD = 1.2  # of what the fastest motion covers in one lead: farther is no lag but a gap to be bridged
_GENTLE = 1.5  # times as long as at full speed: the peak of a cubic from rest to rest


class JointPoint(NamedTuple):
    """Positions (rad) and velocities (rad/s) of all joints `time` s after the trajectory begins."""

    positions: tuple[float, ...]
    velocities: tuple[float, ...]
    time: float


Joints = tuple[tuple[float, ...], tuple[float, ...]]  # positions, velocities


class JointStream:
    """What to send, from what was asked last and what was sent before.

    A trajectory leads in `lead` s from where the last one is now to the newest position with its velocity, and on to rest
    at the joints' own deceleration. Interpolated as ros2_control does it (cubic through positions and velocities), it
    follows the stream `lead` s late and never beyond it. Where the last one is far from the stream (a controller that
    took long to answer), it takes as much longer as the speed limits need.

    Args:
        velocity, acceleration: of each joint, rad/s, rad/s^2.
        dt: s between two positions of the stream.
        lead: s, a little more than the time between two trajectories.
    """

    def __init__(self, velocity: Sequence[float], acceleration: Sequence[float], dt: float, lead: float) -> None:
        self._top, self._hardest, self._dt, self._lead = tuple(velocity), tuple(acceleration), dt, lead
        self._asked: tuple[float, ...] | None = None
        self._speed: tuple[float, ...] = ()
        self._asked_at = 0.0
        self._goal: tuple[float, ...] = ()  # where the joints end up without another word
        self._sent: list[JointPoint] = []
        self._sent_at = 0.0
        self.resting = True  # what was sent ends where the stream is, and that stands still

    def begin(self, positions: Sequence[float]) -> None:
        """The joints are here and need no order: the first position that is asked for is taken as theirs."""
        self._asked = None
        self._sent, self._sent_at = [JointPoint(tuple(positions), tuple(0.0 for _ in positions), 0.0)], 0.0
        self.resting = True

    def ask(self, positions: tuple[float, ...], now: float) -> None:
        """The next position of the stream."""
        if self._asked is None:
            self._asked = self._goal = positions
            self._speed = tuple(0.0 for _ in positions)
            self._asked_at = now
            return
        moved = [q - p for p, q in zip(self._asked, positions, strict=True)]
        steady = now - self._asked_at < 2.5 * self._dt  # after a gap the difference tells no speed
        self._speed = tuple(
            min(max(m / self._dt, -v), v) if steady else 0.0 for m, v in zip(moved, self._top, strict=True)
        )
        self._asked, self._asked_at = positions, now
        if any(abs(q - p) > _SAME for p, q in zip(self._goal, positions, strict=True)):
            self.resting = False

    def at(self, now: float) -> Joints:
        """Where the last trajectory has the joints now."""
        t = now - self._sent_at
        before = self._sent[0]
        for point in self._sent[1:]:
            if t < point.time:
                return _cubic(before, point, t)
            before = point
        return before.positions, tuple(0.0 for _ in before.positions)

    def next(self, now: float, measured: Sequence[float]) -> list[JointPoint]:
        """The trajectory to send now; empty when the last one still says it all.

        measured: where the joints are, which counts when the last one is over: somebody may have moved them since.
        """
        if self._asked is None or self.resting:
            return []
        here, speed_here = self.at(now)
        if now - self._sent_at > self._sent[-1].time + self._lead:
            here = tuple(measured)
        lead = self._lead
        far = [abs(q - p) for p, q in zip(here, self._asked, strict=True)]
        if any(d > _AHEAD * v * lead for d, v in zip(far, self._top, strict=True)):
            lead = max(_GENTLE * d / v for d, v in zip(far, self._top, strict=True))
        steady = now - self._asked_at < 2.5 * self._dt
        ends = [v / a for v, a in zip(self._speed, self._hardest, strict=True)]
        speed = tuple(v if steady and abs(end) > _SHORTEST_S else 0.0 for v, end in zip(self._speed, ends, strict=True))
        points = [JointPoint(self._asked, speed, lead), *self._to_rest(speed, lead)]
        self._sent, self._sent_at = [JointPoint(here, speed_here, 0.0), *points], now
        self._goal = points[-1].positions
        self.resting = not any(speed)
        return points

    def _to_rest(self, speed: tuple[float, ...], lead: float) -> list[JointPoint]:
        """From the newest position to rest, every joint at its own deceleration: a point where each of them ends."""
        assert self._asked is not None
        ends = [abs(v) / a for v, a in zip(speed, self._hardest, strict=True)]
        points: list[JointPoint] = []
        for t in sorted({end for end in ends if end > 0.0}):
            took = [min(t, end) for end in ends]
            left = tuple(v * (1.0 - s / end) if end > s else 0.0 for v, s, end in zip(speed, took, ends, strict=True))
            moved = tuple(p + (v + w) / 2.0 * s for p, v, w, s in zip(self._asked, speed, left, took, strict=True))
            if points and lead + t - points[-1].time < _SHORTEST_S:
                points.pop()
            points.append(JointPoint(moved, left, lead + t))
        return points


def _cubic(a: JointPoint, b: JointPoint, t: float) -> Joints:
    """Position and velocity at t s between two points, on the cubic through both."""
    h = b.time - a.time
    u = (t - a.time) / h
    positions, velocities = [], []
    for p, q, v, w in zip(a.positions, b.positions, a.velocities, b.velocities, strict=True):
        d = (q - p) / h
        c2, c3 = 3.0 * d - 2.0 * v - w, v + w - 2.0 * d
        positions.append(p + h * u * (v + u * (c2 + u * c3)))
        velocities.append(v + u * (2.0 * c2 + 3.0 * u * c3))
    return tuple(positions), tuple(velocities)
