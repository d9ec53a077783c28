"""From what people ask to a pose inside the limits: checks, and the share of head and body. Pure functions."""

from __future__ import annotations

import math

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import HEAD_HEIGHT, Pose
from voice_pipeline.motion.tasks import Outcome, Refused

_SHORTEST_S, _LONGEST_S = 0.1, 10.0
_NEAREST_M = 0.05  # nearer points than this lie inside the robot


def head_target(held: Pose, roll: float, pitch: float, yaw: float, z: float, limits: Limits) -> tuple[Pose, bool]:
    """The pose for a head movement relative to the body, which stays; and whether it had to be limited.

    Raises:
        Refused: a value is not finite or cannot be meant (angles beyond half a turn: degrees?).
    """
    check_angles(roll=roll, pitch=pitch, yaw=yaw)
    if not math.isfinite(z) or abs(z) > 1.0:
        raise Refused(Outcome.INVALID_GOAL, f"z is {z:g} m; give metres relative to neutral.")
    return limits.clamp(held._replace(roll=roll, pitch=pitch, yaw=yaw, z=z))


def look_target(held: Pose, yaw: float, pitch: float, limits: Limits) -> tuple[Pose, bool]:
    """The pose that looks in a direction of the base frame; and whether it had to be limited.

    The head does what it can; only the rest of the yaw turns the body, so that it is straight again for what is ahead.

    Raises:
        Refused: a value is not finite or cannot be meant.
    """
    check_angles(yaw=yaw, pitch=pitch)
    head = min(max(yaw, limits.low.yaw), limits.high.yaw)
    return limits.clamp(held._replace(roll=0.0, pitch=pitch, yaw=head, body_yaw=yaw - head))


def point_direction(x: float, y: float, z: float, height: float = HEAD_HEIGHT) -> tuple[float, float]:
    """Yaw and pitch (rad, positive left and down) from the head, `height` m up, to a point of the base frame (m).

    Raises:
        Refused: the point is not finite, or lies inside the robot.
    """
    if not all(map(math.isfinite, (x, y, z))):
        raise Refused(Outcome.INVALID_GOAL, "The point is not finite.")
    up = z - height
    flat = math.hypot(x, y)
    if math.hypot(flat, up) < _NEAREST_M:
        raise Refused(Outcome.INVALID_GOAL, f"The point is less than {_NEAREST_M:g} m from the head.")
    return math.atan2(y, x), math.atan2(-up, flat)


def check_duration(duration: float) -> None:
    """Raises Refused unless it is 0 or 0.1..10 s."""
    if duration != 0.0 and not _SHORTEST_S <= duration <= _LONGEST_S:
        raise Refused(
            Outcome.INVALID_GOAL, f"duration_s is {duration:g}; give 0, or {_SHORTEST_S:g}..{_LONGEST_S:g} s."
        )


def check_angles(**angles: float) -> None:
    """Raises Refused for one that is not finite or beyond half a turn."""
    for name, value in angles.items():
        if not math.isfinite(value):
            raise Refused(Outcome.INVALID_GOAL, f"{name} is not a finite number.")
        if abs(value) > math.pi + 1e-6:
            raise Refused(Outcome.INVALID_GOAL, f"{name} is {value:g} rad, more than half a turn. Angles are in rad.")
