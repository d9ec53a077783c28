"""Writes the pictures of `moves`. Apart from the drawing itself, so that the list needs no plotting library."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from voice_pipeline.commands._latency_report import missing_library
from voice_pipeline.commands._moves_moments import Moments, pose_at
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move

KINDS = ("svg", "png")


def draw(moves: Sequence[Move], limits: Limits, out: Path, kind: str, robot: Moments | None = None) -> Iterator[Path]:
    """Draw each move into a file, and tell its name when it is there.

    Args:
        out: a folder, or the file for the one move if it ends like a picture.
        kind: svg or png; empty: as `out` ends, else png for pictures of the robot's own model and svg for the rest.
        robot: the robot at these moments of the move; None: its curves against the limits.

    Raises:
        VoiceError: the plotting library is not installed, or the file cannot be written.
    """
    if why := missing_library():
        raise VoiceError("there is no picture.", why)
    from voice_pipeline.commands._moves_figures import plot_figure, save  # takes a second and 60 MB

    named = out.suffix[1:] if out.suffix[1:] in KINDS else ""
    if named and len(moves) > 1:
        raise VoiceError(f"{out} is one file for {len(moves)} pictures.", "Name a folder: --out DIR.")
    kind = named or kind
    figures: Iterator[Any] = (plot_figure(move, limits) for move in moves)
    if robot is not None:
        kind, figures = _robots(moves, limits, kind, robot)
    try:
        (out.parent if named else out).mkdir(parents=True, exist_ok=True)
        for move, figure in zip(moves, figures, strict=True):
            ending = "-robot" if robot is not None else ""
            file = out if named else out / f"{move.name}{ending}.{kind or 'svg'}"
            save(figure, file)
            yield file
    except OSError as error:
        raise VoiceError(
            f"cannot write {error.filename or out}: {error.strerror}.", "Name another folder: --out DIR."
        ) from None


def _robots(moves: Sequence[Move], limits: Limits, kind: str, moments: Moments) -> tuple[str, Iterator[Any]]:
    """Their strips, and the kind of file: the robot's own model is made of pixels, so svg is always the sketch."""
    from voice_pipeline.commands._moves_renderer import render
    from voice_pipeline.commands._moves_robot import robot_figure

    times = [moments.of(move) for move in moves]
    poses = [[pose_at(move, t, limits) for t in ts] for move, ts in zip(moves, times, strict=True)]
    pictures = None
    if kind != "svg":
        try:
            pictures = render([pose for strip in poses for pose in strip], limits)
        except VoiceError as missing:
            print(f"moves: a sketch, not the robot's own model: {missing}", file=sys.stderr)

    def strips() -> Iterator[Any]:
        start = 0
        for move, ts, strip in zip(moves, times, poses, strict=True):
            end = start + len(ts)
            yield robot_figure(move, ts, strip, None if pictures is None else pictures[start:end])
            start = end

    return kind or ("svg" if pictures is None else "png"), strips()
