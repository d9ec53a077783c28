"""The last word before the robot: position, velocity and acceleration limits that hold whatever is asked. Apart from
the path planning, so that a bug there cannot throw the robot about."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose

# A step may differ from what was asked by rounding alone; anything above (rad/s or m/s) counts as a clamp.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Limits:
    """What the robot may do, per axis in rad (z in m), 1/s and 1/s^2.

    The default box is the one without a joint limit violation in 8,000 random poses of the robot's own kinematics
    (roll 20, pitch 25, yaw 45 degrees, x = y = 0, z -5..0 mm); the documented 40 degrees break one in most corners.
    """

    low: Pose
    high: Pose
    velocity: Pose
    acceleration: Pose

    def clamp(self, pose: Pose) -> tuple[Pose, bool]:
        """The nearest pose inside the box, and whether it differs."""
        inside = Pose(*(min(max(v, lo), hi) for v, lo, hi in zip(pose, self.low, self.high, strict=True)))
        return inside, any(abs(a - b) > 1e-9 for a, b in zip(inside, pose, strict=True))

    def contains(self, pose: Pose, margin: float = 0.0) -> bool:
        """The pose is inside the box widened by margin (rad; a tenth of it in m for z)."""
        slack = [margin * (0.1 if axis == "z" else 1.0) for axis in AXES]
        return all(lo - s <= v <= hi + s for v, lo, hi, s in zip(pose, self.low, self.high, slack, strict=True))


def make_limits(
    roll: float = 20.0,
    pitch: float = 25.0,
    yaw: float = 45.0,
    z: tuple[float, float] = (-5.0, 0.0),
    body_yaw: float = 90.0,
    antenna: float = 170.0,
    head_velocity: float = 120.0,
    head_acceleration: float = 600.0,
    body_velocity: float = 90.0,
    body_acceleration: float = 300.0,
    antenna_velocity: float = 230.0,
    antenna_acceleration: float = 1700.0,
    z_velocity: float = 40.0,
    z_acceleration: float = 400.0,
) -> Limits:
    """Limits from what people set: degrees, mm, degrees/s, mm/s and so on. Angles are symmetric about 0."""
    rad, mm = math.radians, 1e-3
    high = Pose(rad(roll), rad(pitch), rad(yaw), z[1] * mm, rad(body_yaw), rad(antenna), rad(antenna))
    low = Pose(*(-v for v in high))._replace(z=z[0] * mm)

    def rates(head: float, z_: float, body: float, antenna_: float) -> Pose:
        return Pose(rad(head), rad(head), rad(head), z_ * mm, rad(body), rad(antenna_), rad(antenna_))

    return Limits(
        low,
        high,
        rates(head_velocity, z_velocity, body_velocity, antenna_velocity),
        rates(head_acceleration, z_acceleration, body_acceleration, antenna_acceleration),
    )


class Limiter:
    """Turns any stream of wanted poses into one that keeps the limits, tick by tick.

    Position: an axis never leaves its box; one that starts outside (the sleeping pose) may only come inwards.
    Velocity, acceleration: differences of what it returns, over `dt`. It brakes in time for the edge of the box, so the
    three never contradict each other.

    Args:
        limits: what to keep.
        dt: s between two steps.
    """

    def __init__(self, limits: Limits, dt: float) -> None:
        self.limits = limits
        self.dt = dt
        self.pose = NEUTRAL
        self.velocity = NEUTRAL

    def reset(self, pose: Pose, velocity: Pose = NEUTRAL) -> None:
        """Begin at a measured pose, so that the first step is no jump. `velocity` is brought within the limits."""
        if not all(map(math.isfinite, (*pose, *velocity))):
            raise ValueError(f"not finite: {pose} {velocity}")
        self.pose = pose
        self.velocity = Pose(*(min(max(v, -m), m) for v, m in zip(velocity, self.limits.velocity, strict=True)))

    def step(self, wanted: Pose) -> tuple[Pose, bool]:
        """The pose to send now, and whether it had to differ from what was wanted. NaN, infinity: come to rest."""
        pose, velocity, clamped = [], [], False
        for i, want in enumerate(wanted):
            p, v = self._axis(i, want if math.isfinite(want) else math.nan)
            asked = (want - self.pose[i]) / self.dt
            clamped = clamped or not abs(v - asked) <= _ROUNDING
            pose.append(p)
            velocity.append(v)
        self.pose, self.velocity = Pose(*pose), Pose(*velocity)
        return self.pose, clamped

    def _axis(self, i: int, want: float) -> tuple[float, float]:
        dt, p, v0 = self.dt, self.pose[i], self.velocity[i]
        low, high = self.limits.low[i], self.limits.high[i]
        top, a = self.limits.velocity[i], self.limits.acceleration[i]
        v = 0.0 if math.isnan(want) else (want - p) / dt
        v = min(v, top, _speed_that_stops_within(high - p, a, dt))
        v = max(v, -top, -_speed_that_stops_within(p - low, a, dt))
        v = min(max(v, v0 - a * dt), v0 + a * dt)
        q = p + v * dt
        if low <= p <= high:
            q = min(max(q, low), high)  # rounding only
        return q, v


def _speed_that_stops_within(room: float, a: float, dt: float) -> float:
    """The highest speed for the next step from which slowing down by a*dt a step comes to rest within `room`.

    Steps of u, u-1, u-2, ... (in a*dt^2) add up to (n+1)u - n(n+1)/2 with n = floor(u); solved for u.
    """
    d = room / (a * dt * dt)
    if d <= 0.0:
        return 0.0
    n = math.floor((math.sqrt(8.0 * d + 1.0) - 1.0) / 2.0)
    return (d + n * (n + 1) / 2.0) / (n + 1) * a * dt
