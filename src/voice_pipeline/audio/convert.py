"""The edge of the pipeline: audio as a device or topic delivers it, into stamped chunks of 512 samples at 16 kHz."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.formats import (
    CHUNK_SAMPLES,
    SAMPLE_RATE,
    AudioChunk,
    AudioFormat,
    Int16,
    samples_to_ns,
)
from voice_pipeline.audio.resample import MIX, StreamResampler

# A clock that is off by more than this hurts: the words and the robot's motion no longer match (DESIGN.md 2).
MAX_DRIFT_NS = 100_000_000
_EXACT_STEP_NS = 3_000_000  # a sound server tells capture times to 0.1 ms, one in a thousand wrong by up to 5 ms
_EXACT_PATIENCE = 10  # 0.16 s: under load wrong ones come in threes
_PACE = 10_000  # 100 ppm, what crystals differ by; at 1000 ppm the stamps trembled and 20 dB less echo was removed


class SampleClock:
    """Capture time from counted samples, held against measured times.

    The count is what makes stamps even; the measurement keeps the count honest. When `patience` measurements in a
    row differ from the count by more than 100 ms, the clock jumps by the smallest of these differences: one late
    delivery changes nothing, lost audio or a wall clock that was set does.

    exact: the measurements are the device's own. Then ten in a row that differ by 3 ms are lost audio, and less is followed
    at 100 ppm, so that the two clocks do not part by 3 ms a minute. An echo canceller lives on this.
    """

    def __init__(self, rate: int, patience: int, *, exact: bool = False) -> None:
        self._rate = rate
        self._exact = exact
        self._patience = _EXACT_PATIENCE if exact else patience
        self._step_ns = _EXACT_STEP_NS if exact else MAX_DRIFT_NS
        self._counted = 0
        self._anchor_ns: int | None = None
        self._off: list[int] = []
        self.reanchored = 0

    def observe(self, measured_ns: int, samples: int) -> None:
        """Say when the next `samples` samples were captured, as well as it is known; then they are counted."""
        if self._anchor_ns is None:
            self._anchor_ns = measured_ns
        offset = measured_ns - self.stamp(self._counted, self._rate)
        if abs(offset) <= self._step_ns:
            self._off.clear()
            if self._exact:
                lead_ns = samples_to_ns(samples, self._rate) // _PACE
                self._anchor_ns += max(-lead_ns, min(lead_ns, offset))
        else:
            self._off.append(offset)
            if len(self._off) >= self._patience:
                self._anchor_ns += min(self._off, key=abs)
                self._off.clear()
                self.reanchored += 1
        self._counted += samples

    def stamp(self, sample: int, rate: int) -> int:
        """Capture time in ns of a sample counted at `rate` since the first observation."""
        return (self._anchor_ns or 0) + samples_to_ns(sample, rate)


class Chunker:
    """Cuts a stream of int16 pieces into pieces of exactly 512 samples."""

    def __init__(self) -> None:
        self._rest: Int16 = np.zeros(0, np.int16)

    @property
    def waiting(self) -> int:
        """Samples held back until a chunk is full."""
        return len(self._rest)

    def push(self, samples: Int16) -> list[Int16]:
        """All chunks that are full now."""
        data = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        whole = len(data) // CHUNK_SAMPLES * CHUNK_SAMPLES
        self._rest = data[whole:].copy()
        return list(data[:whole].reshape(-1, CHUNK_SAMPLES))


class EdgeConverter:
    """int16 audio of any format with measured capture times -> AudioChunks of 512 samples at 16 kHz.

    Args:
        source: rate and channels of what comes in.
        channel: which channel to take, MIX for the mean.
        patience: measurements in a row that must disagree before the sample clock jumps.
        exact: see SampleClock.
    """

    def __init__(self, source: AudioFormat, channel: int = MIX, patience: int = 3, *, exact: bool = False) -> None:
        self.source = source
        self.clock = SampleClock(source.sample_rate, patience, exact=exact)
        self._resampler = StreamResampler(source, channel)
        self._chunker = Chunker()
        self._emitted = 0

    def convert(self, samples: Int16, captured_ns: int) -> list[AudioChunk]:
        """int16[n] interleaved, captured (its first sample) at `captured_ns`; the chunks that are full now."""
        self.clock.observe(captured_ns, len(samples) // self.source.channels)
        chunks = []
        for piece in self._chunker.push(self._resampler.process(samples)):
            chunks.append(AudioChunk(self.clock.stamp(self._emitted, SAMPLE_RATE), piece))
            self._emitted += CHUNK_SAMPLES
        return chunks
