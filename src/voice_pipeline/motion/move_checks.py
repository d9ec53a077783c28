"""What the readers of gestures share: units of the files, and one form of error. Apart because both formats need it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.protocol import AXES

# What one unit in a YAML file is: degrees for angles, mm for z.
UNITS = {axis: (1e-3 if axis == "z" else math.radians(1.0)) for axis in AXES}
SHORTHAND: dict[str, tuple[str, ...]] = {"antennas": ("right_antenna", "left_antenna")}  # a pair: right, left
_HUGE = 1e12  # no angle, length or time; also false for NaN and infinity
LONGEST = 60.0  # s of a gesture in YAML: short enough to catch milliseconds written as seconds


def mistake(file: Path, key: str, problem: str) -> VoiceError:
    """The error for one key of a file; `problem` goes on after the key."""
    return VoiceError(f"{file}: {key} {problem}.", "Correct the file (docs/moves.md describes moves).")


def is_number(value: Any) -> bool:
    """A finite number, and one that a float can hold; no boolean."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _HUGE


def axes_of(file: Path, where: str, key: str) -> tuple[str, ...]:
    """The axes that a key stands for: itself, or two for `antennas`.

    Raises:
        VoiceError: it is no axis.
    """
    names = SHORTHAND.get(key, (key,))
    if names[0] not in AXES:
        raise mistake(file, where, f"is no axis; use {', '.join(AXES)} or antennas: [right, left]")
    return names


def numbers(file: Path, where: str, axes: tuple[str, ...], value: Any) -> dict[str, float]:
    """Axis -> number, as written.

    Raises:
        VoiceError: it is no number, or no pair for two axes.
    """
    pair = len(axes) > 1
    found = value if pair else [value]
    if not isinstance(found, list) or len(found) != len(axes) or not all(map(is_number, found)):
        expected = "a pair of numbers [right, left]" if pair else "a number"
        raise mistake(file, where, f"is {value!r}; it must be {expected}")
    return dict(zip(axes, map(float, found), strict=True))


def check_box(file: Path, move: Move, limits: Limits) -> None:
    """Raises VoiceError when an axis of the move, played from neutral, leaves the box."""
    for i in move.beyond(limits):
        axis = AXES[i]
        reach = f"{_shown(axis, float(move.low[i]))}..{_shown(axis, float(move.high[i]))} {unit_name(axis)}"
        box = f"{_shown(axis, limits.low[i])}..{_shown(axis, limits.high[i])}"
        raise mistake(file, axis, f"reaches {reach}; the limits are {box}")


def _shown(axis: str, value: float) -> str:
    return f"{round(value / UNITS[axis], 1) + 0.0:.1f}"  # + 0.0: no -0.0


def unit_name(axis: str) -> str:
    """How people call the unit of an axis in files and pictures."""
    return "mm" if axis == "z" else "degrees"
