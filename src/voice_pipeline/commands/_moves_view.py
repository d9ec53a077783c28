"""What `moves` prints: the list, the result of a check, and both for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.paths import jerk_of
from voice_pipeline.motion.protocol import AXES

_KINDS = ("velocity", "acceleration", "jerk")


@dataclass(frozen=True)
class Use:
    """Which limit a move comes nearest to: share of it, which derivative, which axis."""

    share: float
    kind: str
    axis: str

    def __str__(self) -> str:
        return f"{100 * self.share:.0f} % ({self.axis} {self.kind})"


def use_of(move: Move, limits: Limits) -> Use:
    """What the move uses most of, played as written."""
    peaks = np.array([move.velocity, move.acceleration, move.jerk])
    shares = peaks / np.array([limits.velocity, limits.acceleration, jerk_of(limits)])
    kind, axis = np.unravel_index(int(shares.argmax()), shares.shape)
    return Use(float(shares.max()), _KINDS[kind], AXES[axis])


def show_table(moves: Iterable[Move], limits: Limits) -> None:
    """A line a move."""
    rows = list(moves)
    table = Table(title=f"{len(rows)} moves, at speed 1", title_justify="left")
    table.add_column("name")
    table.add_column("s", justify="right")
    table.add_column("nearest limit")
    table.add_column("what", overflow="fold")
    table.add_column("also called", overflow="fold")
    for move in rows:
        table.add_row(
            move.name,
            f"{move.duration:.1f}",
            str(use_of(move, limits)),
            move.description,
            ", ".join(move.about.aliases),
        )
    Console(highlight=False).print(table)


def show_check(move: Move, limits: Limits) -> None:
    """What one file turned out to be."""
    slower = move.slowdown(limits)
    print(f"{move.name}: {move.description} {move.duration:.2f} s, {use_of(move, limits)} of the limits.")
    for note in move.about.notes:
        print(f"  {note}")
    if slower > 1.0 and not move.about.notes:
        print(f"  faster than the limits: it is played {slower:.2f} times slower as a whole")
    for line in (f"  alias: {alias}" for alias in move.about.aliases):
        print(line)


def as_json(moves: Iterable[Move], limits: Limits) -> str:
    """The list for programs: name, description, source, aliases, duration (s), notes, and the nearest limit."""
    rows = []
    for move in moves:
        use = use_of(move, limits)
        rows.append(
            {
                "name": move.name,
                "description": move.description,
                "source": move.about.source,
                "aliases": list(move.about.aliases),
                "duration_s": round(move.duration, 3),
                "played_s": round(move.duration * max(1.0, move.slowdown(limits)), 3),
                "nearest_limit": {"share": round(use.share, 3), "axis": use.axis, "kind": use.kind},
                "range_deg_mm": {
                    axis: [_unit(axis, move.low[i]), _unit(axis, move.high[i])] for i, axis in enumerate(AXES)
                },
                "notes": list(move.about.notes),
            }
        )
    return json.dumps(rows, indent=2, ensure_ascii=False)


def _unit(axis: str, value: float) -> float:
    return round(value * 1e3 if axis == "z" else math.degrees(value), 1) + 0.0
