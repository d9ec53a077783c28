"""Between the engine's angles and ROS messages; apart because orders, commands and published states share it."""

from __future__ import annotations

import math

from geometry_msgs.msg import Quaternion, Vector3

from voice_pipeline.motion.protocol import RobotState


def quaternion(roll: float, pitch: float, yaw: float) -> Quaternion:
    """Of fixed-axis roll, pitch, yaw in rad, as URDF has them."""
    cr, sr = math.cos(roll / 2), math.sin(roll / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return Quaternion(
        x=sr * cp * cy - cr * sp * sy,
        y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy,
        w=cr * cp * cy + sr * sp * sy,
    )


def rpy(state: RobotState | None, relative: bool) -> Vector3:
    """The measured angles of the head, rad: relative to the body, or in the base frame. NaN without a state."""
    if state is None:
        return Vector3(x=math.nan, y=math.nan, z=math.nan)
    head = state.head
    return Vector3(x=head.roll, y=head.pitch, z=state.relative_yaw if relative else head.yaw)
