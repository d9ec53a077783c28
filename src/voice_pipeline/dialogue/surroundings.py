"""What holds now and changes by itself: date and time, where the robot looks, how loud it is. One short line."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_AGAIN_S = 600.0  # the time is told again after this; get_time always tells the minute
_STRAIGHT = math.radians(8.0)  # of yaw or pitch; less is looking ahead
_LONGEST_VOLUME = 60  # characters


class Surroundings:
    """Makes the line that stands in front of a question when it is news.

    Args:
        clock: s, of the day (time.time).
        local: broken-down local time for such a time.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        local: Callable[[float], time.struct_time] = time.localtime,
    ) -> None:
        self._clock, self._local = clock, local
        self._body = ""
        self._volume = ""
        self._told: tuple[str, str] | None = None
        self._told_at = -math.inf
        self._line = ""

    def body(self, doing: str, pitch: float, yaw: float) -> None:
        """Where the head is.

        Args:
            doing: "asleep", "moving", "stopped", "disconnected"; empty when the robot is just awake.
            pitch, yaw: of the head in rad, REP-103: positive is down, and left.
        """
        self._body = {"disconnected": "your body is not connected", "asleep": "you are asleep"}.get(doing, "")
        if not self._body:
            self._body = f"you look {_direction(pitch, yaw)}" + (f", {doing}" if doing else "")

    def volume(self, told: str) -> None:
        """What the player said of its volume, such as "volume 70 percent"."""
        self._volume = told.strip(" .")[:_LONGEST_VOLUME]

    def line(self) -> str:
        """ "(Saturday, November 21, 2026, 15:04; you look left.)"; the same text until something else holds, or 600 s."""
        now = self._clock()
        parts = (self._body, self._volume)
        if parts != self._told or not 0.0 <= now - self._told_at < _AGAIN_S:
            self._told, self._told_at = parts, now
            t = self._local(now)
            day = f"{time.strftime('%A, %B', t)} {t.tm_mday}, {t.tm_year}, {t.tm_hour:02d}:{t.tm_min:02d}"
            self._line = f"({'; '.join(p for p in (day, *parts) if p)}.)"
        return self._line


def _direction(pitch: float, yaw: float) -> str:
    words = []
    if abs(pitch) > _STRAIGHT:
        words.append("down" if pitch > 0 else "up")
    if abs(yaw) > _STRAIGHT:
        words.append("left" if yaw > 0 else "right")
    return " and ".join(words) or "ahead"
