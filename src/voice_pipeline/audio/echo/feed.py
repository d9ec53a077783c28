"""Brings microphone and reference to the canceller in frames of 10 ms of the same moments, and counts what comes out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.echo.delay import LATEST, REFERENCE, WINDOW
from voice_pipeline.audio.echo.protocol import FRAME_SAMPLES, EchoCanceller
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioChunk, Int16, samples_to_ns

_HISTORY = WINDOW + 4_096  # samples of microphone kept
_WARM = 4_800  # samples of the past that the canceller hears first: its noise estimate and its filters settle
# The canceller gets the reference this much before its echo: its filter looks back only, and the delay is an estimate.
MARGIN = 64  # samples, 4 ms; with 10 ms 3 to 9 dB less were removed (bench/hearing/echo.py, 60 ms and drifting clocks)


class CancellerFeed:
    """Counts samples from the first chunk on; `at` is such a count.

    Args:
        canceller: used by this feed only.
        reference: what is played.
        wait_s: longest wait for a reference that is late.
    """

    def __init__(self, canceller: EchoCanceller, reference: PlayedReference, wait_s: float) -> None:
        self._canceller = canceller
        self._reference = reference
        self._wait_s = wait_s
        self._delay = 0.0  # with which the reference was read last
        self.suppress = True  # False: no echo is heard, so nothing may be taken for one
        self.forget()

    def forget(self) -> None:
        """The stream broke: count anew."""
        self._mic: Int16 = np.zeros(0, np.int16)
        self.count = 0  # samples so far
        self.end_ns = 0  # time just after the last
        self._fed = 0  # the canceller has had everything before
        self._out: Int16 = np.zeros(0, np.int16)  # of the canceller, not taken yet
        self._out_at = 0

    def append(self, chunk: AudioChunk) -> None:
        """Take the next chunk of the microphone."""
        self._mic = np.concatenate((self._mic, chunk.samples))[-_HISTORY:]
        self.count += len(chunk.samples)
        self.end_ns = chunk.end_ns

    def moved(self) -> None:
        """The way from the loudspeaker to the microphone is another than before."""
        self._canceller.forget()

    def begin(self, at: int, delay: float) -> None:
        """Cancel from `at` on; the canceller hears the moments before it first."""
        past = min(_WARM, len(self._mic) - (self.count - at)) // FRAME_SAMPLES * FRAME_SAMPLES
        self._fed = at - past
        self._out = np.zeros(0, np.int16)
        self._out_at = self._fed - self._canceller.latency_samples
        self._delay = delay

    def cleaned(self, at: int, length: int, delay: float) -> Int16:
        """int16[length] from `at` on, less what was played `delay` samples before.

        Raises:
            ValueError: what the canceller needs has not come yet.
        """
        missing = at + length - self._out_at - len(self._out)
        frames = max(0, -(-missing // FRAME_SAMPLES))
        if self._fed + frames * FRAME_SAMPLES > self.count:
            raise ValueError("the microphone has not come so far")
        if frames:
            self._feed(frames * FRAME_SAMPLES, delay)
        begin = at - self._out_at
        result = self._out[begin : begin + length]
        self._out = self._out[begin + length :]
        self._out_at = at + length
        return result

    def estimate_input(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """The last second of microphone and the reference around it, as measure_delay() takes them."""
        if len(self._mic) < WINDOW:
            return None
        # The newest reference may still be on its way: what is missing is silence and weakens the peak a little.
        start_ns = self.end_ns - samples_to_ns(WINDOW + LATEST)
        return self._mic[-WINDOW:].astype(np.float64), self._reference.read(start_ns, REFERENCE)

    def _feed(self, length: int, delay: float) -> None:
        start_ns = self.end_ns - samples_to_ns(self.count - self._fed)
        played_ns = start_ns - round((self._delay - MARGIN) * NS / SAMPLE_RATE)
        stretch = self._delay - delay  # the reference is read further back, or less, at the end than at the beginning
        self._reference.wait_for(played_ns + samples_to_ns(length), self._wait_s)
        played = self._reference.read(played_ns, length, stretch, take=True)
        self._delay = delay
        end_ns = played_ns + samples_to_ns(length)
        stepped = self._reference.begins_within(played_ns, end_ns)
        if stepped or self._reference.resumes_within(played_ns, end_ns):
            self._canceller.doubt(stepped)
        first = len(self._mic) - (self.count - self._fed)
        heard = np.ascontiguousarray(self._mic[first : first + length])
        cleaned = self._canceller.process(heard, np.rint(played).astype(np.int16), self.suppress)
        self._out = np.concatenate((self._out, cleaned))
        self._fed += length
