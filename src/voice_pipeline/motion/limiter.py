"""The last word before the robot: position, velocity, acceleration and joint limits that hold whatever is asked. Apart
from the path planning, so that a bug there cannot throw the robot about."""

from __future__ import annotations

import math

import numpy as np

from voice_pipeline.motion.kinematics import Array, JointGuard
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.neck_proof import proven_box
from voice_pipeline.motion.protocol import NEUTRAL, Pose, Z

# A step may differ from what was asked by rounding alone; anything above (rad/s or m/s) counts as a clamp.
_ROUNDING = 1e-6
_HEAD = Z + 1  # roll, pitch, yaw, z: the axes that the legs of the neck move
_HALVINGS = 5  # of the search for the boldest good step: to 1/32 of it
_GOOD = 1e-9  # rad of excess that is rounding


class Limiter:
    """Turns any stream of wanted poses into one that keeps the limits, tick by tick.

    Position: an axis never leaves its box; one that starts outside (the sleeping pose) may only come inwards.
    Velocity, acceleration: differences of what it returns, over `dt`. It brakes in time for the edge of the box, so the
    three never contradict each other.
    Joints: a step is taken only when slowing down after it stays within the joint limits, so that there is always a good
    next step; otherwise the boldest one between slowing down and what was wanted. Joints that start outside may only come
    inwards.

    Args:
        limits: what to keep.
        dt: s between two steps.
    """

    def __init__(self, limits: Limits, dt: float) -> None:
        self.limits = limits
        self.dt = dt
        self.pose = NEUTRAL
        self.velocity = NEUTRAL
        self.guarded = 0  # steps that the joints did not allow, since it was made
        self._excess = 0.0  # rad, of the worst joint now; never below 0
        self._acceleration = np.array(limits.acceleration[:_HEAD])
        guard, low, high = limits.guard, limits.low[:_HEAD], limits.high[:_HEAD]
        self._proven = None if guard is None else proven_box(guard.neck, low, high, guard.margin)

    def reset(self, pose: Pose, velocity: Pose = NEUTRAL) -> None:
        """Begin at a measured pose, so that the first step is no jump. `velocity` is brought within the limits, and to
        what can be braked away inside the box and the joint limits."""
        if not all(map(math.isfinite, (*pose, *velocity))):
            raise ValueError(f"not finite: {pose} {velocity}")
        self.pose = pose
        self.velocity = Pose(*(self._kept(i, v) for i, v in enumerate(velocity)))
        guard = self.limits.guard
        if guard is None:
            return
        self._excess = max(0.0, guard.worst([pose]))
        if guard.worst(self._way_to_rest(pose, self.velocity)) > self._excess + _GOOD:
            self.velocity = self.velocity._replace(roll=0.0, pitch=0.0, yaw=0.0, z=0.0)

    def step(self, wanted: Pose, stopping: bool = False) -> tuple[Pose, bool]:
        """The pose to send now, and whether it had to differ from what was wanted. NaN, infinity: come to rest.

        stopping: it may slow down as hard as a stop may.
        """
        velocity = [self._axis(i, want, stopping) for i, want in enumerate(wanted)]
        guard = self.limits.guard
        held = guard is not None and any(velocity[:_HEAD]) and self._hold_joints(guard, velocity)
        clamped = held
        for i, want in enumerate(wanted):
            clamped = clamped or not abs(velocity[i] - (want - self.pose[i]) / self.dt) <= _ROUNDING
        self.guarded += held
        self.pose, self.velocity = self._moved(velocity), Pose(*velocity)
        return self.pose, clamped

    def _axis(self, i: int, want: float, stopping: bool) -> float:
        """The velocity of one axis for the next step, by itself."""
        dt, p, v0 = self.dt, self.pose[i], self.velocity[i]
        low, high = self.limits.low[i], self.limits.high[i]
        top, a = self.limits.velocity[i], self.limits.acceleration[i]
        v = (want - p) / dt if math.isfinite(want) else 0.0
        v = min(v, top, speed_that_stops_within(high - p, a, dt))
        v = max(v, -top, -speed_that_stops_within(p - low, a, dt))
        slowest, fastest = v0 - a * dt, v0 + a * dt
        if stopping:  # hard towards rest, but not past it
            hard = self.limits.stopping[i] * dt
            slowest, fastest = min(slowest, max(v0 - hard, 0.0)), max(fastest, min(v0 + hard, 0.0))
        return min(max(v, slowest), fastest)

    def _moved(self, velocity: list[float]) -> Pose:
        pose = []
        for p, v, low, high in zip(self.pose, velocity, self.limits.low, self.limits.high, strict=True):
            q = p + v * self.dt
            pose.append(min(max(q, low), high) if low <= p <= high else q)  # rounding only
        return Pose(*pose)

    def _kept(self, i: int, v: float) -> float:
        """A velocity of one axis, no more than can be braked away inside the box."""
        p, top, a = self.pose[i], self.limits.velocity[i], self.limits.acceleration[i]
        v = min(v, top, speed_that_stops_within(self.limits.high[i] - p, a, self.dt))
        return max(v, -top, -speed_that_stops_within(p - self.limits.low[i], a, self.dt))

    def _hold_joints(self, guard: JointGuard, velocity: list[float]) -> bool:
        """Change the head's velocities where the joints demand it; whether they did."""
        if self._excess <= 0.0 and self._stays_proven(velocity):
            return False
        wanted = list(velocity[:_HEAD])

        def excess() -> float:
            return guard.worst(self._way_to_rest(self._moved(velocity), Pose(*velocity)))

        held = excess() > self._excess + _GOOD
        if held:
            step = self._acceleration * self.dt
            now = np.array(self.velocity[:_HEAD])
            braking = (np.sign(now) * np.maximum(np.abs(now) - step, 0.0)).tolist()
            low, high = 0.0, 1.0
            for _ in range(_HALVINGS):
                share = (low + high) / 2.0
                velocity[:_HEAD] = [b + share * (w - b) for b, w in zip(braking, wanted, strict=True)]
                low, high = (share, high) if excess() <= self._excess + _GOOD else (low, share)
            velocity[:_HEAD] = [b + low * (w - b) for b, w in zip(braking, wanted, strict=True)]
        if self._excess > 0.0:
            self._excess = max(0.0, min(self._excess, guard.worst([self._moved(velocity)])))
        return held

    def _stays_proven(self, velocity: list[float]) -> bool:
        """The step and slowing down after it stay where all joints are good: 0.01 ms instead of 0.3 for looking at each
        pose, which was a sixth of what the whole process needs."""
        proven = self._proven
        if proven is None:
            return False
        for p, v, a, low, high in zip(self.pose, velocity, self.limits.acceleration, *proven, strict=False):
            step = a * self.dt
            n = math.floor(abs(v) / step)  # steps of |v| - step, |v| - 2 step, ... until rest
            after = p + v * self.dt
            rest = after + math.copysign(n * abs(v) - n * (n + 1) / 2.0 * step, v) * self.dt
            if not (low <= after <= high and low <= rest <= high):
                return False
        return True

    def _way_to_rest(self, pose: Pose, velocity: Pose) -> Array:
        """The poses of the head, float64[n, 4], from this one until every axis has slowed down."""
        v = np.array(velocity[:_HEAD])
        step = self._acceleration * self.dt
        n = math.ceil(float(np.max(np.abs(v) / step)) - _GOOD)
        left = np.maximum(np.abs(v) - np.arange(n + 1)[:, None] * step, 0.0)
        left[0] = 0.0
        way: Array = np.array(pose[:_HEAD]) + np.cumsum(np.sign(v) * left * self.dt, axis=0)
        return way


def speed_that_stops_within(room: float, a: float, dt: float) -> float:
    """The highest speed for the next step from which slowing down by a*dt a step comes to rest within `room`.

    Steps of u, u-1, u-2, ... (in a*dt^2) add up to (n+1)u - n(n+1)/2 with n = floor(u); solved for u.
    """
    d = room / (a * dt * dt)
    if d <= 0.0:
        return 0.0
    n = math.floor((math.sqrt(8.0 * d + 1.0) - 1.0) / 2.0)
    return (d + n * (n + 1) / 2.0) / (n + 1) * a * dt
