"""Loudness changes without clicks: every change of gain is a ramp of 10 ms. Apart because fades belong in one place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.formats import Int16

RAMP_S = 0.010


class Gain:
    """A gain that moves to its target linearly within 10 ms.

    Args:
        rate: Hz.
        value: to start with, 0..1.
    """

    def __init__(self, rate: int, value: float = 1.0) -> None:
        self._step = 1.0 / (RAMP_S * rate)
        self._value = value
        self.target = value

    def jump(self) -> None:
        """Reach the target without a ramp; for when nothing plays."""
        self._value = self.target

    def apply(self, block: Int16) -> Int16:
        """int16[n] times the gain; the ramp goes on where the last block ended."""
        if self._value == self.target:
            if self._value == 1.0:
                return block
            return _scaled(block, np.float32(self._value))
        steps = np.arange(1, len(block) + 1, dtype=np.float32) * np.float32(self._step)
        if self.target > self._value:
            curve = np.minimum(self._value + steps, self.target)
        else:
            curve = np.maximum(self._value - steps, self.target)
        if len(curve):
            self._value = float(curve[-1])
        if abs(self._value - self.target) < self._step / 2:
            self._value = self.target
        return _scaled(block, curve)


def fade_out(samples: Int16) -> Int16:
    """The samples with a linear fade to silence over all of them."""
    return _scaled(samples, np.linspace(1.0, 0.0, len(samples), dtype=np.float32))


def fade_in(samples: Int16, count: int) -> Int16:
    """The samples with a linear fade from silence over the first `count`."""
    out: Int16 = samples.copy()
    n = min(count, len(out))
    out[:n] = _scaled(out[:n], np.linspace(0.0, 1.0, n, dtype=np.float32))
    return out


def _scaled(samples: Int16, gain: npt.NDArray[np.float32] | np.float32) -> Int16:
    rounded: npt.NDArray[np.float32] = np.rint(samples * gain)
    return rounded.astype(np.int16)
