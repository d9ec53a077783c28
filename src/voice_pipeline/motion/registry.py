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


_BY_URL: dict[str, Callable[[str], Robot]] = {"reachy_mini": _reachy_mini, "none": _none}
HANDED_IN = ("ros_control",)  # robots that are reached through ROS, which no engine knows: the node makes them
ROBOTS = (*_BY_URL, *HANDED_IN)


def make_robot(name: str, url: str, handed_in: Callable[[], Robot] | None = None) -> Robot:
    """The robot of that name, not yet started.

    Args:
        url: for the robots that have one.
        handed_in: makes a robot of HANDED_IN.

    Raises:
        VoiceError: there is none of that name, or its settings are wrong.
    """
    if name in HANDED_IN and handed_in is not None:
        return handed_in()
    if name not in _BY_URL:
        raise VoiceError(f"There is no robot '{name}'.", f"Use one of: {', '.join(_BY_URL)}.")
    return _BY_URL[name](url)
