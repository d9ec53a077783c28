"""Parameters of what the body does of its own accord, and what they mean to the engine. Apart from the others because a
driver that is used alone needs none of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.liveliness import Liveliness, LivelinessSettings
from voice_pipeline.ros.parameters import Param

_SEED = 1  # of glances and sides: the same after every start, so that what was seen can be seen again

PARAMETERS = (
    Param(
        "liveliness",
        False,
        "Move a little of its own accord while nothing is ordered; each kind has a switch below. "
        "False: a driver that is used alone should move only when it is told to. The profiles of the voice say true.",
    ),
    Param(
        "breathing",
        True,
        "Rise and fall and sway the antennas while nothing happens. It keeps looking where it looks.",
    ),
    Param(
        "breathing_after_s",
        2.0,
        "Rest before it breathes and glances. 2: who answers the robot begins within that time, and hears no motor.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    ),
    Param(
        "breathing_depth_mm",
        5.0,
        "Height between the top and the bottom of a breath. 5: all there is in the box.",
        unit="mm",
        minimum=0.0,
        maximum=10.0,
    ),
    Param(
        "breathing_antennas_deg",
        15.0,
        "Sway of the antennas to either side, five to a breath. As in the vendor's application; they sit beside the "
        "microphones, so less where the first word of a person is missed.",
        unit="deg",
        minimum=0.0,
        maximum=45.0,
    ),
    Param(
        "breathing_rate_hz",
        0.1,
        "Breaths a second. As in the vendor's application; people at rest take 0.25.",
        unit="Hz",
        minimum=0.02,
        maximum=0.5,
    ),
    Param("glances", True, "Now and then look a little aside and back, while it breathes."),
    Param(
        "glances_every_s",
        12.0,
        "Time between two glances, on average. 12: seen, and not restless.",
        unit="s",
        minimum=2.0,
        maximum=600.0,
    ),
    Param(
        "glances_size_deg",
        8.0,
        "Largest yaw of a glance; pitch is 0.4 of it. 8: the person stays in sight.",
        unit="deg",
        minimum=0.0,
        maximum=20.0,
    ),
    Param(
        "thinking_posture",
        True,
        "Tilt the head and bend an antenna while an answer is made, facing the person all the time.",
    ),
    Param(
        "thinking_size",
        1.0,
        "Of that posture; 1 is 6 degrees of roll, 4 of pitch and 20 of an antenna.",
        minimum=0.0,
        maximum=2.0,
    ),
    Param("speech_sway", True, "Sway with the loudness of what is audible now."),
    Param(
        "sway_size",
        1.0,
        "Of the sway; 1 is the vendor's application, less what would take longer than 0.1 s to stop.",
        minimum=0.0,
        maximum=2.0,
    ),
)


def liveliness_of(p: Mapping[str, Any], limits: Limits) -> Liveliness | None:
    """What the parameter values ask for; None: nothing moves of its own accord."""
    if not p["liveliness"]:
        return None
    breathing = float(p["breathing"])
    settings = LivelinessSettings(
        breathing_after=p["breathing_after_s"],
        depth=breathing * p["breathing_depth_mm"] * 1e-3,
        antennas=breathing * math.radians(p["breathing_antennas_deg"]),
        rate=p["breathing_rate_hz"],
        glances=float(p["glances"]) * math.radians(p["glances_size_deg"]),
        every=p["glances_every_s"],
        thinking=float(p["thinking_posture"]) * p["thinking_size"],
        sway=float(p["speech_sway"]) * p["sway_size"],
    )
    return Liveliness(settings, limits, 1.0 / p["rate_hz"], _SEED)
