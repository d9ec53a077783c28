"""Reads moves recorded with Reachy Mini's own tools (the JSON of its emotion and dance libraries). Apart because they are
measurements: absolute, uneven in time, outside our limits, and none of that may reach a motor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from voice_pipeline.motion.curves import Spline
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.move_checks import UNITS, unit_name
from voice_pipeline.motion.moves import About, Move, make_move
from voice_pipeline.motion.paths import PEAK_ACCELERATION, PEAK_VELOCITY, Vector
from voice_pipeline.motion.protocol import AXES, Z
from voice_pipeline.motion.recorded_json import Recording, read_recording

_STEP_S = 0.02  # between control points: a period of the robot's control loop
# Low pass by a Gauss of this width (-3 dB at 4.4 Hz): recordings carry the jitter of their clock, which would be heard
# as motor noise, and steps that no motor can follow. The quickest gestures of a head are near 3 Hz.
_SMOOTH_S = 0.03
_LEAD_S = 0.3  # at least, from rest into the recording and from its end back
_EASE = 0.7  # of the limits that the way in and out may use: it joins a recording that moves already


def load_recorded(file: Path, limits: Limits) -> Move:
    """Read one recording as a move: offsets from neutral, REP-103, yaw relative to the body, x and y left out.

    It is led in from rest and back to rest, resampled to a curve without a step in acceleration, and scaled into the box
    where it leaves it. Each of that stands in the notes of the move.

    Raises:
        VoiceError: names the file and the key.
    """
    recording = read_recording(file)
    inner, notes = _fit(_even(recording), limits)
    points = np.concatenate([_lead(inner[0], limits), inner, _lead(inner[-1], limits)[::-1]])
    # A filter's output lies within the range of its input; a spike beside the way in is all there is to clip.
    points = np.clip(_smooth(points), np.array(limits.low), np.array(limits.high))
    # Padding of three alike at both ends begins and ends the spline at rest.
    ends = np.zeros((3, len(AXES)))
    points = np.concatenate([ends, points, ends])
    curves = [Spline(points[:, i], _STEP_S) for i in range(len(AXES))]
    notes = [*recording.notes, *notes]
    about = About(recording.description, "recorded on a Reachy Mini", notes=tuple(notes))
    move = make_move(file.stem, about, (len(points) - 3) * _STEP_S, curves)
    slower = move.slowdown(limits)
    if slower <= 1.0:
        return move
    axis = AXES[int(np.argmax(move.demands(limits)))]
    return replace(move, about=replace(about, notes=(*notes, f"played {slower:.1f} times slower ({axis})")))


def _even(recording: Recording) -> Vector:
    """float64[n, 7]: a sample every _STEP_S."""
    count = max(2, round(recording.times[-1] / _STEP_S) + 1)
    grid = np.linspace(0.0, recording.times[-1], count)
    return np.stack([np.interp(grid, recording.times, recording.values[:, i]) for i in range(len(AXES))], axis=1)


def _fit(samples: Vector, limits: Limits) -> tuple[Vector, list[str]]:
    """The samples brought into the box, axis by axis, and how. Scaled as a whole: cut off, it would stop hard. What a
    filter takes out anyhow does not count.

    z has no room upwards, so it is scaled to the height of the box and lowered.
    """
    reach = round(4.0 * _SMOOTH_S / _STEP_S)
    calm = _smooth(np.pad(samples, ((reach, reach), (0, 0)), mode="edge"))[2 * reach : -2 * reach]
    fitted, notes = samples.copy(), []
    for i, axis in enumerate(AXES):
        low, high, unit = limits.low[i], limits.high[i], UNITS[axis]
        bottom, top = float(calm[:, i].min()), float(calm[:, i].max())
        if bottom >= low and top <= high:
            continue
        share, lower = 1.0, 0.0
        if i == Z and top > high:
            share = min(1.0, (high - low) / (top - bottom)) if top > bottom else 1.0
            lower = share * top - high
        else:
            share = min(high / top if top > high else 1.0, low / bottom if bottom < low else 1.0)
        fitted[:, i] = share * samples[:, i] - lower
        note = f"{axis} {bottom / unit:.0f}..{top / unit:.0f} {unit_name(axis)} scaled to {100 * share:.0f} %"
        notes.append(note + (f" and lowered by {lower / unit:.0f} mm" if lower else ""))
    return fitted, notes


def _lead(goal: Vector, limits: Limits) -> Vector:
    """From 0 towards a pose (float64[7]) with minimum jerk, within a part of the limits; its end is not included."""
    far, top, hardest = np.abs(goal), np.array(limits.velocity) * _EASE, np.array(limits.acceleration) * _EASE
    fastest = float(np.max(far / top)) * PEAK_VELOCITY
    hard = float(np.sqrt(np.max(far / hardest) * PEAK_ACCELERATION))
    u = np.arange(0.0, 1.0, _STEP_S / max(_LEAD_S, fastest, hard))[:, None]
    return goal * u**3 * (10.0 - 15.0 * u + 6.0 * u**2)


def _smooth(points: Vector) -> Vector:
    """Low-passed without delay, float64[n, 7]; longer by what the filter needs to come to 0 at both ends."""
    reach = round(4.0 * _SMOOTH_S / _STEP_S)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _STEP_S / _SMOOTH_S) ** 2)
    kernel /= kernel.sum()
    return np.stack([np.convolve(points[:, i], kernel) for i in range(len(AXES))], axis=1)
