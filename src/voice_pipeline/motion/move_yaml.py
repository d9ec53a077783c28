"""Gestures that people write: YAML with keyframes, or with waves in a rhythm. Everything is checked when it is read, and
a mistake is named with its file and key; docs/moves.md is the description of the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from voice_pipeline.motion.curves import Curve, Track
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.move_checks import LONGEST, UNITS, axes_of, check_box, is_number, mistake, numbers
from voice_pipeline.motion.move_generator import generate
from voice_pipeline.motion.moves import About, Move, make_move
from voice_pipeline.motion.protocol import AXES

UNITS_LINE = "degrees, mm, seconds"  # the only ones there are; said in a file so that nobody has to guess
_KEYS = {"description", "source", "units", "aliases", "keyframes", "generator"}


def load_yaml(file: Path, limits: Limits) -> Move:
    """Read and check one gesture.

    Raises:
        VoiceError: names the file, the key and what is expected.
    """
    import yaml

    try:
        # Not libyaml, although it is faster: a file of nothing but brackets ends the process there.
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise mistake(file, "the file", f"cannot be read as YAML: {error}") from error
    if not isinstance(data, dict):
        raise mistake(file, "the file", "must have the keys description and keyframes (or generator)")
    unknown = sorted(str(key) for key in set(data) - _KEYS)
    if unknown:
        raise mistake(file, unknown[0], f"is no key of a move; there are {', '.join(sorted(_KEYS))}")
    if ("keyframes" in data) == ("generator" in data):
        raise mistake(file, "the file", "must have either keyframes or generator")
    about = _about(file, data)
    curves, duration = _keyframes(file, data) if "keyframes" in data else generate(file, data["generator"])
    move = make_move(file.stem, about, duration, curves)
    check_box(file, move, limits)
    return move


def _about(file: Path, data: dict[str, Any]) -> About:
    for key in ("description", "source"):
        if (key == "description" or key in data) and not (isinstance(data.get(key), str) and data[key].strip()):
            raise mistake(file, key, "must be a sentence")
    if data.get("units", UNITS_LINE) != UNITS_LINE:
        raise mistake(file, "units", f"is {data['units']!r}; a move is written in '{UNITS_LINE}'")
    aliases = data.get("aliases", [])
    if not isinstance(aliases, list):
        raise mistake(file, "aliases", "must be a list of names")
    for n, alias in enumerate(aliases):
        if isinstance(alias, bool):
            raise mistake(file, f"aliases[{n}]", 'is read as true or false by YAML: write "yes" and "no" in quotes')
        if not isinstance(alias, str) or not alias.strip():
            raise mistake(file, f"aliases[{n}]", f"is {alias!r}; it must be a name")
    return About(data["description"].strip(), data.get("source", "").strip(), tuple(aliases))


def _keyframes(file: Path, data: dict[str, Any]) -> tuple[list[Curve], float]:
    """A curve for each axis, and how long they last (s)."""
    keyframes = data["keyframes"]
    if not isinstance(keyframes, list) or not keyframes:
        raise mistake(file, "keyframes", "must be a list of at least one keyframe")
    points: dict[str, list[tuple[float, float]]] = {axis: [(0.0, 0.0)] for axis in AXES}
    last = 0.0
    for n, frame in enumerate(keyframes):
        where = f"keyframes[{n}]"
        if not isinstance(frame, dict) or "t" not in frame:
            raise mistake(file, where, "must be a mapping with t (seconds) and at least one axis")
        t = frame["t"]
        if not is_number(t):
            raise mistake(file, f"{where}.t", f"is {t!r}; it must be a number")
        if not last < t <= LONGEST:
            raise mistake(file, f"{where}.t", f"is {t:g} s; times rise from above 0 to {LONGEST:g}")
        if len(frame) == 1:
            raise mistake(file, where, "moves no axis")
        last = float(t)
        for key in (k for k in frame if k != "t"):
            spot = f"{where}.{key}"
            for axis, number in numbers(file, spot, axes_of(file, spot, key), frame[key]).items():
                points[axis].append((last, number * UNITS[axis]))
    for axis, keys in points.items():
        if keys[-1][0] < last:
            keys.append((last, 0.0))
        elif abs(keys[-1][1]) > 1e-9:
            raise mistake(file, f"keyframes[{len(keyframes) - 1}].{axis}", "must be 0: a move ends where it began")
    return [Track(*zip(*points[axis], strict=True)) for axis in AXES], last
