"""Dances as data: waves on the axes in a rhythm, `generator: {bpm, beats, axes}`. Apart from keyframes because time is
counted in beats here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_pipeline.motion.curves import Curve, Sum, Wave
from voice_pipeline.motion.move_checks import LONGEST, UNITS, axes_of, is_number, mistake, numbers
from voice_pipeline.motion.protocol import AXES

_KEYS = {"bpm", "beats", "fade", "axes"}
_WAVE = {"amplitude", "centre", "every", "phase", "from", "to"}
_BPM = (10.0, 240.0)  # slow breath to what no motor follows
_SHORTEST_EVERY = 0.25  # beats: 16 waves a second at the most, caught by the limits anyhow


def generate(file: Path, data: Any) -> tuple[list[Curve], float]:
    """A curve for each axis, and how long they last (s).

    Raises:
        VoiceError: names the file and the key.
    """
    if not isinstance(data, dict):
        raise mistake(file, "generator", "must be a mapping with bpm, beats and axes")
    unknown = sorted(str(key) for key in set(data) - _KEYS)
    if unknown:
        raise mistake(file, f"generator.{unknown[0]}", f"is no key; there are {', '.join(sorted(_KEYS))}")
    beat = 60.0 / _number(file, "generator", data, "bpm", *_BPM)
    beats = _number(file, "generator", data, "beats", 1.0, LONGEST / beat)
    fade = _number(file, "generator", data, "fade", 0.25, beats / 2, 1.0)
    axes = data.get("axes")
    if not isinstance(axes, dict) or not axes:
        raise mistake(file, "generator.axes", "must map at least one axis to a wave or a list of waves")
    clock = _Clock(beat, beats, fade)
    waves: dict[str, list[Curve]] = {axis: [] for axis in AXES}
    for key, value in axes.items():
        where = f"generator.axes.{key}"
        names = axes_of(file, where, key)
        several = isinstance(value, list)
        for n, entry in enumerate(value if several else [value]):
            for axis, wave in _waves(file, f"{where}[{n}]" if several else where, names, entry, clock).items():
                waves[axis].append(wave)
    return [Sum(waves[axis]) for axis in AXES], beats * beat


@dataclass(frozen=True)
class _Clock:
    """beat: s. beats: of the whole. fade: beats of each wave's rise and fall."""

    beat: float
    beats: float
    fade: float


def _waves(file: Path, where: str, axes: tuple[str, ...], data: Any, clock: _Clock) -> dict[str, Wave]:
    """Axis -> wave, of one entry. Beats become seconds, degrees and mm become rad and m."""
    if not isinstance(data, dict):
        raise mistake(file, where, "must be a mapping with amplitude and every")
    unknown = sorted(str(k) for k in set(data) - _WAVE)
    if unknown:
        raise mistake(file, f"{where}.{unknown[0]}", f"is no key of a wave; there are {', '.join(sorted(_WAVE))}")
    amplitude = numbers(file, f"{where}.amplitude", axes, data.get("amplitude"))
    centre = numbers(file, f"{where}.centre", axes, data.get("centre", [0.0] * len(axes) if len(axes) > 1 else 0.0))
    every = _number(file, where, data, "every", _SHORTEST_EVERY, LONGEST / clock.beat)
    phase = _number(file, where, data, "phase", -1.0, 1.0, 0.0)
    begin = _number(file, where, data, "from", 0.0, clock.beats, 0.0)
    end = _number(file, where, data, "to", 0.0, clock.beats, clock.beats)
    if end - begin < 2.0 * clock.fade:
        raise mistake(file, f"{where}.to", f"is {end:g}; a wave lasts twice the fade ({clock.fade:g} beats) at least")
    times = [beats * clock.beat for beats in (begin, end, clock.fade)]
    return {a: Wave(amplitude[a] * UNITS[a], centre[a] * UNITS[a], every * clock.beat, phase, *times) for a in axes}


def _number(
    file: Path, where: str, data: dict[str, Any], key: str, low: float, high: float, default: float | None = None
) -> float:
    value: Any = data.get(key, default)
    if not is_number(value) or not low <= value <= high:
        raise mistake(file, f"{where}.{key}", f"is {value!r}; it must be a number in {low:g}..{high:g}")
    return float(value)
