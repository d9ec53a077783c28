"""Where a voice comes from, as two microphones hear it: generalised cross-correlation with phase transform (Knapp and
Carter 1976; GCC-PHAT). Apart because it needs both channels, before they are mixed. numpy only."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.formats import Int16, power_to_dbfs, samples_to_ns
from voice_pipeline.errors import VoiceError

SPEED_OF_SOUND = 343.0  # m/s at 20 degrees Celsius; 10 degrees more or less change an angle of 60 by 2
# Below, the whole range of angles is less than two samples of delay at 16 kHz, and noise decides.
MIN_DISTANCE_M = 0.02
# Above, the delay no longer fits well into a frame and a voice at arm's length is no plane wave any more.
MAX_DISTANCE_M = 0.5
_FRAME_S = 0.064  # some pitch periods, and more than ten times the longest delay
_FRAMES = 16  # spectra of so many frames with sound, each half over the next, make one estimate: 0.54 s of voice
_STALE_FRAMES = 16  # a pause of half a second forgets what was gathered: the next may be another person
_BAND_HZ = (150.0, 7000.0)  # where voices have energy; most microphones are cut off above
_QUIET_DBFS = -55.0  # below there is nothing to hear
_ABOVE_FLOOR_DB = 6.0  # over the noise: a fan is no speaker
_FLOOR_RISE_DB_S = 2.0  # a noise that stays counts as the floor after some seconds
_STEPS = 121  # delays that are tried, even in sin(angle)
_EPS = 1e-12


@dataclass(frozen=True)
class Direction:
    """One estimate.

    stamp_ns: capture time of the first sample it is from. yaw: rad, REP-103 (left positive, 0 ahead), -pi/2..pi/2; it
    may as well come from behind, at pi - yaw. confidence: 0..1, how well the two channels agree on this delay.
    """

    stamp_ns: int
    yaw: float
    confidence: float


class DirectionFinder:
    """Follows two channels and tells a direction about twice a second while there is sound.

    Args:
        distance_m: between the two microphones, which stand left and right and face ahead.
        rate: Hz.
        min_confidence: less is no direction (bench/hearing/direction.py has the curve).

    Raises:
        VoiceError: the distance is outside 0.02..0.5 m.
    """

    def __init__(self, distance_m: float, rate: int, min_confidence: float = 0.12) -> None:
        if not MIN_DISTANCE_M <= distance_m <= MAX_DISTANCE_M:
            raise VoiceError(
                f"{distance_m:g} m between two microphones tell no direction.",
                f"Give {MIN_DISTANCE_M:g}..{MAX_DISTANCE_M:g} m as microphone_distance_m, or 0 to switch it off.",
            )
        self._rate, self._min_confidence = rate, min_confidence
        self._frame = 2 ** round(math.log2(_FRAME_S * rate))
        self._window = np.hanning(self._frame).astype(np.float32)
        frequencies = np.fft.rfftfreq(self._frame, 1.0 / rate)
        self._bins = (frequencies >= _BAND_HZ[0]) & (frequencies <= min(_BAND_HZ[1], 0.45 * rate))
        self._sines = np.linspace(-1.0, 1.0, _STEPS)
        delays = self._sines * distance_m / SPEED_OF_SOUND
        # One row a delay: what turns the phases of a sound with that delay back to zero.
        steer = np.exp(-2j * np.pi * delays[:, None] * frequencies[self._bins])
        self._steer = steer.astype(np.complex64)
        self._rest: Int16 = np.zeros((0, 2), np.int16)
        self._spectra: deque[tuple[npt.NDArray[np.complex64], npt.NDArray[np.float32], int]] = deque(maxlen=_FRAMES)
        self._fresh = 0  # spectra since the last estimate
        self._silent = 0  # frames without sound in a row
        self._floor = math.nan  # dBFS
        self.same = False  # the last sound was the same in both channels: one microphone, sent twice

    def push(self, samples: Int16, stamp_ns: int) -> list[Direction]:
        """int16[n, 2] (left, right), the first captured at `stamp_ns`; the estimates that are due."""
        stamp_ns -= samples_to_ns(len(self._rest), self._rate)
        data = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        found = []
        start = 0
        while start + self._frame <= len(data):
            at = stamp_ns + samples_to_ns(start, self._rate)
            direction = self._hear(data[start : start + self._frame], at)
            if direction is not None:
                found.append(direction)
            start += self._frame // 2
        self._rest = data[start:].copy()
        return found

    def _hear(self, frame: Int16, stamp_ns: int) -> Direction | None:
        x = frame.T.astype(np.float32) / np.float32(32768.0)
        x -= x.mean(axis=1, keepdims=True)
        if not self._loud(x):
            self._silent += 1
            if self._silent >= _STALE_FRAMES:
                self._spectra.clear()
                self._fresh = 0
            return None
        self._silent = 0
        self.same = bool(np.array_equal(frame[:, 0], frame[:, 1]))
        if self.same:
            return None
        left, right = np.fft.rfft(x * self._window, axis=1)[:, self._bins].astype(np.complex64)
        # The phase of left * conj(right) grows with the time by which the right one hears it later.
        cross = left * np.conj(right)
        power = (np.abs(left) * np.abs(right)).astype(np.float32)
        self._spectra.append((cross, power, stamp_ns))
        self._fresh += 1
        if self._fresh < _FRAMES:
            return None
        self._fresh = 0
        return self._estimate()

    def _loud(self, x: npt.NDArray[np.float32]) -> bool:
        """The frame stands out of the noise. A dead channel has nothing to compare."""
        levels = [power_to_dbfs(float(np.mean(np.square(channel)))) for channel in x]
        level = min(levels)
        if level < _QUIET_DBFS:
            return False
        seconds = self._frame / 2 / self._rate
        if math.isnan(self._floor):
            self._floor = level
            return True  # nothing to compare with yet: a recording may begin with a word
        loud = level > self._floor + _ABOVE_FLOOR_DB
        self._floor = min(level, self._floor + _FLOOR_RISE_DB_S * seconds)
        return loud

    def _estimate(self) -> Direction | None:
        phases = np.zeros_like(self._spectra[0][0])
        for cross, power, _ in self._spectra:
            phases += cross / (power + _EPS)
        score = np.real(self._steer @ phases) / (len(self._spectra) * len(phases))
        best = int(np.argmax(score))
        confidence = float(min(max(score[best], 0.0), 1.0))
        if confidence < self._min_confidence:
            return None
        sine = self._sines[best]
        if 0 < best < len(score) - 1:
            before, here, after = (float(v) for v in score[best - 1 : best + 2])
            bend = before - 2.0 * here + after
            if bend < 0.0:
                sine += 0.5 * (before - after) / bend * (self._sines[1] - self._sines[0])
        return Direction(self._spectra[0][2], math.asin(min(max(float(sine), -1.0), 1.0)), confidence)
