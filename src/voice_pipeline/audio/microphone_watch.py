"""Notices a microphone that delivers no usable sound: digital silence, clipping, a constant voltage. Says so, with the cure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import CHUNK_SAMPLES, FULL_SCALE, SAMPLE_RATE, Int16, ns_to_samples

_ZERO = 1  # resamplers dither: one step up or down is still nothing
_FULL = 32_700  # a resampler rounds off the corners of what was cut at full scale
_WINDOW_S = 5.0  # a few sentences: long enough that one bang is no clipping


@dataclass(frozen=True)
class WatchLimits:
    """When a microphone is called faulty.

    Args:
        silent_s: exact zeros for so long.
        clipped: share of samples at full scale within 5 s, 0..1.
        offset: mean within 5 s, as a share of full scale, 0..1.
    """

    silent_s: float = 10.0
    clipped: float = 0.01
    offset: float = 0.05


class MicrophoneWatch:
    """Fed with what is captured; counts samples, so that a stalled machine changes nothing.

    Args:
        limits: what counts as a fault.
    """

    def __init__(self, limits: WatchLimits | None = None) -> None:
        self._limits = limits or WatchLimits()
        self._window: deque[tuple[int, int, int]] = deque(maxlen=round(_WINDOW_S * SAMPLE_RATE / CHUNK_SAMPLES))
        self._count = self._full = self._sum = 0  # over the window
        self._silent = 0  # samples since the last sound

    def feed(self, samples: Int16) -> None:
        """int16[n] at 16 kHz, in order, in chunks of about 512."""
        if len(self._window) == self._window.maxlen:
            self._add(self._window.popleft(), -1)
        wide = samples.astype(np.int32)
        loudness = np.abs(wide)
        self._window.append((len(samples), int(np.count_nonzero(loudness >= _FULL)), int(wide.sum())))
        self._add(self._window[-1], 1)
        self._silent = self._silent + len(samples) if loudness.max(initial=0) <= _ZERO else 0

    @property
    def clipped(self) -> float:
        """Share of samples at full scale in the last 5 s."""
        return self._full / max(1, self._count)

    @property
    def offset(self) -> float:
        """Mean of the last 5 s, -1..1."""
        return self._sum / max(1, self._count) / FULL_SCALE

    @property
    def problem(self) -> str:
        """What is wrong and what to do; empty when nothing is, or when it is not known yet."""
        limits = self._limits
        if self._silent >= ns_to_samples(int(limits.silent_s * 1e9)):
            return (
                "the microphone gives digital silence. Unmute it (on the device, or in the system's sound settings), "
                "or choose another `device` (`ros2 run voice_pipeline devices --listen NAME` shows its level)."
            )
        if len(self._window) < (self._window.maxlen or 0):
            return ""
        if abs(self.offset) > limits.offset:
            return (
                f"the microphone gives a constant voltage, {self.offset:+.0%} of full scale. Replug it; if that does not "
                "help its cable or input is broken: choose another `device` or `channel`."
            )
        if self.clipped > limits.clipped:
            return (
                f"the microphone is overdriven: {self.clipped:.1%} of its samples are cut off at full scale, and words "
                "are lost. Lower its gain in the system's sound settings, or move it away from the sound."
            )
        return ""

    def _add(self, figures: tuple[int, int, int], sign: int) -> None:
        self._count += sign * figures[0]
        self._full += sign * figures[1]
        self._sum += sign * figures[2]
