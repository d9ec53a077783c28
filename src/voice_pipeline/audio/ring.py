"""The recent past of a stream, found by capture time: pre-roll and late cuts need audio that has gone by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import SAMPLE_RATE, AudioChunk, Int16, ns_to_samples, samples_to_ns

# Stamps that differ from the running count by less than this are rounding or jitter, not a gap (half a 32 ms chunk).
_TOLERANCE = 256
# Further back than any two devices' stamps differ: the system's clock was set, and time that was heard comes again.
_SET_BACK = SAMPLE_RATE


@dataclass(frozen=True)
class Cut:
    """A piece of the past.

    Args:
        samples: int16[n], what was held of the range that was asked for.
        start_ns: capture time of samples[0].
        lost: samples at the head of the range that are no longer held (or came before the first).
        pending: samples at its tail that have not arrived yet.
    """

    samples: Int16
    start_ns: int
    lost: int
    pending: int


class AudioRing:
    """Keeps the last `seconds` of 16 kHz mono audio. Not locked: one thread writes and cuts, or the owner locks.

    A gap between stamps is filled with silence, so that time and samples stay in step; a chunk that overlaps what
    is there loses its head. A jump forward by more than the capacity, or back by more than a second, starts afresh.

    Args:
        seconds: how much is held.
        tolerance: samples; stamps that differ by no more from the running count are joined.
    """

    def __init__(self, seconds: float = 60.0, tolerance: int = _TOLERANCE) -> None:
        self._tolerance = tolerance
        self._size = int(seconds * SAMPLE_RATE)
        self._data = np.zeros(self._size, np.int16)
        self.clear()
        self.gaps = 0  # how often stamps jumped, since construction
        self.filled = 0  # samples of silence written for gaps
        self.overlapped = 0  # samples dropped because their time had been written already

    def clear(self) -> None:
        """Forget all audio."""
        self._anchor_ns = 0  # capture time of sample 0
        self._written = 0  # samples since the anchor
        self._empty = True

    @property
    def start_ns(self) -> int:
        """Capture time of the oldest sample held; 0 when empty."""
        return self._time(max(0, self._written - self._size))

    @property
    def end_ns(self) -> int:
        """Capture time just after the newest sample; 0 when empty."""
        return self._time(self._written)

    def append(self, chunk: AudioChunk) -> None:
        """Add a chunk at the time of its stamp."""
        samples = chunk.samples
        if self._empty:
            self._restart(chunk.stamp_ns)
        offset = ns_to_samples(chunk.stamp_ns - self._anchor_ns) - self._written
        if offset > self._size or offset < -min(self._size, _SET_BACK):
            self.gaps += 1
            self._restart(chunk.stamp_ns)
        elif offset > self._tolerance:
            self.gaps += 1
            self.filled += offset
            self._write(np.zeros(offset, np.int16))
        elif offset < -self._tolerance:
            self.gaps += 1
            self.overlapped += min(-offset, len(samples))
            samples = samples[-offset:]
        self._write(samples)

    def cut(self, start_ns: int, end_ns: int) -> Cut:
        """A copy of what is held between two capture times."""
        if self._empty:
            return Cut(np.zeros(0, np.int16), start_ns, 0, max(0, ns_to_samples(end_ns - start_ns)))
        first = ns_to_samples(start_ns - self._anchor_ns)
        last = max(first, ns_to_samples(end_ns - self._anchor_ns))
        low = max(0, self._written - self._size)
        begin = min(max(first, low), self._written)
        end = min(max(last, begin), self._written)
        index = np.arange(begin, end) % self._size
        lost = max(0, min(low, last) - first)
        return Cut(self._data[index], self._time(begin), lost, max(0, last - max(first, self._written)))

    def _restart(self, stamp_ns: int) -> None:
        self._anchor_ns = stamp_ns
        self._written = 0
        self._empty = False

    def _time(self, sample: int) -> int:
        return 0 if self._empty else self._anchor_ns + samples_to_ns(sample)

    def _write(self, samples: Int16) -> None:
        tail = samples[-self._size :]
        position = (self._written + len(samples) - len(tail)) % self._size
        head = min(len(tail), self._size - position)
        self._data[position : position + head] = tail[:head]
        self._data[: len(tail) - head] = tail[head:]
        self._written += len(samples)
