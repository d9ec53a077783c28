"""One clause on its way to the sink: puts chunks in order, brings them to the sink's rate, counts what was played."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr

from voice_pipeline.audio.formats import Int16, from_bytes
from voice_pipeline.audio.resample import to_mono
from voice_pipeline.errors import VoiceError

# A chunk that overtook another waits this long for it; then the other is lost.
_PATIENCE_NS = 60_000_000
_EARLY = 256  # chunks: what so many have overtaken does not come any more
_RATES = range(4_000, 192_001)


@dataclass(frozen=True)
class SpeechChunk:
    """A piece of a clause as it arrives.

    Args:
        say_id, turn_id: whose it is.
        sequence: 0, 1, 2, ...
        sample_rate: Hz.
        channels: interleaved.
        is_last: none of this say_id follows.
        data: S16LE bytes.
    """

    say_id: str
    turn_id: str
    sequence: int
    sample_rate: int
    channels: int
    is_last: bool
    data: bytes


class Track:
    """The sound of one say_id, mono int16 at `rate` Hz."""

    def __init__(self, say_id: str, turn_id: str, rate: int, now_ns: int) -> None:
        self.say_id = say_id
        self.turn_id = turn_id
        self.written = 0  # samples given to the sink
        self.first_sample_ns = 0
        self.first_audible_ns = 0
        self.missing = 0  # chunks that never came
        self.malformed = 0  # chunks with half a sample
        self.flushing = False
        self.dry = False  # ran out of sound inside the clause, counted
        self.arrived_ns = now_ns  # monotonic, of the last chunk
        self._gap_ns = now_ns  # since when one is awaited that others have overtaken
        self._rate = rate
        self._early: dict[int, SpeechChunk] = {}
        self._next = 0
        self._last: int | None = None
        self._ready: list[Int16] = []
        self._available = 0
        self._resampler: soxr.ResampleStream | None = None
        self._from_rate = 0

    @property
    def available(self) -> int:
        """Samples ready to be played."""
        return self._available

    @property
    def complete(self) -> bool:
        """True when nothing more will come; what is available is the rest."""
        return self._last is not None and self._next > self._last

    def add(self, chunk: SpeechChunk, now_ns: int) -> None:
        """Take a chunk. Doubles, those that come too late and those behind the last one are ignored.

        Raises:
            VoiceError: a rate or channel count that no sound has.
        """
        if chunk.sample_rate not in _RATES or not 1 <= chunk.channels <= 32:
            raise VoiceError(
                f"speech with {chunk.sample_rate} Hz and {chunk.channels} channels cannot be played.",
                "Set sample_rate and channels of SpeechAudio to what the audio has.",
            )
        self.arrived_ns = now_ns
        if chunk.sequence < self._next or self.complete:
            return
        if not self._early or chunk.sequence == self._next:
            self._gap_ns = now_ns
        self._early[chunk.sequence] = chunk
        self._join()
        if len(self._early) > _EARLY:
            self._skip()

    def skip_missing(self, now_ns: int) -> None:
        """Give up chunks that did not come in time, so that those after them are played."""
        if self._early and now_ns - self._gap_ns > _PATIENCE_NS:
            self._skip()

    def _skip(self) -> None:
        first = min(self._early)
        self.missing += first - self._next
        self._next = first
        self._join()

    def give_up_waiting(self) -> None:
        """Nothing more will come: its sender went away."""
        self._last = self._next - 1

    def take(self, count: int) -> Int16:
        """Up to `count` samples, which count as written."""
        parts: list[Int16] = []
        left = count
        while left and self._ready:
            head = self._ready[0]
            if len(head) <= left:
                parts.append(self._ready.pop(0))
            else:
                parts.append(head[:left])
                self._ready[0] = head[left:]
            left -= len(parts[-1])
        taken = count - left
        self._available -= taken
        self.written += taken
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def _join(self) -> None:
        while (chunk := self._early.pop(self._next, None)) is not None:
            if chunk.is_last:
                self._last = chunk.sequence
            self._next += 1
            self._append(chunk)
        if self.complete:
            self._early.clear()

    def _append(self, chunk: SpeechChunk) -> None:
        frame = 2 * chunk.channels
        whole = len(chunk.data) // frame * frame
        if whole != len(chunk.data):
            self.malformed += 1
        mono = to_mono(from_bytes(chunk.data[:whole]).reshape(-1, chunk.channels))
        sound = self._resampled(mono, chunk.sample_rate, chunk.is_last)
        if len(sound):
            self._ready.append(sound)
            self._available += len(sound)

    def _resampled(self, mono: Int16, rate: int, last: bool) -> Int16:
        if rate != self._from_rate:  # a clause keeps its rate; if it does not, the filter starts anew
            self._from_rate = rate
            self._resampler = None if rate == self._rate else soxr.ResampleStream(rate, self._rate, 1, dtype="int16")
        if self._resampler is None:
            return mono
        out: Int16 = self._resampler.resample_chunk(mono, last=last)
        return out
