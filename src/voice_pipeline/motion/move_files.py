"""Folders of gestures: our YAML beside recorded JSON, by name and by alias."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.move_checks import mistake
from voice_pipeline.motion.move_yaml import load_yaml
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.recorded_moves import load_recorded

_READERS = {".yaml": load_yaml, ".json": load_recorded}


def load_moves(folders: Sequence[Path], limits: Limits) -> dict[str, Move]:
    """All moves of the folders by name (the file's name), and under their aliases too. What stands in a later folder
    takes the place of the same name in an earlier one.

    Raises:
        VoiceError: a folder is empty, a file breaks the format or the limits, or a name is given twice in one folder;
            names the file and the key.
    """
    moves: dict[str, Move] = {}
    for folder in folders:
        moves |= _load_folder(folder, limits)
    return moves


def load_move(file: Path, limits: Limits) -> Move:
    """Read and check one move, by the ending of its file.

    Raises:
        VoiceError: names the file, the key and what is expected.
    """
    reader = _READERS.get(file.suffix)
    if reader is None:
        raise VoiceError(f"{file} is no move.", "A move is a .yaml file, or a recording in a .json file.")
    return reader(file, limits)


def _load_folder(folder: Path, limits: Limits) -> dict[str, Move]:
    files = sorted(f for f in folder.glob("*") if f.suffix in _READERS)
    if not files:
        raise VoiceError(f"There is no move (*.yaml, *.json) in {folder}.", "Correct moves_dirs.")
    found: dict[str, Move] = {}
    for file in files:
        if file.stem in found:
            raise mistake(file, "the name", f"'{file.stem}' is that of another file of this folder too")
        found[file.stem] = load_move(file, limits)
    names = dict(found)
    for file in files:
        for n, alias in enumerate(found[file.stem].about.aliases):
            if alias in names:
                raise mistake(file, f"aliases[{n}]", f"'{alias}' is a name of {names[alias].name} already")
            names[alias] = found[file.stem]
    return names
