"""Name -> wake word engine. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voice_pipeline.errors import VoiceError
from voice_pipeline.wake.protocol import WakeWordEngine


def _openwakeword(words: Sequence[str], features: str) -> WakeWordEngine:
    from voice_pipeline.wake.openwakeword import OpenWakeWord

    return OpenWakeWord(words, features)


WAKE_WORD_ENGINES: dict[str, Callable[[Sequence[str], str], WakeWordEngine]] = {"openwakeword": _openwakeword}


def make_wake_word_engine(engine: str, words: Sequence[str], features: str) -> WakeWordEngine:
    """The engine `engine`, loaded.

    Args:
        words: ids in the model store, folders or ONNX files, one a word.
        features: id or folder of what the words' models share.

    Raises:
        VoiceError: unknown engine, no word, or a model is not on this machine.
    """
    if engine not in WAKE_WORD_ENGINES:
        raise VoiceError(f"there is no wake word engine '{engine}'.", f"Use one of: {', '.join(WAKE_WORD_ENGINES)}.")
    return WAKE_WORD_ENGINES[engine](words, features)
