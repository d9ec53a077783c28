"""Takes the silence off synthesised speech and gives it the pause its punctuation asks for, chunk by chunk."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.formats import FULL_SCALE, Int16

# Below this nobody hears a voice: the floor DESIGN's "first audible sample" uses too.
_FLOOR = FULL_SCALE * 10 ** (-50 / 20)
_LEAD_S = 0.015  # kept before the first sound: soft consonants start below the floor
_FADE_IN_S = 0.005  # no click where the silence was cut
_FADE_OUT_S = 0.010
# The pause of a reader: a breath after a sentence, half of one after a clause.
_PAUSES = ((".!?…", 0.30), (",;:", 0.16))
_NO_PAUSE_S = 0.06


def pause_after(text: str) -> float:
    """Seconds of silence that belong after a piece of text."""
    last = text.rstrip("\"')] ")[-1:]
    return next((seconds for marks, seconds in _PAUSES if last and last in marks), _NO_PAUSE_S)


class SilenceTrimmer:
    """Push the chunks of one piece, then finish. What comes out starts with sound and ends with exactly the pause.

    Args:
        rate: Hz.
        pause_s: silence after the last sound; longer ones are cut, shorter ones filled.
    """

    def __init__(self, rate: int, pause_s: float) -> None:
        self._rate = rate
        self._pause = round(rate * pause_s)
        self._held: Int16 = np.zeros(0, np.int16)
        self._started = False

    def push(self, chunk: Int16) -> Int16:
        """int16[n] in, int16[m] that is certain to be heard out; silence is held back until sound follows it."""
        data = np.concatenate((self._held, chunk))
        loud = np.flatnonzero(np.abs(data.astype(np.int32)) > _FLOOR)
        if len(loud) == 0:
            keep = len(data) if self._started else round(self._rate * _LEAD_S)
            self._held = data[max(0, len(data) - keep) :]
            return data[:0]
        start = 0
        if not self._started:
            start = max(0, int(loud[0]) - round(self._rate * _LEAD_S))
        end = int(loud[-1]) + 1
        out: Int16 = data[start:end].copy()
        if not self._started:
            self._started = True
            fade = min(len(out), round(self._rate * _FADE_IN_S))
            out[:fade] = (out[:fade] * np.linspace(0.0, 1.0, fade, endpoint=False)).astype(np.int16)
        self._held = data[end:]
        return out

    def finish(self) -> Int16:
        """The pause: what the voice itself trails off with, faded out, then silence. Empty when nothing was heard."""
        if not self._started:
            return self._held[:0]
        tail = np.zeros(self._pause, np.int16)
        own = self._held[: self._pause].astype(np.float32)
        fade = min(len(own), round(self._rate * _FADE_OUT_S))
        if fade:
            own[len(own) - fade :] *= np.linspace(1.0, 0.0, fade)
        tail[: len(own)] = own.astype(np.int16)
        return tail
