"""What the robot may do: a box, the joints behind it, velocity, acceleration. limiter.py holds every pose to it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voice_pipeline.motion.kinematics import JointGuard
from voice_pipeline.motion.protocol import AXES, Pose

_RAMP_S = 0.03  # of a stop goes into building the deceleration up and down: RAMP_S of paths.py, which imports this


@dataclass(frozen=True)
class Limits:
    """What the robot may do, per axis in rad (z in m), 1/s and 1/s^2.

    In the default box (roll 20, pitch 25, yaw 45 degrees, x = y = 0, z -5..0 mm) every joint of the neck keeps 0.7 degrees
    from its limits, in every pose; the documented 40 degrees break one in most corners.

    stopping: 1/s^2, how hard a stop or a cancelled task may slow down; at least the acceleration.
    guard: checks the joints; None: the box alone holds.
    """

    low: Pose
    high: Pose
    velocity: Pose
    acceleration: Pose
    stopping: Pose
    guard: JointGuard | None = None

    def clamp(self, pose: Pose) -> tuple[Pose, bool]:
        """The nearest pose inside the box whose joints are good too, and whether it differs."""
        inside = Pose(*(min(max(v, lo), hi) for v, lo, hi in zip(pose, self.low, self.high, strict=True)))
        if self.guard is not None:
            inside = self.guard.nearest(inside, inside._replace(roll=0.0, pitch=0.0, yaw=0.0, z=0.0))
        return inside, any(abs(a - b) > 1e-9 for a, b in zip(inside, pose, strict=True))

    def contains(self, pose: Pose, margin: float = 0.0) -> bool:
        """The pose is inside the box widened by margin (rad; a tenth of it in m for z); without one, its joints are good."""
        slack = [margin * (0.1 if axis == "z" else 1.0) for axis in AXES]
        if not margin and self.guard is not None and not self.guard.check(pose):
            return False
        return all(lo - s <= v <= hi + s for v, lo, hi, s in zip(pose, self.low, self.high, slack, strict=True))


def make_limits(
    roll: float = 20.0,
    pitch: float = 25.0,
    yaw: float = 45.0,
    z: tuple[float, float] = (-5.0, 0.0),
    body_yaw: float = 90.0,
    antenna: float = 170.0,
    antenna_inward: float = 20.0,
    head_velocity: float = 120.0,
    head_acceleration: float = 600.0,
    body_velocity: float = 90.0,
    body_acceleration: float = 300.0,
    antenna_velocity: float = 230.0,
    antenna_acceleration: float = 1700.0,
    z_velocity: float = 40.0,
    z_acceleration: float = 400.0,
    stop_time: float = 0.08,
    guard: JointGuard | None = None,
) -> Limits:
    """Limits from what people set: degrees, mm, degrees/s, mm/s and so on. Angles are symmetric about 0, but for
    the antennas: outwards up to `antenna`, to one another up to `antenna_inward`.

    stop_time: s in which a stop brakes full speed away; more than 0.03.
    """
    rad, mm = math.radians, 1e-3
    high = Pose(rad(roll), rad(pitch), rad(yaw), z[1] * mm, rad(body_yaw), rad(antenna), rad(antenna))
    low = Pose(*(-v for v in high))._replace(z=z[0] * mm)
    inward = rad(min(antenna, antenna_inward))
    high, low = high._replace(left_antenna=inward), low._replace(right_antenna=-inward)

    def rates(head: float, z_: float, body: float, antenna_: float) -> Pose:
        return Pose(rad(head), rad(head), rad(head), z_ * mm, rad(body), rad(antenna_), rad(antenna_))

    velocity = rates(head_velocity, z_velocity, body_velocity, antenna_velocity)
    acceleration = rates(head_acceleration, z_acceleration, body_acceleration, antenna_acceleration)
    stopping = Pose(*(max(a, v / (stop_time - _RAMP_S)) for v, a in zip(velocity, acceleration, strict=True)))
    return Limits(low, high, velocity, acceleration, stopping, guard)
