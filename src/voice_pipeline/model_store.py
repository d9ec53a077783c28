"""Where model files lie on this machine. Apart because every engine looks there and none may download."""

from __future__ import annotations

import os
from pathlib import Path

from voice_pipeline.errors import VoiceError


def cache_root() -> Path:
    """The one folder outside the checkout: $VOICE_PIPELINE_CACHE, or voice_pipeline under the user's cache folder."""
    explicit = os.environ.get("VOICE_PIPELINE_CACHE")
    if explicit:
        return Path(explicit).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "voice_pipeline"


def store_root() -> Path:
    """Folder of the model store: $VOICE_PIPELINE_MODELS, or `models` under the cache folder."""
    explicit = os.environ.get("VOICE_PIPELINE_MODELS")
    return Path(explicit).expanduser() if explicit else cache_root() / "models"


def find_model(name: str, *files: str) -> Path:
    """Resolve a model named in a profile.

    Args:
        name: an id of the store ("whisper-tiny.en-ct2") or a path to a folder (or a single file, with no `files`).
        files: file names that must be in the folder.

    Returns:
        The folder (or file) as an absolute path.

    Raises:
        VoiceError: nothing there, or a file is missing; names the command that fetches it.
    """
    given = Path(name).expanduser()
    path = given if given.is_absolute() or given.exists() else store_root() / name
    if not path.exists():
        raise VoiceError(
            f"model '{name}' is not on this machine (looked in {path}).",
            f"Run `make models MODELS={name}` (or `ros2 run voice_pipeline models {name}`), or give the path of a folder that has it.",
        )
    missing = [f for f in files if not (path / f).exists()]
    if missing:
        raise VoiceError(
            f"model '{name}' in {path} lacks {', '.join(missing)}.",
            f"Run `make models MODELS={name}` again; it completes what is missing.",
        )
    return path.absolute()
