"""The file format of moves recorded with Reachy Mini's own tools, checked to the last number and turned into our axes.

A file holds `description`, `time` (s, one a frame) and `set_target_data`: a frame is `head` (4x4 pose in the base frame, m,
relative to neutral), `antennas` ([right, left], rad, with the daemon's sign), `body_yaw` (rad) and `check_collision` (not used by the player).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voice_pipeline.motion.daemon_state import daemon_antennas
from voice_pipeline.motion.move_checks import is_number, mistake
from voice_pipeline.motion.paths import Vector

_LARGEST = 8_000_000  # bytes; a minute at 100 Hz is 3 MB, and the file is read into memory as a whole
_LONGEST = 120.0  # s
_RIGID = 0.02  # how far a rotation may be from one: recordings are rounded
_FAR = 0.3  # m; the head moves 3 cm at the most, and mm written as m lie above


@dataclass(frozen=True)
class Recording:
    """times: float64[n] s, rising, from 0. values: float64[n, 7] in the order of AXES, rad and m, offsets from neutral."""

    description: str
    times: Vector
    values: Vector
    notes: tuple[str, ...]


def read_recording(file: Path) -> Recording:
    """Read and check one file.

    Raises:
        VoiceError: names the file, the key and what is expected.
    """
    data = _parse(file)
    description = data.get("description")
    if not isinstance(description, str) or not description.strip():
        raise mistake(file, "description", "must be a sentence")
    frames = data.get("set_target_data")
    if not isinstance(frames, list) or len(frames) < 2:
        raise mistake(file, "set_target_data", "must be a list of at least two frames")
    times = _times(file, data.get("time"), len(frames))
    heads, antennas, body = _frames(file, frames)
    keep = np.append(np.diff(times) > 0.0, True)  # of frames at the same time the last counts
    notes = [] if keep.all() else [f"{int((~keep).sum())} frames at the time of the next one left out"]
    sideways = 1000.0 * float(np.abs(heads[:, :2, 3]).max())
    if sideways > 1.0:
        notes.append(f"x and y (up to {sideways:.0f} mm) left out: the head stays above the neck")
    values = np.column_stack([_angles(heads[:, :3, :3], body), heads[:, 2, 3], body, antennas])
    return Recording(description.strip(), times[keep], values[keep], tuple(notes))


def _parse(file: Path) -> dict[str, Any]:
    try:
        size = file.stat().st_size
        if size > _LARGEST:
            raise mistake(
                file, "the file", f"has {size / 1e6:.0f} MB; a recording has {_LARGEST / 1e6:.0f} at the most"
            )
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no JSON, no UTF-8, a number of 5,000 digits
        raise mistake(file, "the file", f"cannot be read as JSON: {error}") from error
    if not isinstance(data, dict) or "set_target_data" not in data or "time" not in data:
        raise mistake(file, "the file", "must have the keys description, time and set_target_data")
    return data


def _times(file: Path, found: Any, frames: int) -> Vector:
    if not isinstance(found, list) or len(found) != frames:
        count = len(found) if isinstance(found, list) else 0
        raise mistake(file, "time", f"must be a list with one number a frame; there are {count} for {frames} frames")
    for n, t in enumerate(found):
        if not is_number(t):
            raise mistake(file, f"time[{n}]", f"is {_short(t)}; it must be a number")
        if n and t < found[n - 1]:
            raise mistake(file, f"time[{n}]", f"is {t:g} s after {found[n - 1]:g} s; times rise")
    times: Vector = np.array(found, dtype=float) - found[0]
    if not 0.0 < times[-1] <= _LONGEST:
        raise mistake(file, "time", f"spans {times[-1]:g} s; a recording lasts up to {_LONGEST:g}")
    return times


def _frames(file: Path, frames: list[Any]) -> tuple[Vector, Vector, Vector]:
    """Heads float64[n, 4, 4], antennas float64[n, 2], body yaw float64[n]. What a frame leaves out stays as it was."""
    head, antennas, body = np.eye(4).tolist(), [0.0, 0.0], 0.0
    found: list[tuple[Any, Any, Any]] = []
    for n, frame in enumerate(frames):
        where = f"set_target_data[{n}]"
        if not isinstance(frame, dict):
            raise mistake(file, where, "must be a mapping with head, antennas and body_yaw")
        if frame.get("head") is not None:
            head = _matrix(file, f"{where}.head", frame["head"])
        if frame.get("antennas") is not None:
            antennas = daemon_antennas(*_row(file, f"{where}.antennas", frame["antennas"], 2))
        if frame.get("body_yaw") is not None:
            body = frame["body_yaw"]
            if not is_number(body):
                raise mistake(file, f"{where}.body_yaw", f"is {_short(body)}; it must be a number (rad)")
        found.append((head, antennas, body))
    heads = np.array([f[0] for f in found], dtype=float)
    _check_heads(file, heads)
    return heads, np.array([f[1] for f in found], dtype=float), np.array([f[2] for f in found], dtype=float)


def _matrix(file: Path, where: str, value: Any) -> list[list[float]]:
    if not isinstance(value, list) or len(value) != 4:
        raise mistake(file, where, "must be a matrix of four rows of four numbers")
    return [_row(file, f"{where}[{n}]", row, 4) for n, row in enumerate(value)]


def _row(file: Path, where: str, value: Any, length: int) -> list[float]:
    if not isinstance(value, list) or len(value) != length or not all(map(is_number, value)):
        raise mistake(file, where, f"is {_short(value)}; it must be {length} numbers")
    return value


def _check_heads(file: Path, heads: Vector) -> None:
    rotation = heads[:, :3, :3]
    skew = np.abs(rotation @ rotation.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2))
    skew = np.maximum(skew, np.where(np.linalg.det(rotation) > 0.0, 0.0, 1.0))
    skew = np.maximum(skew, np.abs(heads[:, 3] - [0.0, 0.0, 0.0, 1.0]).max(axis=1))
    for wrong, problem in (
        (skew > _RIGID, "is no pose: a rotation, a position, and 0 0 0 1 below"),
        (np.abs(heads[:, :3, 3]).max(axis=1) > _FAR, f"lies more than {_FAR:g} m away: positions are in m"),
    ):
        if wrong.any():
            raise mistake(file, f"set_target_data[{int(wrong.argmax())}].head", problem)


def _angles(rotation: Vector, body_yaw: Vector) -> Vector:
    """Roll, pitch, yaw (REP-103; yaw relative to the body) of float64[n, 3, 3], without jumps at half a turn."""
    roll = np.arctan2(rotation[:, 2, 1], rotation[:, 2, 2])
    pitch = np.arctan2(-rotation[:, 2, 0], np.hypot(rotation[:, 0, 0], rotation[:, 1, 0]))
    yaw = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]) - body_yaw
    first = np.remainder(yaw[0] + np.pi, 2.0 * np.pi) - np.pi
    return np.column_stack([np.unwrap(roll), pitch, np.unwrap(yaw) + (first - yaw[0])])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
