"""Where the files shipped beside the code lie: config/ and launch/, installed under share/ or in the checkout."""

from __future__ import annotations

from pathlib import Path

from voice_pipeline.errors import VoiceError


def resource(relative: str) -> Path:
    """Absolute path of a shipped file or folder such as "config/tools.yaml".

    A path that exists as given (absolute, or relative to the working folder) wins, so that a profile may name a file of
    the user's own.

    Raises:
        VoiceError: it is nowhere.
    """
    given = Path(relative).expanduser()
    if given.is_absolute() or given.exists():
        if given.exists():
            return given.absolute()
        raise VoiceError(f"{given} does not exist.", "Correct the path.")
    for root in _roots():
        if (root / relative).exists():
            return root / relative
    raise VoiceError(
        f"'{relative}' is neither in the working folder nor shipped with voice_pipeline.",
        "Give an absolute path, or one of the files in config/.",
    )


def _roots() -> list[Path]:
    roots = []
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "package.xml").exists():
        roots.append(checkout)
    try:
        from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

        roots.append(Path(get_package_share_directory("voice_pipeline")))
    except (ImportError, PackageNotFoundError):
        pass  # without ROS the checkout is all there is
    return roots
