"""Audio that somebody else delivers (another node's topic): a bounded queue, converted to the pipeline's format."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator

from voice_pipeline.audio.convert import EdgeConverter
from voice_pipeline.audio.formats import AudioChunk, AudioFormat, Int16
from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.sources.protocol import SourceCounters
from voice_pipeline.errors import VoiceError

# About 4 s of 20 ms messages: longer than any stall of the reader, shorter than what is still worth hearing.
_CAPACITY = 200
# One message late by more than 100 ms is a stalled sender; three in a row are lost audio.
_PATIENCE = 3

_Item = tuple[Int16, AudioFormat, int]


class PushSource:
    """A source that is fed with push() from another thread.

    Args:
        channel: which channel to take, MIX for the mean of all.
        patience: late measurements in a row before the sample clock jumps.
        timeout_s: chunks() raises when nothing was pushed for so long; None waits for ever.
        exact: the times that are pushed are the device's own; see SampleClock.
    """

    def __init__(
        self, channel: int = MIX, patience: int = _PATIENCE, timeout_s: float | None = None, *, exact: bool = False
    ) -> None:
        self._exact = exact
        self.counters = SourceCounters()
        self._channel = channel
        self._patience = patience
        self._timeout_s = timeout_s
        self._queue: queue.Queue[_Item | VoiceError | None] = queue.Queue(_CAPACITY)
        self._closed = False
        self.tap: Callable[[Int16, AudioFormat, int], None] | None = None  # gets what push() got, all channels of it

    def open(self) -> AudioFormat:
        """Nothing to open; the format comes with the audio."""
        return AudioFormat()

    def push(self, samples: Int16, source: AudioFormat, captured_ns: int) -> bool:
        """Hand in int16[n] interleaved, its first sample captured at `captured_ns`. Returns at once; False when it
        was lost because the queue is full (counted as an overrun)."""
        try:
            self._queue.put_nowait((samples, source, captured_ns))
        except queue.Full:
            self.counters.overruns += 1
            return False
        return True

    def fail(self, error: VoiceError) -> None:
        """Make chunks() raise `error` after what was pushed before."""
        try:
            self._queue.put_nowait(error)
        except queue.Full:  # the reader is stuck; what waits is stale anyway
            self._queue.get_nowait()
            self._queue.put_nowait(error)

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks as the audio arrives, until close().

        Raises:
            VoiceError: fail() was called, nothing came for timeout_s, or the audio has no such channel.
        """
        converter: EdgeConverter | None = None
        while not self._closed:
            try:
                item = self._queue.get(timeout=self._timeout_s)
            except queue.Empty:
                raise VoiceError(
                    f"no sound arrived for {self._timeout_s:g} s.", "Check the cable; the source is reopened by itself."
                ) from None
            if item is None:
                return
            if isinstance(item, VoiceError):
                raise item
            samples, source, captured_ns = item
            if self.tap is not None:
                self.tap(samples, source, captured_ns)
            if converter is None or converter.source != source:
                converter = EdgeConverter(source, self._channel, self._patience, exact=self._exact)
            before = converter.clock.reanchored
            yield from converter.convert(samples, captured_ns)
            self.counters.gaps += converter.clock.reanchored - before

    def close(self) -> None:
        """End chunks()."""
        self._closed = True
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            pass  # the reader is busy and sees the flag next
