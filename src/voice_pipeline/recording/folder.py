"""Where recordings lie and what they are called; the oldest make room for the newest."""

from __future__ import annotations

import os
import time
from pathlib import Path

_PREFIX = "voice_"
SUFFIX = ".mcap"


def default_folder() -> Path:
    """recordings/ of voice_pipeline under the user's data folder ($XDG_DATA_HOME or ~/.local/share)."""
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "voice_pipeline" / "recordings"


def resolve(folder: str) -> Path:
    """The folder that a parameter or argument names; empty is the default one."""
    return Path(folder).expanduser().absolute() if folder else default_folder()


def make_folder(folder: Path) -> None:
    """Create it, for its owner alone.

    Raises:
        OSError: it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def new_path(folder: Path, now_s: float) -> Path:
    """A name after the local time, which no file has yet."""
    name = _PREFIX + time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(now_s))
    path, count = folder / (name + SUFFIX), 0
    while path.exists():
        count += 1
        path = folder / f"{name}_{count}{SUFFIX}"
    return path


def recordings(folder: Path) -> list[Path]:
    """The recorder's files, oldest first."""
    return sorted(folder.glob(f"{_PREFIX}*{SUFFIX}"), key=lambda p: (p.stat().st_mtime_ns, p.name))


def make_room(folder: Path, keep_bytes: int, new_bytes: int) -> list[Path]:
    """Delete the oldest recordings until a new file of new_bytes fits into keep_bytes; returns what was deleted.

    Raises:
        OSError: one cannot be deleted.
    """
    files = [(path, path.stat().st_size) for path in recordings(folder)]
    total, gone = sum(size for _, size in files), []
    for path, size in files:
        if total + new_bytes <= keep_bytes:
            break
        path.unlink()
        total -= size
        gone.append(path)
    return gone
