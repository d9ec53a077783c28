"""Does somebody speak over the robot? Then what the linear filter leaves is that person, and must not be suppressed."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.echo.kalman import Frame

_SMOOTH = 0.7  # of both powers per frame of 10 ms
_LEARNT = 0.1  # a filter that leaves less of the echo than this (-10 dB) knows the room
_SINK, _RISE = 0.1, 0.002  # per frame: how fast what it leaves is believed to be less, or more, ...
_DOUBT = 0.0001  # ... and while somebody seems to speak: nobody does so for 10 s, but a room may have changed
# Times; without this 84 % of 70 words spoken over the robot are kept (WER 20), with it 90 % (WER 14): bench/hearing/echo.py.
_ABOVE = 20.0
_LEAST = 0.05  # of the echo (-13 dB): softer speech is not understood beside it anyway
_HANGOVER = 8  # frames after the last such one
_FITS = 20  # frames in a row in which a filter in doubt leaves as little as before
_SETTLES = 150  # frames until the doubt ends anyway: somebody does speak, or the room is another


class Talker:
    """Compares what the filter leaves with the echo that it has taken out, and with what it usually leaves."""

    def __init__(self) -> None:
        self._echo = 0.0
        self._left = 0.0
        self._usual = 1.0  # what is left, as a share of the echo's power, when nobody speaks
        self._hold = 0
        self._settling = 0
        self._fitting = 0  # frames in a row in which nobody seemed to speak

    def forget(self) -> None:
        """The room has changed: until the filter has learnt it anew nobody can tell."""
        self._usual, self._hold = 1.0, 0

    def doubt(self) -> None:
        """The filter may leave more than usual, and nobody is believed to speak until it leaves as little again."""
        self._settling, self._fitting = _SETTLES, 0

    @property
    def settling(self) -> bool:
        """In doubt: what the filter leaves may be echo."""
        return self._settling > 0

    def speaks(self, heard: Frame, left: Frame) -> list[bool]:
        """float64[n, 160] twice, before and after the filter; for each frame whether somebody speaks."""
        return [
            self._frame(float(np.mean((h - e) ** 2)), float(np.mean(e**2))) for h, e in zip(heard, left, strict=True)
        ]

    def _frame(self, echo: float, left: float) -> bool:
        self._echo = _SMOOTH * self._echo + (1.0 - _SMOOTH) * echo
        self._left = _SMOOTH * self._left + (1.0 - _SMOOTH) * left
        if self._echo < 1e-9:  # -90 dBFS: nothing was played
            self._hold = max(0, self._hold - 1)
            return self._hold > 0
        share = min(1.0, self._left / self._echo)
        person = self._usual < _LEARNT and share > max(_LEAST, _ABOVE * self._usual)
        if self._settling:
            self._fitting = 0 if person else self._fitting + 1
            self._settling = 0 if self._fitting >= _FITS else self._settling - 1
            self._hold = 0
            return False
        pace = _SINK if share < self._usual else _DOUBT if person else _RISE
        self._usual += pace * (share - self._usual)
        self._hold = _HANGOVER if person else max(0, self._hold - 1)
        return self._hold > 0
