"""How late the loudspeaker's sound arrives, against the stamps of both: stamps of devices lie, and clocks drift."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.formats import SAMPLE_RATE

WINDOW = 16_000  # samples of microphone that one estimate hears: 1 s
EARLIEST = -1_600  # samples; a device that claims 100 ms more latency than it has
LATEST = 8_000  # 500 ms: Bluetooth loudspeakers reach 300
REFERENCE = WINDOW + LATEST - EARLIEST  # samples of reference that one estimate needs
_FFT = 32_768
_CLEAR = 12.0  # peak over the rest's standard deviation: real echo gave 15 to 60, speech without echo 3 to 7
_QUIET = 30.0  # RMS in units of int16: below it there is nothing to correlate
_NEAR = 48  # samples: closer estimates are the same path, drifting; farther ones are another path
_PULL = 0.5  # of the difference is followed at each estimate
_NONE = 8  # estimates, 2 s of a speaking robot: real echo is certain after one second at most
_GONE = 40  # 10 s; a person who talks along hides an echo for as long as a sentence
# What the canceller's filter has found by itself by then: left to it, so that what it learnt in the first second stays right.
# Up to 30 ms cost 2 to 6 dB (bench/hearing/echo.py: the next canceller wants the echo near the reference).
_FOUND = range(-48, 112)  # samples, -3 to 7 ms
_FASTEST = 8  # samples per estimate: 2000 ppm, so that the canceller's own filter can follow


def is_sound(played: npt.NDArray[np.float64]) -> bool:
    """Whether there is enough in float64[n] of the reference for an echo to be found."""
    return bool(np.sqrt(np.mean(played**2)) >= _QUIET)


def measure_delay(heard: npt.NDArray[np.float64], played: npt.NDArray[np.float64]) -> float | None:
    """By how many samples `heard` lies behind; None when no echo is certain.

    Args:
        heard: float64[WINDOW] of the microphone.
        played: float64[REFERENCE]; played[LATEST] is of the moment of heard[0].
    """
    if not is_sound(played) or np.sqrt(np.mean(heard**2)) < 1.0:
        return None
    cross = np.fft.rfft(played, _FFT) * np.fft.rfft(heard, _FFT).conj()
    weight = np.abs(cross)
    mean = float(weight.mean())
    if mean == 0.0:
        return None
    # Phase alone (PHAT, Knapp & Carter 1976) makes a sharp peak; bins without energy must not count as much as speech.
    line = np.fft.irfft(cross / (weight + 1e-3 * mean), _FFT)[: LATEST - EARLIEST + 1]
    peak = int(np.argmax(np.abs(line)))
    if abs(line[peak]) < _CLEAR * float(line.std()):
        return None
    return LATEST - peak - _fraction(np.abs(line), peak)


class DelayTracker:
    """Follows small changes slowly, and jumps only to what two estimates in a row say."""

    def __init__(self, start: float = 0.0) -> None:
        self.samples = start  # by how much later the reference is to be read
        self._beyond = 0.0  # the rest of the way, which is the filter's
        self.known = False
        self.jumps = 0
        self._doubt: float | None = None
        self._vain = 0  # estimates in a row that found no echo, though the robot spoke

    @property
    def echo_is_heard(self) -> bool:
        """Taken for granted at first; no longer when none was found for a while (headphones)."""
        return self._vain < (_GONE if self.known else _NONE)

    @property
    def ms(self) -> float:
        """The delay in milliseconds."""
        return (self.samples + self._beyond) * 1000.0 / SAMPLE_RATE

    def update(self, measured: float | None) -> None:
        """Take the next estimate, made while the robot spoke; None when no echo is certain."""
        if measured is None:
            self._vain += 1
            return
        self._vain = 0
        error = measured - self.samples - self._beyond
        if not self.known and round(error) in _FOUND:
            self.known, self._doubt, self._beyond = True, None, error
        elif abs(error) <= _NEAR:
            self.known = True
            self._doubt = None
            self.samples += float(np.clip(_PULL * error, -_FASTEST, _FASTEST))
        elif self._doubt is not None and abs(measured - self._doubt) <= _NEAR:
            self.samples, self.known, self._doubt = measured - self._beyond, True, None
            self.jumps += 1
        else:
            self._doubt = measured


def _fraction(line: npt.NDArray[np.float64], peak: int) -> float:
    """Where between the samples the top of a parabola through three of them lies, -0.5..0.5."""
    if not 0 < peak < len(line) - 1:
        return 0.0
    left, top, right = line[peak - 1 : peak + 2]
    bend = left - 2.0 * top + right
    return float(0.5 * (left - right) / bend) if bend else 0.0
