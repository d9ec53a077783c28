"""The parameters of the `motion` node, and what they mean to the engine; apart because there are many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_pipeline.motion.bearings import FRAMES
from voice_pipeline.motion.kinematics import guard_from
from voice_pipeline.motion.limits import Limits, make_limits
from voice_pipeline.motion.registry import ROBOTS
from voice_pipeline.motion.tasks import Settings
from voice_pipeline.nodes import (
    _motion_interface_parameters,
    _motion_liveliness_parameters,
    _motion_ros_control_parameters,
)
from voice_pipeline.resources import resource
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "robot",
        "reachy_mini",
        "Which robot. reachy_mini talks to its daemon, real or simulated; ros_control to any robot with a joint "
        "trajectory controller, see docs/other_robots.md; none refuses every move and says so.",
        choices=ROBOTS,
    ),
    Param(
        "url",
        "http://127.0.0.1:8000",
        "Address of the robot's daemon. The wired robot's runs on this computer; "
        "the wireless one is http://reachy-mini.local:8000.",
    ),
    Param(
        "rate_hz",
        50.0,
        "Rate of the stream of poses. The robot's own control loop runs at 50 Hz; faster buys nothing.",
        unit="Hz",
        minimum=10.0,
        maximum=50.0,
    ),
    Param(
        "state_timeout_s",
        0.4,
        "Age of the measured state from which the robot counts as gone; it is told within half a second. States come every 22 ms; "
        "the stream holds after 0.15 s already.",
        unit="s",
        minimum=0.2,
        maximum=5.0,
    ),
    Param(
        "wake_on_start",
        True,
        "Wake the robot whenever it is found asleep after connecting, unless motion/sleep put it to sleep. "
        "A robot that answers should not need a command first.",
    ),
    Param(
        "sleep_on_stop",
        False,
        "Put the robot to sleep when the node is deactivated. Off: it takes up to 8 s, and Ctrl-C should take 3.",
    ),
    Param(
        "moves_dirs",
        ["config/moves"],
        "Folders of gestures (*.yaml, recorded *.json), later ones win. Those that come with the package by default.",
    ),
    Param(
        "base_frame",
        "base_link",
        "Frame of head_pose and of points to look at: the robot's base, x forward. The usual name.",
    ),
    Param(
        "goal_tolerance_deg",
        5.0,
        "How far the head may end from its goal to count as there. The simulation with physics stays 3 degrees short.",
        unit="deg",
        minimum=0.5,
        maximum=20.0,
    ),
    Param(
        "settle_s",
        0.6,
        "How long to wait for the robot to get there after the last pose was sent. Physics needs half a second.",
        unit="s",
        minimum=0.1,
        maximum=5.0,
    ),
    # Hearing.
    Param(
        "microphone_array",
        "head",
        "What the robot's own microphones are fixed to: their directions are turned into base_frame by its measured yaw "
        "and published on sound_direction. head: where Reachy Mini's description has them; off asks for none.",
        choices=("off", *FRAMES),
    ),
    Param(
        "look_at_speaker",
        "on",
        "Turn to a voice when an utterance is over and its direction is known. on: people expect to be faced; "
        "where no microphones tell a direction, nothing turns.",
        choices=("off", "on"),
    ),
    Param(
        "look_at_speaker_period_s",
        2.0,
        "Least time between two such turns. 2: two people who take turns are followed, a disputed echo is not.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    ),
    Param(
        "look_at_speaker_dead_zone_deg",
        10.0,
        "Smaller differences between the voice and where the head faces are ignored. About the error of a direction.",
        unit="deg",
        minimum=0.0,
        maximum=90.0,
    ),
    Param(
        "look_at_speaker_speed_deg_s",
        60.0,
        "Largest speed of such a turn. Half of what the head may: slower is quieter, and people do not snap round.",
        unit="deg/s",
        minimum=5.0,
        maximum=120.0,
    ),
    Param(
        "still_while_listening",
        True,
        "Hold the antennas, turn to nobody and let nothing move of its own accord while somebody speaks; orders go on. "
        "True: the motors beside the microphones spoil recognition.",
    ),
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
        "Largest turn of the body. The robot can do 160; nobody is spoken to behind its back.",
        unit="deg",
        minimum=0.0,
        maximum=160.0,
    ),
    Param(
        "antenna_limit_deg",
        170.0,
        "Largest angle of an antenna. The stops are at 180.",
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
    *_motion_interface_parameters.PARAMETERS,
    *_motion_ros_control_parameters.PARAMETERS,
    *_motion_liveliness_parameters.PARAMETERS,
)


def limits_of(p: Mapping[str, Any]) -> Limits:
    """The limits that parameter values ask for."""
    return make_limits(
        roll=p["roll_limit_deg"],
        pitch=p["pitch_limit_deg"],
        yaw=p["yaw_limit_deg"],
        z=(p["z_low_mm"], p["z_high_mm"]),
        body_yaw=p["body_yaw_limit_deg"],
        antenna=p["antenna_limit_deg"],
        head_velocity=p["head_velocity_deg_s"],
        head_acceleration=p["head_acceleration_deg_s2"],
        body_velocity=p["body_velocity_deg_s"],
        body_acceleration=p["body_acceleration_deg_s2"],
        antenna_velocity=p["antenna_velocity_deg_s"],
        antenna_acceleration=p["antenna_acceleration_deg_s2"],
        stop_time=p["stop_time_ms"] / 1000.0,
        guard=guard_from(resource(p["neck_file"])) if p["neck_file"] and p["robot"] == "reachy_mini" else None,
    )


def settings_of(p: Mapping[str, Any]) -> Settings:
    """How parameter values ask the controller to run."""
    return Settings(
        rate=p["rate_hz"],
        state_timeout=p["state_timeout_s"],
        tolerance=math.radians(p["goal_tolerance_deg"]),
        settle=p["settle_s"],
        keep_awake=p["wake_on_start"],
    )
