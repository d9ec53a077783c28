"""Position, velocity, acceleration and jerk of a move on every axis that it uses, between the limits."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from voice_pipeline.commands._moves_view import use_of
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.move_checks import UNITS, unit_name
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.paths import Vector, jerk_of
from voice_pipeline.motion.protocol import AXES

# Axes of one robot part share a column: they have the same limits. Okabe and Ito's colours, for every eye.
_COLUMNS = (
    ("head", ("roll", "pitch", "yaw")),
    ("height", ("z",)),
    ("body", ("body_yaw",)),
    ("antennas", ("right_antenna", "left_antenna")),
)
_COLOURS = dict(zip(AXES, ("#0072b2", "#d55e00", "#009e73", "#0072b2", "#0072b2", "#0072b2", "#d55e00"), strict=True))
_ROWS = ("position", "velocity", "acceleration", "jerk")
_PER = ("", "/s", "/s²", "/s³")
_POINTS = 120  # of a curve: smooth on a screen, and small as a file
_STILL = 1e-4  # rad or m: an axis that moves less is not drawn
# Text stays text (to search and to copy); the salt makes the same move give the same file.
_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "voice_pipeline", "font.size": 8, "axes.axisbelow": True}


def plot_figure(move: Move, limits: Limits) -> Figure:
    """The curves, a column for each part that moves; played at speed 1, or slower where the limits ask for it."""
    slower = max(1.0, move.slowdown(limits))
    times, values = _derivatives(move, slower)
    bounds: list[Sequence[float] | None] = [None, limits.velocity, limits.acceleration, list(jerk_of(limits))]
    used = [(part, tuple(name for name in names if _moves(move, name))) for part, names in _COLUMNS]
    columns = [(part, names) for part, names in used if names] or [("head", ("roll",))]
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(2.6 * max(2, len(columns)) + 0.6, 6.4), layout="constrained")
        pace = f", played {slower:.1f} times slower" if slower > 1.0 else ""
        figure.suptitle(f"{move.name}: {times[-1]:.2f} s{pace}; {use_of(move, limits)}", fontweight="bold", fontsize=9)
        grid = figure.subplots(len(_ROWS), len(columns), sharex=True, squeeze=False)
        for column, (part, names) in enumerate(columns):
            for row, kind in enumerate(_ROWS):
                axes = grid[row, column]
                _limits(axes, names, limits, bounds[row])
                _curves(axes, times, values[row], names)
                axes.set_title(f"{unit_name(names[0])}{_PER[row]}", loc="left", fontsize=7, color="#777777", pad=2)
                if column == 0:
                    axes.set_ylabel(kind)
            grid[0, column].set_title(part)
            grid[-1, column].set_xlabel("s")
            grid[0, column].legend(frameon=False, fontsize=7, loc="lower right", ncols=len(names))
    return figure


def save(figure: Figure, file: Path) -> None:
    """Write it, by the ending of the file.

    Raises:
        OSError: it cannot be written.
    """
    with matplotlib.rc_context(_STYLE):
        if file.suffix == ".png":
            picture = io.BytesIO()
            figure.savefig(picture, format="png", bbox_inches="tight", dpi=90)
            # A palette of 128 is enough for lines and letters: a third of the size.
            Image.open(picture).convert("RGB").quantize(128).save(file, optimize=True)
            return
        text = io.StringIO()
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    # A tenth of a point is finer than a screen; matplotlib writes millionths, half of the file.
    file.write_text(re.sub(r' d="[^"]*"', lambda d: re.sub(r"(\.\d)\d+", r"\1", d[0]), text.getvalue()))


def _moves(move: Move, axis: str) -> bool:
    i = AXES.index(axis)
    return bool(move.high[i] - move.low[i] > _STILL)


def _derivatives(move: Move, slower: float) -> tuple[Vector, list[Vector]]:
    """Times float64[n] as played, and four float64[n, 7]."""
    times = np.linspace(0.0, move.duration, _POINTS)
    position, velocity, acceleration = move.sample(times)
    half = (times[1] - times[0]) / 4.0
    jerk = (move.sample(times + half)[2] - move.sample(times - half)[2]) / (2.0 * half)
    return times * slower, [position, velocity / slower, acceleration / slower**2, jerk / slower**3]


def _curves(axes: Axes, times: Vector, values: Vector, names: tuple[str, ...]) -> None:
    for name in names:
        label = name.replace("_antenna", "")
        axes.plot(times, values[:, AXES.index(name)] / UNITS[name], color=_COLOURS[name], linewidth=1.1, label=label)


def _limits(axes: Axes, names: tuple[str, ...], limits: Limits, rates: Sequence[float] | None) -> None:
    """Dashed lines, always in the picture: how much room is left is what it is for. Positions differ by axis."""
    edges = []
    for name in names:
        i, unit = AXES.index(name), UNITS[name]
        pair = (limits.low[i], limits.high[i]) if rates is None else (-rates[i], rates[i])
        edges += [value / unit for value in pair]
        for value in edges[-2:]:
            axes.axhline(value, color=_COLOURS[name] if rates is None else "#cc0000", linewidth=0.8, linestyle="--")
    room = 0.08 * (max(edges) - min(edges))
    axes.set_ylim(min(edges) - room, max(edges) + room)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color="#eeeeee")
    axes.spines[["top", "right"]].set_visible(False)
