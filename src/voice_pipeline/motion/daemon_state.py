"""What Reachy Mini's daemon says of its state, checked before anybody believes it. Apart from the connection, which is busy
enough."""

from __future__ import annotations

import json
import time
from typing import Any

from voice_pipeline.motion.protocol import HeadPose, RobotState

_TURN = 7.0  # rad: no joint turns further than once round
_FURTHEST_M = 0.5  # of the head from neutral; the robot is 0.3 m high
_MOTORS = ("enabled", "disabled", "gravity_compensation")


def parse_state(text: str | bytes) -> RobotState:
    """One message of the state stream.

    Raises:
        ValueError: not JSON, or a field is missing, of another type, not finite, or of a size that no robot has: motion
            goes on from what is measured, so that it must not be anything.
    """
    try:
        data = json.loads(text)
        pose = HeadPose(
            *(_number(data["head_pose"][k], _FURTHEST_M if k in "xyz" else _TURN) for k in HeadPose._fields)
        )
        antennas = daemon_antennas(*(_number(q, _TURN) for q in data["antennas_position"]))
        joints = (*(_number(q, _TURN) for q in data["head_joints"]), *antennas)
        body_yaw = _number(data["body_yaw"], _TURN)
        motors = data["control_mode"]
    except (KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None
    if len(joints) != 9:
        raise ValueError(f"{len(joints)} joints; nine are expected")
    if motors not in _MOTORS:
        raise ValueError(f"control_mode {str(motors)[:40]!r}")
    return RobotState(time.monotonic(), time.time_ns(), pose, body_yaw, joints, motors)


def daemon_antennas(right: float, left: float) -> list[float]:
    """Angles of the antennas (rad) from the sign of the URDF, which is ours, to that of the daemon and back.

    In the vendor's URDF and MJCF a positive angle leans the right antenna out and the left one in. The daemon counts the
    other way, and its simulation turns what it is sent: it folds to [-3.05, 3.05], which is outwards only with this sign.
    """
    return [-right, -left]


def _number(value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{str(value)[:40]!r} is no number")
    if not abs(value) <= most:
        raise ValueError(f"{value:.3g} is beyond {most:g}" if isinstance(value, float) else f"a number beyond {most:g}")
    return float(value)
