"""WebRTC's third echo canceller (AEC3, as in browsers) through pywebrtc-audio: no thread, no network, 0.9 MB.

Behind a linear filter of our own: AEC3 alone removes the echo and, with it, half the words of a person who talks over it
(bench/hearing/echo.py). What the filter has taken out AEC3 need not suppress."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voice_pipeline.audio.echo.kalman import KalmanFilter, to_frames
from voice_pipeline.audio.echo.protocol import FRAME_SAMPLES
from voice_pipeline.audio.echo.talker import Talker
from voice_pipeline.audio.formats import FULL_SCALE, SAMPLE_RATE, Int16
from voice_pipeline.errors import VoiceError

# Measured by correlating its output with its input: 64 samples of block framing and 64 of overlap in the suppressor, ...
_LATENCY = 128
_LATENCY_NS = 96  # ... and those of the noise suppressor on top.


class WebRtcCanceller:
    """A Kalman filter, then AEC3 with its high-pass filter; optionally with noise suppression.

    Args:
        suppress_noise: also WebRTC's noise suppression (12 dB).

    Raises:
        VoiceError: the package is not installed.
    """

    def __init__(self, suppress_noise: bool = False) -> None:
        try:
            from pywebrtc_audio import AudioProcessor
        except ImportError as error:
            raise VoiceError(
                f"the echo canceller's package does not load: {error}.",
                "Run `pip install pywebrtc-audio`, or set `echo` to gate, hardware or off.",
            ) from error
        self._filter = KalmanFilter()
        self._processor = AudioProcessor(
            sample_rate=SAMPLE_RATE, num_channels=1, echo_cancellation=True, noise_suppression=suppress_noise
        )
        self.latency_samples = _LATENCY + (_LATENCY_NS if suppress_noise else 0)
        self._talker = Talker()
        self._waiting: Int16 = np.zeros(self.latency_samples, np.int16)  # of the filter, as late as AEC3 is
        self._open = 1.0  # share of the output that went out last
        self._share = 0.0  # of the filter's output in what went out last

    def process(self, heard: Int16, played: Int16, suppress: bool = True) -> Int16:
        """int16[160 n] at 16 kHz twice, of the same moments; what is left of `heard`, int16[160 n].

        suppress False: nothing of `played` is heard, so nothing may be suppressed; the filter alone subtracts.
        """
        frames = zip(to_frames(heard), to_frames(played), strict=True)
        left = np.stack([self._filter.process(near, far) for near, far in frames])
        linear = np.clip(np.rint(left.reshape(-1) * FULL_SCALE), -32_768, 32_767).astype(np.int16)
        suppressed = np.asarray(self._processor.process(linear, played), np.int16)
        line = np.concatenate((self._waiting, linear))
        self._waiting = line[len(linear) :]
        targets = [1.0 if person or not suppress else 0.0 for person in self._talker.speaks(to_frames(heard), left)]
        return self._gated(self._mixed(line[: len(linear)], suppressed, targets), suppress)

    def forget(self) -> None:
        """The way from the loudspeaker has changed: what the filter knows of it is worth nothing."""
        self._filter = KalmanFilter()  # one that is sure of the old way would take long to give it up
        self._talker.forget()

    def doubt(self, stepped: bool) -> None:
        """The filter may not fit quite. After a step nothing is let through until it does, at most for 1.5 s: an echo
        that is taken for a person ends the answer, and loudspeakers seldom run dry."""
        self._filter.doubt()
        if stepped:
            self._talker.doubt()

    def _gated(self, out: Int16, suppress: bool) -> Int16:
        """Silence while the filter does not fit."""
        before, self._open = self._open, 0.0 if self._talker.settling and suppress else 1.0
        if before == self._open == 1.0:
            return out
        gated: Int16 = np.rint(out * np.linspace(before, self._open, len(out))).astype(np.int16)
        return gated

    def _mixed(self, linear: Int16, suppressed: Int16, targets: Sequence[float]) -> Int16:
        """The filter's output where somebody speaks, AEC3's elsewhere, gliding over within a frame."""
        ends = np.array([self._share, *targets])
        self._share = float(ends[-1])
        at = np.arange(1, len(linear) + 1) / FRAME_SAMPLES
        share = np.interp(at, np.arange(len(ends)), ends)
        mixed: Int16 = np.rint(share * linear + (1.0 - share) * suppressed).astype(np.int16)
        return mixed
