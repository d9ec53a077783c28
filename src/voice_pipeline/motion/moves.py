"""Gestures as data: keyframes in YAML, checked when they are read, turned into smooth motion. Apart from the planner,
because these come from people's files."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

import numpy as np

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import Point, Vector
from voice_pipeline.motion.protocol import AXES, Pose

# Keys of a keyframe and what one unit of them is: degrees for angles, mm for z.
_UNITS = {axis: (1e-3 if axis == "z" else math.radians(1.0)) for axis in AXES}
_SHORTHAND = {"antennas": ("right_antenna", "left_antenna")}  # a pair: right, left
_LONGEST = 60.0  # s; longer than any gesture, short enough to catch milliseconds written as seconds


class Track:
    """One axis through its own keyframes: quintic pieces, continuous to the acceleration, which is 0 at each keyframe.

    The speed at a keyframe is 0 where the direction turns and the harmonic mean of the neighbouring slopes otherwise
    (Fritsch and Butland 1984), which keeps it from swinging past the keyframes.
    """

    def __init__(self, times: Sequence[float], values: Sequence[float]) -> None:
        self.times, self.values = list(times), list(values)
        points = zip(times, values, strict=True)
        slopes = [(v1 - v0) / (t1 - t0) for (t0, v0), (t1, v1) in pairwise(points)]
        inner = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in pairwise(slopes)]
        self.speeds = [0.0, *inner, 0.0]

    def at(self, t: float) -> tuple[float, float, float]:
        """Value, first and second derivative."""
        if not self.times[0] < t < self.times[-1]:
            return self.values[0 if t <= self.times[0] else -1], 0.0, 0.0
        i = bisect_right(self.times, t) - 1
        d = self.times[i + 1] - self.times[i]
        u = (t - self.times[i]) / d
        p0, m0, m1 = self.values[i], self.speeds[i] * d, self.speeds[i + 1] * d
        h = self.values[i + 1] - p0
        c3, c4, c5 = 10 * h - 6 * m0 - 4 * m1, -15 * h + 8 * m0 + 7 * m1, 6 * h - 3 * m0 - 3 * m1
        p = p0 + u * (m0 + u * u * (c3 + u * (c4 + u * c5)))
        v = m0 + u * u * (3 * c3 + u * (4 * c4 + u * 5 * c5))
        a = u * (6 * c3 + u * (12 * c4 + u * 20 * c5))
        return p, v / d, a / (d * d)


@dataclass(frozen=True)
class Move:
    """A gesture: offsets from the pose the robot holds, from rest to rest.

    low, high: the largest offsets; velocity, acceleration: the largest of each; all float64[7], rad (z: m), s.
    """

    name: str
    description: str
    duration: float
    tracks: tuple[Track, ...]
    low: Vector
    high: Vector
    velocity: Vector
    acceleration: Vector

    def at(self, t: float) -> Point:
        """Offset and its derivatives at t s."""
        points = np.array([track.at(t) for track in self.tracks])
        return points[:, 0], points[:, 1], points[:, 2]

    def slowdown(self, limits: Limits) -> float:
        """How many times slower it must be played to keep velocity and acceleration limits; 1 or less: as written."""
        return max(
            float(np.max(self.velocity / np.array(limits.velocity))),
            math.sqrt(float(np.max(self.acceleration / np.array(limits.acceleration)))),
        )

    def base(self, held: Pose, limits: Limits) -> Pose:
        """The pose to play it from: the held one, moved only as far as the offsets need room inside the box."""
        return Pose(
            *(
                min(max(h, lo - mlo), hi - mhi)
                for h, lo, hi, mlo, mhi in zip(held, limits.low, limits.high, self.low, self.high, strict=True)
            )
        )


class Playing:
    """A move on its way from a base pose (a Path)."""

    def __init__(self, move: Move, base: Pose, speed: float, repeat: int) -> None:
        self._move, self._base, self._speed = move, np.array(base), speed
        self._once = move.duration / speed
        self.duration = self._once * repeat

    def at(self, t: float) -> Point:
        """See Path."""
        t = min(max(t, 0.0), self.duration)
        if t >= self.duration:
            t = self._once
        p, v, a = self._move.at((t % self._once if t > self._once else t) * self._speed)
        return self._base + p, v * self._speed, a * self._speed**2


def load_moves(folders: Sequence[FilePath], limits: Limits) -> dict[str, Move]:
    """All moves in *.yaml of the folders by name (the file's name); a later folder's take the place of earlier ones.

    Raises:
        VoiceError: a folder is empty, or a file breaks the format or the limits; names the file and the key.
    """
    moves: dict[str, Move] = {}
    for folder in folders:
        files = sorted(folder.glob("*.yaml"))
        if not files:
            raise VoiceError(f"There is no move (*.yaml) in {folder}.", "Correct moves_dirs.")
        for file in files:
            moves[file.stem] = load_move(file, limits)
    return moves


def load_move(file: FilePath, limits: Limits) -> Move:
    """Read and check one move.

    Raises:
        VoiceError: names the file, the key and what is expected.
    """
    import yaml

    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise VoiceError(f"{file} cannot be read as YAML: {error}", "Correct it.") from error
    if not isinstance(data, dict) or set(data) != {"description", "keyframes"}:
        raise _bad(file, "the file", "must have exactly the keys description and keyframes")
    if not isinstance(data["description"], str) or not data["description"].strip():
        raise _bad(file, "description", "must be a sentence: the language model reads it")
    keyframes = data["keyframes"]
    if not isinstance(keyframes, list) or not keyframes:
        raise _bad(file, "keyframes", "must be a list of at least one keyframe")
    return _assemble(file, data["description"].strip(), keyframes, limits)


def _assemble(file: FilePath, description: str, keyframes: list[Any], limits: Limits) -> Move:
    points: dict[str, list[tuple[float, float]]] = {axis: [(0.0, 0.0)] for axis in AXES}
    last = 0.0
    for n, frame in enumerate(keyframes):
        where = f"keyframes[{n}]"
        values = _keyframe(file, where, frame)
        t = values.pop("t")
        if not last < t <= _LONGEST:
            raise _bad(file, f"{where}.t", f"is {t:g} s; times rise from above 0 to {_LONGEST:g}")
        last = t
        for axis, value in values.items():
            points[axis].append((t, value * _UNITS[axis]))
    for axis, keys in points.items():
        if keys[-1][0] < last:
            keys.append((last, 0.0))
        elif abs(keys[-1][1]) > 1e-9:
            raise _bad(file, f"keyframes[{len(keyframes) - 1}].{axis}", "must be 0: a move ends where it began")
    tracks = tuple(Track(*zip(*points[axis], strict=True)) for axis in AXES)
    samples = np.array([[track.at(t) for track in tracks] for t in np.arange(0.0, last + 0.005, 0.005)])
    low, high = samples[:, :, 0].min(axis=0), samples[:, :, 0].max(axis=0)
    for i, axis in enumerate(AXES):
        if low[i] < limits.low[i] - 1e-9 or high[i] > limits.high[i] + 1e-9:
            unit = _UNITS[axis]
            raise _bad(
                file,
                axis,
                f"reaches {low[i] / unit:.1f}..{high[i] / unit:.1f} {'mm' if axis == 'z' else 'degrees'}; "
                f"the limits are {limits.low[i] / unit:.1f}..{limits.high[i] / unit:.1f}",
            )
    peaks = np.abs(samples).max(axis=0)
    return Move(file.stem, description, last, tracks, low, high, peaks[:, 1], peaks[:, 2])


def _keyframe(file: FilePath, where: str, frame: Any) -> dict[str, float]:
    if not isinstance(frame, dict) or "t" not in frame:
        raise _bad(file, where, "must be a mapping with t (seconds) and at least one axis")
    values: dict[str, float] = {}
    for key, value in frame.items():
        names = _SHORTHAND.get(key, (key,))
        if names[0] not in (*AXES, "t"):
            raise _bad(file, f"{where}.{key}", f"is no axis; use t, {', '.join(AXES)} or antennas: [right, left]")
        numbers = value if key in _SHORTHAND else [value]
        if not isinstance(numbers, list) or len(numbers) != len(names) or not all(map(_is_number, numbers)):
            expected = "a pair of numbers [right, left]" if key in _SHORTHAND else "a number"
            raise _bad(file, f"{where}.{key}", f"is {value!r}; it must be {expected}")
        values.update(zip(names, map(float, numbers), strict=True))
    if len(values) == 1:
        raise _bad(file, where, "moves no axis")
    return values


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _bad(file: FilePath, key: str, problem: str) -> VoiceError:
    return VoiceError(f"{file}: {key} {problem}.", "Correct the file (docs/reachy_mini.md describes moves).")
