"""How a simulated daemon is told to keep to itself: which options its release has. Apart because they changed with the
releases, and nothing else did."""

from __future__ import annotations

from pathlib import Path

# Nothing leaves the machine: no telemetry (releases from 1.13 on), no look-ups of recorded moves.
QUIET = {"REACHY_MINI_TELEMETRY": "0", "HF_HUB_OFFLINE": "1"}
_ALWAYS = (
    "--headless",
    "--no-wake-up-on-start",
    "--no-goto-sleep-on-stop",
    "--dataset-update-interval=0",
    "--fastapi-host=127.0.0.1",
)
_NO_MEDIA = (1, 5)  # since then one option for sound and camera, and 127.0.0.1 needs no other


def release(env: Path) -> tuple[int, ...]:
    """Of the daemon in a Python environment, such as (1, 3, 1); empty when it cannot be told."""
    for info in env.glob("lib/python3*/site-packages/reachy_mini-*.dist-info"):
        numbers = info.name.removeprefix("reachy_mini-").removesuffix(".dist-info").split(".")
        return tuple(int(n) for n in numbers if n.isdigit())
    return ()


def options(env: Path, physics: bool) -> list[str]:
    """Of the daemon in `env`: simulated, silent, on the loopback interface. physics: MuJoCo, not the mock-up."""
    media = ["--no-media"] if release(env) >= _NO_MEDIA else ["--deactivate-audio", "--localhost-only"]
    return ["--sim" if physics else "--mockup-sim", *media, *_ALWAYS]


def has_physics(env: Path) -> bool:
    """MuJoCo is installed there."""
    return any(env.glob("lib/python3*/site-packages/mujoco"))
