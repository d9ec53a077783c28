"""When the result of a short encoder window is not trusted, and the audio is heard again in the window that Whisper was
trained on. In a short window Whisper repeats itself now and then ("nine" becomes "9 9 9 9"): 5 of 104 recordings at 10 s."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.repetition import count_words
from voice_pipeline.audio.formats import SAMPLE_RATE, Float32

_BARE = re.compile(r"[^\w\s']+")
_COMPRESSION_RATIO = 2.4  # Whisper's own limit
# Noise that came out as words did so below 0.2; in the whole window most of that is rejected (make eval-windows).
_CONFIDENCE = 0.25
_LONG_S = 8.0
_LEAST_WORDS_PER_SECOND = 1.25


def doubt(heard: Transcription, cut_off: bool) -> str:
    """Why the result should be made again in the whole window; empty when it is good.

    Args:
        heard: what the short window gave.
        cut_off: the decoder wrote as many tokens as it was allowed.
    """
    if cut_off:
        return "did not come to an end"
    if heard.compression_ratio > _COMPRESSION_RATIO or ends_in_repetition(heard.text):
        return "repeats itself"
    if heard.text and heard.confidence < _CONFIDENCE:
        return "not sure"
    return ""


def leaves_out(text: str, seconds: float) -> bool:
    """So few words in so long a time that the decoder may have stopped after the first sentence, as it does now and then
    where the voice changes: 15 words of 45 in 15 s. The slowest real recording of that length has 1.6 words a second."""
    return seconds > _LONG_S and 0 < count_words(text) < _LEAST_WORDS_PER_SECOND * seconds


def in_halves(audio: Float32) -> tuple[Float32, Float32]:
    """float32[n] cut at the quietest tenth of a second of its middle third."""
    n = SAMPLE_RATE // 10
    third = len(audio) // 3
    power = np.convolve(np.square(audio[third : 2 * third]), np.ones(n), "valid")
    cut = third + int(np.argmin(power)) + n // 2
    return audio[:cut], audio[cut:]


def joined(halves: Sequence[Transcription]) -> Transcription:
    """The words of both; the figures are those of the one with more words."""
    longest = max(halves, key=lambda h: len(h.text))
    return replace(
        longest,
        text=" ".join(h.text for h in halves if h.text),
        compression_ratio=max(h.compression_ratio for h in halves),
    )


def ends_in_repetition(text: str) -> bool:
    """The last words are the same as those just before them, without case and punctuation: "Stop. Stop"."""
    words = _BARE.sub("", text).lower().split()
    return any(words[-n:] == words[-2 * n : -n] for n in range(1, len(words) // 2 + 1))
