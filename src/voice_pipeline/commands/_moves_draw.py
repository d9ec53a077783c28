"""Writes the pictures of `moves`. Apart from the drawing itself, so that the list needs no plotting library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from voice_pipeline.commands._latency_report import missing_library
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move


def draw(moves: Sequence[Move], limits: Limits, folder: Path, kind: str, pictures: bool) -> Iterator[Path]:
    """Draw each move into a file of the folder, and tell its name when it is there.

    Args:
        kind: svg or png.
        pictures: the robot at moments of the move; otherwise its curves against the limits.

    Raises:
        VoiceError: the plotting library is not installed, or the folder cannot be written.
    """
    if why := missing_library():
        raise VoiceError("there is no picture.", why)
    from voice_pipeline.commands._moves_figures import plot_figure, save  # takes a second and 60 MB
    from voice_pipeline.commands._moves_robot import robot_figure

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for move in moves:
            figure = robot_figure(move) if pictures else plot_figure(move, limits)
            file = folder / f"{move.name}{'-robot' if pictures else ''}.{kind}"
            save(figure, file)
            yield file
    except OSError as error:
        raise VoiceError(
            f"cannot write {error.filename or folder}: {error.strerror}.", "Name another folder: --out DIR."
        ) from None
