"""The parameters of the `motion` node, and what they mean to the engine; apart because there are many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_pipeline.motion.bearings import FRAMES
from voice_pipeline.motion.registry import ROBOTS
from voice_pipeline.motion.tasks import Settings
from voice_pipeline.nodes import (
    _motion_interface_parameters,
    _motion_limit_parameters,
    _motion_liveliness_parameters,
    _motion_ros_control_parameters,
)
from voice_pipeline.nodes._motion_limit_parameters import limits_of
from voice_pipeline.ros.parameters import Param

__all__ = ["PARAMETERS", "limits_of", "settings_of"]

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
    *_motion_limit_parameters.PARAMETERS,
    *_motion_interface_parameters.PARAMETERS,
    *_motion_ros_control_parameters.PARAMETERS,
    *_motion_liveliness_parameters.PARAMETERS,
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
