"""How loud: what a request for another volume comes to, in words that can be spoken."""

from __future__ import annotations

import math
from dataclasses import dataclass

# A step never silences: a robot that cannot be heard cannot say why. Programs may set 0 outright.
QUIETEST_STEP = 0.1


@dataclass(frozen=True)
class VolumeChange:
    """What came of a request.

    Args:
        volume: 0..1, as it is now.
        message: for people, a sentence.
        refused: nothing was changed.
    """

    volume: float
    message: str
    refused: bool = False


def change_volume(now: float, wanted: float, relative: bool) -> VolumeChange:
    """Set the volume to `wanted` (0..1), or change it by that (-1..1); what is out of range is limited."""
    if not math.isfinite(wanted):
        return VolumeChange(now, "the volume must be a number from 0 to 1.", refused=True)
    asked = now + wanted if relative else wanted
    least = min(now, QUIETEST_STEP) if relative else 0.0
    volume = round(min(1.0, max(least, asked)), 2)  # whole per cent: steps of 0.1 must not end at 0.7999
    percent = f"{volume:.0%}".replace("%", " percent")
    if relative and volume == round(now, 2):
        limit = "as loud as I can be" if wanted > 0 else "as quiet as I go"
        return VolumeChange(volume, f"The volume is {percent}, {limit}.")
    return VolumeChange(volume, f"The volume is {percent}.")
