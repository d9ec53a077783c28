"""Sentences said by the Piper voice, for tests that need words nobody has recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import soxr

from voice_pipeline.audio.formats import SAMPLE_RATE, Int16, to_float, to_int16
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer


class Voice:
    """Says a sentence; the same one twice costs nothing."""

    def __init__(self, engine: str, voice: str = "") -> None:
        self._synthesizer = make_synthesizer(engine, SynthesizerOptions(threads=2))
        self._voice = voice or self._synthesizer.default_voice
        self._said: dict[tuple[str, str], Int16] = {}

    def say(self, text: str, voice: str = "") -> Int16:
        """int16[n] at 16 kHz with half a second of silence on both sides."""
        key = (text, voice or self._voice)
        if key not in self._said:
            made = np.concatenate(list(self._synthesizer.synthesize(*key, 1.0, Cancellation())))
            sound = to_int16(soxr.resample(to_float(made), self._synthesizer.sample_rate, SAMPLE_RATE))
            silence = np.zeros(SAMPLE_RATE // 2, np.int16)
            self._said[key] = np.concatenate((silence, sound, silence))
        return self._said[key]

    def close(self) -> None:
        """End the synthesiser's process."""
        self._synthesizer.close()


@contextmanager
def speaking(engine: str = "piper", voice: str = "") -> Iterator[Voice]:
    """A Voice until the end of the block."""
    speaker = Voice(engine, voice)
    try:
        yield speaker
    finally:
        speaker.close()
