"""Any rate to 16 kHz with a delay of a millisecond or two. Apart from audio/resample.py, whose filter is better and
delivers 37 ms later: a reference that comes so late is no use to a canceller."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.formats import SAMPLE_RATE, Int16

_ZEROS = 16  # zero crossings of the sinc on each side: 60 dB down a quarter above the edge, 1 ms at 16 kHz
_KAISER = 6.0


class QuickResampler:
    """Converts a stream int16 mono of `rate` to 16 kHz; output sample k is the input at time k / 16000.

    Args:
        rate: Hz of the input.
    """

    def __init__(self, rate: int) -> None:
        common = math.gcd(rate, SAMPLE_RATE)
        self._up, self._down = SAMPLE_RATE // common, rate // common
        self._plain = rate == SAMPLE_RATE
        cutoff = min(1.0, SAMPLE_RATE / rate)
        self._half = math.ceil(_ZEROS / cutoff)
        offsets = np.arange(-self._half, self._half)[None, :] + 1 - np.arange(self._up)[:, None] / self._up
        window = np.kaiser(4096, _KAISER)
        shape = np.interp(offsets / self._half, np.linspace(-1.0, 1.0, 4096), window, left=0.0, right=0.0)
        taps = np.sinc(offsets * cutoff) * cutoff * shape
        self._taps: npt.NDArray[np.float64] = taps / taps.sum(axis=1, keepdims=True)
        self._held: npt.NDArray[np.float64] = np.zeros(self._half)  # input from sample self._first on
        self._first = -self._half
        self._next = 0  # output sample that is due

    def process(self, samples: Int16, last: bool = False) -> Int16:
        """int16[n] in, the int16[m] that are complete now; `last` completes the rest with silence."""
        if self._plain:
            return samples
        tail = np.zeros(self._half if last else 0)
        self._held = np.concatenate((self._held, samples.astype(np.float64), tail))
        end = self._first + len(self._held) - self._half  # inputs before this one have all their neighbours
        count = max(0, -(-end * self._up // self._down) - self._next)
        position = (self._next + np.arange(count)) * self._down
        begin = position // self._up - self._half + 1 - self._first
        picked = self._held[begin[:, None] + np.arange(2 * self._half)]
        out = np.einsum("ij,ij->i", picked, self._taps[position % self._up])
        self._next += count
        drop = self._next * self._down // self._up - self._half + 1 - self._first
        if drop > 0:
            self._held = self._held[drop:]
            self._first += drop
        clipped: Int16 = np.clip(np.rint(out), -32_768, 32_767).astype(np.int16)
        return clipped
