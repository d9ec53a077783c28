"""Name -> synthesiser. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.protocol import Synthesizer, SynthesizerOptions


def _kokoro(options: SynthesizerOptions) -> Synthesizer:
    from voice_pipeline.tts.kokoro import make_kokoro

    return make_kokoro(options)


def _piper(options: SynthesizerOptions) -> Synthesizer:
    from voice_pipeline.tts.piper import make_piper

    return make_piper(options)


SYNTHESIZERS: dict[str, Callable[[SynthesizerOptions], Synthesizer]] = {
    "kokoro": _kokoro,
    "piper": _piper,
}


def make_synthesizer(engine: str, options: SynthesizerOptions) -> Synthesizer:
    """The synthesiser `engine`, loaded.

    Raises:
        VoiceError: unknown engine, missing package, or the model is not on this machine.
    """
    if engine not in SYNTHESIZERS:
        raise VoiceError(f"there is no speech synthesiser '{engine}'.", f"Use one of: {', '.join(SYNTHESIZERS)}.")
    return SYNTHESIZERS[engine](options)
