"""Where the robot keeps what people want kept: facts, typed lines, sessions. Models and caches are elsewhere (model_store)."""

from __future__ import annotations

import os
from pathlib import Path


def state_file(name: str) -> Path:
    """A path as given when absolute (or ~), else in the user's state folder ($XDG_STATE_HOME, else ~/.local/state)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "voice_pipeline" / Path(name).expanduser()
