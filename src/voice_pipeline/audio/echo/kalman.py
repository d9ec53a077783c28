"""A linear echo canceller: a partitioned Kalman filter in the frequency domain (Enzner & Vary 2006, Kuech et al. 2014).
It subtracts and never suppresses, so a person who talks over the robot stays whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.echo.protocol import FRAME_SAMPLES
from voice_pipeline.audio.formats import FULL_SCALE

_PARTITIONS = 20  # of 10 ms: the loudspeaker, the way and the first 0.2 s of the room
_KEEP = 0.999  # of the path per frame: the rest may change; 0.9995 and 0.998 removed 2 dB less of real recordings
_UNSURE = 0.1  # variance of a path of which nothing is known; with 1 the first second was 11 dB louder than the echo
_SMOOTH = 0.8  # of the spectrum of what is no echo, per frame; 0.5 removed 5 dB less
_LEAST = 0.05  # of the error counts as no echo, however wrong the path may be

Frame = npt.NDArray[np.float64]


class KalmanFilter:
    """Estimates the way from the loudspeaker to the microphone, frame by frame, as sure as the moment allows."""

    def __init__(self) -> None:
        bins = FRAME_SAMPLES + 1
        self._path = np.zeros((_PARTITIONS, bins), np.complex128)
        self._played = np.zeros((_PARTITIONS, bins), np.complex128)
        self._variance = np.full((_PARTITIONS, bins), _UNSURE)
        self._rest = np.zeros(bins)  # power of what is no echo
        self._before: Frame = np.zeros(FRAME_SAMPLES)

    def process(self, heard: Frame, played: Frame) -> Frame:
        """float64[160] twice, in -1..1; heard less the echo, or heard where that would be louder."""
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate((self._before, played)))
        self._before = played
        echo = np.fft.irfft((self._path * self._played).sum(axis=0))[FRAME_SAMPLES:]
        left: Frame = heard - echo
        self._learn(left)
        return heard if left @ left > heard @ heard else left

    def doubt(self) -> None:
        """Be as unsure of the path as it is large: a shift by a few samples turns its upper half round."""
        self._variance = np.maximum(self._variance, np.abs(self._path) ** 2)

    def _learn(self, left: Frame) -> None:
        error = np.fft.rfft(np.concatenate((np.zeros(FRAME_SAMPLES), left)))
        power = np.abs(self._played) ** 2
        unlearnt = 0.5 * (self._variance * power).sum(axis=0)
        size = np.abs(error) ** 2
        self._rest = _SMOOTH * self._rest + (1.0 - _SMOOTH) * np.maximum(size - unlearnt, _LEAST * size)
        gain = self._variance / (unlearnt + self._rest + 1e-10)
        step = np.fft.irfft(gain * self._played.conj() * error, axis=1)
        step[:, FRAME_SAMPLES:] = 0.0  # a path of 10 ms a partition: the other half is wrapping
        self._path = _KEEP * (self._path + np.fft.rfft(step, axis=1))
        keep = _KEEP**2
        self._variance = keep * (1.0 - 0.5 * gain * power) * self._variance + (1.0 - keep) * np.abs(self._path) ** 2


def to_frames(samples: npt.NDArray[np.int16]) -> Frame:
    """int16[160 n] as float64[n, 160] in -1..1."""
    return samples.reshape(-1, FRAME_SAMPLES) / FULL_SCALE
