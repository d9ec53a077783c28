"""Which machine this is, as far as a default depends on it."""

from __future__ import annotations

from pathlib import Path

_JETSON_MARK = Path("/etc/nv_tegra_release")


def is_jetson(mark: Path = _JETSON_MARK) -> bool:
    """True on an NVIDIA Jetson: its Linux carries this file."""
    return mark.exists()


def default_profile() -> str:
    """The profile a person most likely wants on this machine."""
    return "jetson" if is_jetson() else "desktop"
