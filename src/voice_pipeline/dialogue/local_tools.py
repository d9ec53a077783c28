"""Tools that need no robot: answered inside this process."""

from __future__ import annotations

import time
from collections.abc import Callable

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _time_of_day() -> str:
    now = time.localtime()
    return f"{now.tm_hour:02d}:{now.tm_min:02d}"


def _date() -> str:
    now = time.localtime()
    return f"{_WEEKDAYS[now.tm_wday]}, {time.strftime('%B', now)} {now.tm_mday}, {now.tm_year}"


# name in tools.yaml -> the answer, one line. They take no arguments and cannot fail.
LOCAL_TOOLS: dict[str, Callable[[], str]] = {"get_time": _time_of_day, "get_date": _date}
