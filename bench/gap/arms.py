"""The five arms behind one face: start, play a recording and see what comes of it, end. Each in fresh processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Protocol

from bench.gap.apart import Apart, Pipecat
from bench.gap.ours import Ours
from bench.gap.recordings import Recording
from bench.gap.settings import Models
from bench.gap.turns import Row


class Arm(Protocol):
    """One way from a person's voice to an answer."""

    settings: dict[str, Any]

    def __enter__(self) -> Arm: ...

    def __exit__(self, *_: object) -> None: ...

    def turn(self, recording: Recording, round_: int) -> Row:
        """Play it and return what came of it, once the answer is over.

        Raises:
            VoiceError: the arm ended, or does not play.
        """
        ...


def make_arm(name: str, models: Models, model_set: str, log_dir: Path, python: str) -> Arm:
    """The arm of that name; `python` is pipecat's."""
    if name.startswith("ours"):
        return Ours(name, models, log_dir)
    if name == "sequence":
        return Apart(name, [sys.executable, "-m", "bench.gap.sequence", model_set], log_dir)
    return Pipecat(name, models, log_dir, python)
