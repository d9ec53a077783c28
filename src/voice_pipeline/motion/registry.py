"""The robots by name. A new one is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.protocol import Robot


def _reachy_mini(url: str) -> Robot:
    from voice_pipeline.motion.reachy_mini import ReachyMini

    return ReachyMini(url)


def _none(url: str) -> Robot:
    from voice_pipeline.motion.no_robot import NoRobot

    return NoRobot()


ROBOTS: dict[str, Callable[[str], Robot]] = {"reachy_mini": _reachy_mini, "none": _none}


def make_robot(name: str, url: str) -> Robot:
    """The robot of that name, not yet started.

    Raises:
        VoiceError: there is none of that name.
    """
    if name not in ROBOTS:
        raise VoiceError(f"There is no robot '{name}'.", f"Use one of: {', '.join(ROBOTS)}.")
    return ROBOTS[name](url)
