"""Name -> speech recogniser. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.asr.protocol import Transcriber, TranscriberOptions
from voice_pipeline.errors import VoiceError


def _faster_whisper(options: TranscriberOptions) -> Transcriber:
    from voice_pipeline.asr.faster_whisper import FasterWhisper

    return FasterWhisper(options)


def _distil_whisper(options: TranscriberOptions) -> Transcriber:
    from voice_pipeline.asr.distil_whisper import DistilWhisper

    return DistilWhisper(options)


TRANSCRIBERS: dict[str, Callable[[TranscriberOptions], Transcriber]] = {
    "faster_whisper": _faster_whisper,
    "distil_whisper": _distil_whisper,
}


def make_transcriber(engine: str, options: TranscriberOptions) -> Transcriber:
    """The recogniser `engine`, loaded.

    Raises:
        VoiceError: unknown engine, missing package, or the model is not on this machine.
    """
    if engine not in TRANSCRIBERS:
        raise VoiceError(f"there is no speech recogniser '{engine}'.", f"Use one of: {', '.join(TRANSCRIBERS)}.")
    return TRANSCRIBERS[engine](options)
