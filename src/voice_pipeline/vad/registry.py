"""Name -> voice activity detector. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.protocol import VoiceActivityDetector


def _silero(model: str) -> VoiceActivityDetector:
    from voice_pipeline.vad.silero import SileroDetector

    return SileroDetector(model)


DETECTORS: dict[str, Callable[[str], VoiceActivityDetector]] = {"silero": _silero}


def make_detector(engine: str, model: str) -> VoiceActivityDetector:
    """The detector `engine` with the model of that id or path.

    Raises:
        VoiceError: unknown engine, or the model is not on this machine.
    """
    if engine not in DETECTORS:
        raise VoiceError(f"there is no voice activity engine '{engine}'.", f"Use one of: {', '.join(DETECTORS)}.")
    return DETECTORS[engine](model)
