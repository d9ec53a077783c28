"""When the result of a short encoder window is not trusted, and the audio is heard again in the window that Whisper was
trained on. In a short window Whisper repeats itself now and then ("nine" becomes "9 9 9 9"): 5 of 104 recordings at 10 s."""

from __future__ import annotations

import re

from voice_pipeline.asr.protocol import Transcription

_BARE = re.compile(r"[^\w\s']+")
_COMPRESSION_RATIO = 2.4  # Whisper's own limit
# Noise that came out as words did so below 0.2; in the whole window most of that is rejected (make eval-windows).
_CONFIDENCE = 0.25


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


def ends_in_repetition(text: str) -> bool:
    """The last words are the same as those just before them, without case and punctuation: "Stop. Stop"."""
    words = _BARE.sub("", text).lower().split()
    return any(words[-n:] == words[-2 * n : -n] for n in range(1, len(words) // 2 + 1))
