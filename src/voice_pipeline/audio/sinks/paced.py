"""A sink that takes as long as a speaker would and plays nothing; also the clock of the file sink."""

from __future__ import annotations

import threading

from voice_pipeline.audio.clock import Clock, SystemClock
from voice_pipeline.audio.formats import Int16, samples_to_ns
from voice_pipeline.audio.sinks.protocol import DEFAULT_RATE

# A loaded machine is late by some periods and catches up; a machine that slept goes on from now.
_MAX_LATE_NS = 500_000_000


class NullSink:
    """Every block lasts until its deadline, so the pace does not drift however late single calls are.

    Args:
        sample_rate: Hz; 0 for 24 kHz.
        clock: paces it.
    """

    wants_silence = False

    def __init__(self, sample_rate: int = 0, clock: Clock | None = None) -> None:
        self.sample_rate = sample_rate or DEFAULT_RATE
        self.underruns = 0
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._next_ns = 0

    def open(self) -> None:
        """Start its clock."""
        self._closed.clear()
        self._next_ns = self._clock.monotonic_ns()

    def begin(self, idle_s: float) -> None:
        """The next block starts now."""
        self._next_ns = self._clock.monotonic_ns()

    def write(self, block: Int16) -> int:
        """Return when the block would have been played; wall ns of its first sample."""
        now = self._clock.monotonic_ns()
        if now - self._next_ns > _MAX_LATE_NS:
            self._next_ns = now
        start_ns = self._clock.wall_ns() + self._next_ns - now
        self._next_ns += samples_to_ns(len(block), self.sample_rate)
        self.take(block)
        self._clock.wait_until(self._next_ns, self._closed)
        return start_ns

    def take(self, block: Int16) -> None:
        """What a sink of this family does with the samples."""

    def close(self) -> None:
        """End a write that waits."""
        self._closed.set()
