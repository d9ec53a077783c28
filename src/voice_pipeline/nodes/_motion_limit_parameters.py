"""Parameters of the `motion` node for where the body may go and how fast, and what they mean to the limiter. Apart from
the others because a person who widens them should see them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.kinematics import guard_from
from voice_pipeline.motion.limits import Limits, make_limits
from voice_pipeline.resources import resource
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    # Where it may go. In the default box every joint of the neck keeps 0.7 degrees from its limits; in a wider one the
    # joint check holds back what would not.
    Param(
        "roll_limit_deg",
        20.0,
        "Largest roll of the head, either way. Largest box without a joint at its limit; up to 30 with neck_file.",
        unit="deg",
        minimum=0.0,
        maximum=30.0,
    ),
    Param(
        "pitch_limit_deg",
        25.0,
        "Largest pitch of the head, up and down. As roll_limit_deg; up to 35 with neck_file.",
        unit="deg",
        minimum=0.0,
        maximum=35.0,
    ),
    Param(
        "yaw_limit_deg",
        45.0,
        "Largest yaw of the head relative to the body. As roll_limit_deg; the robot itself ends at 65.",
        unit="deg",
        minimum=0.0,
        maximum=60.0,
    ),
    Param("z_low_mm", -5.0, "Lowest height of the head. As roll_limit_deg.", unit="mm", minimum=-10.0, maximum=0.0),
    Param(
        "z_high_mm",
        0.0,
        "Greatest height of the head. Above neutral the legs are nearly stretched.",
        unit="mm",
        minimum=0.0,
        maximum=5.0,
    ),
    Param(
        "body_yaw_limit_deg",
        90.0,
        "Largest turn of the body. The robot can do 160; nobody is spoken to behind its back. With yaw_limit_deg at most "
        "175: a head that faces further round makes the daemon throw the body round the other way.",
        unit="deg",
        minimum=0.0,
        maximum=160.0,
    ),
    Param(
        "antenna_limit_deg",
        170.0,
        "Largest angle of an antenna, outwards. The stops are at 180.",
        unit="deg",
        minimum=0.0,
        maximum=175.0,
    ),
    Param(
        "antenna_inward_limit_deg",
        20.0,
        "Largest angle of an antenna towards the other one. In the vendor's model they are 12 mm apart where both lean in "
        "by 20, and touch from 23.",
        unit="deg",
        minimum=0.0,
        maximum=175.0,
    ),
    # How fast. Modest values are quiet ones: the microphones sit beside the motors.
    Param(
        "head_velocity_deg_s",
        120.0,
        "Largest speed of roll, pitch and yaw. A lively nod needs 80, a shake 110.",
        unit="deg/s",
        minimum=5.0,
        maximum=300.0,
    ),
    Param(
        "head_acceleration_deg_s2",
        600.0,
        "Largest acceleration of roll, pitch and yaw. Full speed after 0.2 s looks lively and stays quiet.",
        unit="deg/s^2",
        minimum=20.0,
        maximum=3000.0,
    ),
    Param(
        "body_velocity_deg_s",
        90.0,
        "Largest speed of the body. It carries everything, so less than the head.",
        unit="deg/s",
        minimum=5.0,
        maximum=200.0,
    ),
    Param(
        "body_acceleration_deg_s2",
        300.0,
        "Largest acceleration of the body. Half the head's: harder and the robot rocks on its foot.",
        unit="deg/s^2",
        minimum=20.0,
        maximum=1500.0,
    ),
    Param(
        "antenna_velocity_deg_s",
        230.0,
        "Largest speed of the antennas. Half of what their motors can do (8 rad/s).",
        unit="deg/s",
        minimum=5.0,
        maximum=450.0,
    ),
    Param(
        "antenna_acceleration_deg_s2",
        1700.0,
        "Largest acceleration of the antennas. They weigh nothing.",
        unit="deg/s^2",
        minimum=20.0,
        maximum=5000.0,
    ),
    Param(
        "stop_time_ms",
        80.0,
        "Time in which a stop or a cancel brakes full speed away; it may slow down harder than a path. 80: with one period "
        "of the stream the head is at rest in 100 ms, at 2400 degrees/s^2 for the head.",
        unit="ms",
        minimum=50.0,
        maximum=500.0,
    ),
    Param(
        "neck_file",
        "config/robots/reachy_mini_neck.yaml",
        "Geometry of the robot's neck, with which the joints behind every pose are checked. Empty: the box alone holds, "
        "which is enough for the default box and for no wider one.",
    ),
)


# deg, of the head in the base frame. Beyond 180 the daemon's kinematics (1.3.1) take the yaw for one on the other side, and
# turn the body by up to 255 degrees within a period.
_FURTHEST_ROUND = 175.0


def limits_of(p: Mapping[str, Any]) -> Limits:
    """The limits that parameter values ask for.

    Raises:
        VoiceError: head and body together turn further than the robot's daemon understands; or see guard_from.
    """
    round_ = p["body_yaw_limit_deg"] + p["yaw_limit_deg"]
    if p["robot"] == "reachy_mini" and round_ > _FURTHEST_ROUND:
        raise VoiceError(
            f"body_yaw_limit_deg and yaw_limit_deg are {round_:g} together.",
            f"Give {_FURTHEST_ROUND:g} at most: a head that faces backwards makes the robot throw its body round.",
        )
    return make_limits(
        roll=p["roll_limit_deg"],
        pitch=p["pitch_limit_deg"],
        yaw=p["yaw_limit_deg"],
        z=(p["z_low_mm"], p["z_high_mm"]),
        body_yaw=p["body_yaw_limit_deg"],
        antenna=p["antenna_limit_deg"],
        antenna_inward=p["antenna_inward_limit_deg"],
        head_velocity=p["head_velocity_deg_s"],
        head_acceleration=p["head_acceleration_deg_s2"],
        body_velocity=p["body_velocity_deg_s"],
        body_acceleration=p["body_acceleration_deg_s2"],
        antenna_velocity=p["antenna_velocity_deg_s"],
        antenna_acceleration=p["antenna_acceleration_deg_s2"],
        stop_time=p["stop_time_ms"] / 1000.0,
        guard=guard_from(resource(p["neck_file"])) if p["neck_file"] and p["robot"] == "reachy_mini" else None,
    )
