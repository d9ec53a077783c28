"""Whisper's log-mel picture of sound in numpy alone: what the end-of-turn model sees. Apart because it is plain signal
processing with a reference to hold it against."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.formats import SAMPLE_RATE, Float32

# Whisper's (Radford et al. 2022, section 2.2): windows of 25 ms every 10 ms, 80 bands.
_WINDOW = 400
_HOP = 160
_BANDS = 80
_FLOOR = 1e-10  # power; keeps the logarithm of digital silence finite
_RANGE = 8.0  # bels below the loudest that are kept


def log_mel(samples: Float32) -> Float32:
    """The log-mel spectrogram as Whisper is fed.

    Args:
        samples: float32[n] at 16 kHz, n > 200; the last n % 160 samples make no column of their own.

    Returns:
        float32[80, n // 160]; the loudest cell less 2 is the floor.
    """
    padded = np.pad(samples.astype(np.float32), _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: len(samples) // _HOP]
    spectrum = np.fft.rfft(frames * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    bels = np.log10(np.maximum(_FLOOR, _mel_filters() @ power.T))
    picture: Float32 = ((np.maximum(bels, bels.max() - _RANGE) + 4.0) / 4.0).astype(np.float32)
    return picture


@functools.cache
def _hann() -> Float32:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)  # periodic, as torch's


@functools.cache
def _mel_filters() -> Float32:
    """float32[80, 201]: triangles of equal area, evenly spread over Slaney's mel scale from 0 to 8 kHz."""
    corners = _mel_to_hertz(np.linspace(0.0, _hertz_to_mel(SAMPLE_RATE / 2), _BANDS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _WINDOW // 2 + 1)
    low, middle, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    triangles = np.maximum(0.0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)))
    filters: Float32 = (triangles * 2.0 / (high - low)).astype(np.float32)
    return filters


# Slaney's scale (Auditory Toolbox, 1998): 3 mel a 200 Hz up to 1 kHz, from there 27 mel a factor of 6.4.
_BREAK_HERTZ, _BREAK_MEL = 1_000.0, 15.0
_LOG_STEP = np.log(6.4) / 27.0


def _hertz_to_mel(hertz: float) -> float:
    if hertz < _BREAK_HERTZ:
        return 3.0 * hertz / 200.0
    return float(_BREAK_MEL + np.log(hertz / _BREAK_HERTZ) / _LOG_STEP)


def _mel_to_hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = _BREAK_HERTZ * np.exp(_LOG_STEP * (mel - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, 200.0 * mel / 3.0, above)
