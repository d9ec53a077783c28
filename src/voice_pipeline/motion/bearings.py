"""From what an array that turns with the robot hears to a direction of the base frame, no more often than it tells
something. Apart because it is arithmetic over a stream and needs neither robot nor ROS."""

from __future__ import annotations

import math

from voice_pipeline.motion.protocol import Bearing

FRAMES = ("head", "body", "base")  # what the array is fixed to
_CHANGE = math.radians(2.0)  # less is the array's own noise
_PERIOD_S = 0.1
_REPEAT_S = 0.5  # a voice that stays where it is: often enough to be fresh when somebody asks
# Turned by more between two readings (0.1 s), nobody knows which pose the angle belongs to: the array smooths it.
_TURNED = math.radians(3.0)


class Bearings:
    """Chooses what is worth telling.

    Args:
        frame: what the array is fixed to, one of FRAMES.
    """

    def __init__(self, frame: str) -> None:
        self._frame = frame
        self._mount = math.nan
        self._told = -math.inf
        self._yaw, self._speech = math.nan, False

    def hear(self, bearing: Bearing) -> float | None:
        """The sound's yaw in the base frame, rad, -pi..pi; None when there is nothing new or the robot turns."""
        mount = {"head": bearing.head_yaw, "body": bearing.body_yaw, "base": 0.0}[self._frame]
        before, self._mount = self._mount, mount
        if not abs(mount - before) <= _TURNED and not math.isnan(before):
            return None
        yaw = wrap(mount + bearing.yaw)
        since = bearing.received - self._told
        new = bearing.speech != self._speech or not abs(wrap(yaw - self._yaw)) <= _CHANGE
        if since < _PERIOD_S * 0.9 or not (new or (bearing.speech and since >= _REPEAT_S)):
            return None
        self._told, self._yaw, self._speech = bearing.received, yaw, bearing.speech
        return yaw


def wrap(angle: float) -> float:
    """An angle as -pi..pi."""
    return math.remainder(angle, 2.0 * math.pi)
