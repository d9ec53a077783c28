"""What the loudspeaker played, on one line of time: 16 kHz, silence where nothing was. Written by the topic's thread,
read by the microphone's."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np
import numpy.typing as npt

from voice_pipeline.audio.clock import Clock, SystemClock
from voice_pipeline.audio.echo.quick_resampler import QuickResampler
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioChunk, AudioFormat, Int16, ns_to_samples, samples_to_ns
from voice_pipeline.audio.resample import MIX, to_mono
from voice_pipeline.audio.ring import AudioRing

_HELD_S = 4.0  # longer than the longest delay plus what the delay is estimated from
_JITTER_NS = 16_000_000  # a stamp that is off by less is the scheduler's, not a gap (a block is 20 ms)
_EXACT_NS = 500_000  # stamps that differ by less from block to block are the device's own (a sound server's: 0.1 ms)
_STEP_NS = 3_000_000  # what such a stamp is off by more is a gap; less is a clock's drift, which the delay follows
_REMEMBERED = 15  # blocks, 0.3 s
_PAUSE_NS = 100_000_000  # off by more: a pause, a flush, another answer
_SAME_GRID_NS = 300_000  # a pause of whole blocks to within this: the loudspeaker kept counting, so does the line
_LONGEST_PAUSE_NS = 60 * NS  # clocks drift apart by more than that meanwhile
_AHEAD_NS = 5 * NS  # what sounds later than this was played before the system's clock was set back
_AUDIBLE = 16  # of 32768, -66 dBFS: below it nothing comes back that a microphone hears


class PlayedReference:
    """A line of time that blocks of any rate are laid on by their stamps.

    Blocks that follow each other are joined by counting, since the stamps of a device are late by what the scheduler
    makes of them; a stamp that is off twice in a row, or by more than 100 ms, begins a new run. Where stamps have been
    exact, one that is off by 3 ms does: the loudspeaker ran dry. Exact stamps that leave out whole blocks are the same
    run: between two answers the loudspeaker plays blocks of silence that nobody is told of. A new run would lie up to
    half a sample and 0.1 ms beside the one before, which a canceller has to learn anew (39 dB removed became 21).

    Args:
        clock: for waiting.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._came = threading.Event()
        self._ring = AudioRing(_HELD_S, tolerance=1)  # what belongs together is counted here already
        self._format: AudioFormat | None = None
        self._resampler = QuickResampler(SAMPLE_RATE)
        self._run_ns = 0  # stamp of the run's first sample
        self._counted = 0  # samples of the run in its own rate
        self._written = 0  # and at 16 kHz
        self._off = 0  # by how much the newest block was off, ns
        self._wobble: deque[int] = deque(maxlen=_REMEMBERED)  # by how much more or less than the one before, ns
        self._taken_ns = 0  # the reader has used everything before
        self._gave_up_ns = 0  # end of the line when the reader waited in vain
        self._begun: deque[int] = deque(maxlen=_REMEMBERED)  # stamps of the last runs
        self._resumed: deque[int] = deque(maxlen=_REMEMBERED)  # and of where they went on after a pause
        self.sounding_ns = 0  # when the last sound ends, by the stamps
        self.blocks = 0
        self.late = 0  # blocks that came after the microphone's audio of that time had gone out

    @property
    def end_ns(self) -> int:
        """Time just after the newest sample; 0 before the first."""
        return self._ring.end_ns

    def push(self, samples: Int16, source: AudioFormat, start_ns: int) -> None:
        """Add int16[n] interleaved; its first sample is heard at `start_ns`."""
        mono = to_mono(samples.reshape(-1, source.channels), MIX)
        if not len(mono):
            return
        with self._lock:
            before = self._off
            if self._begins_run(source, start_ns) and not self._goes_on(source, start_ns, len(mono), before):
                self._end_run()
                self._begin_run(source, start_ns)
            expected = self._run_ns + samples_to_ns(self._counted, source.sample_rate)
            self._counted += len(mono)
            end_ns = expected + samples_to_ns(len(mono), source.sample_rate)
            if int(np.abs(mono.astype(np.int32)).max()) > _AUDIBLE:
                before_ns = self.sounding_ns if self.sounding_ns - end_ns < _AHEAD_NS else 0
                self.sounding_ns = max(before_ns, end_ns)
            self.blocks += 1
            self.late += expected < self._taken_ns
            self._append(self._resampler.process(mono))
        self._came.set()

    def sounds_at(self, stamp_ns: int, tail_ns: int) -> bool:
        """Whether something was heard at this time, or up to `tail_ns` before."""
        return self.sounding_ns - _AHEAD_NS < stamp_ns < self.sounding_ns + tail_ns

    def wait_for(self, end_ns: int, longest_s: float) -> None:
        """Return when the line reaches `end_ns`, at once when nothing is being played, at the latest after the wait."""
        deadline = self._clock.monotonic_ns() + int(longest_s * NS)
        while self._worth_waiting(end_ns):
            self._came.clear()
            if self._worth_waiting(end_ns) and not self._wait(deadline):
                self._gave_up_ns = self.end_ns  # it stopped, or it is too late: no more waiting until something comes
                return

    def read(self, start_ns: int, count: int, stretch: float = 0.0, *, take: bool = False) -> npt.NDArray[np.float64]:
        """float64[count] in units of int16: what was heard from `start_ns` on; silence where nothing is known.

        Args:
            start_ns: any time, also between two samples.
            count: samples.
            stretch: by how many samples the last one lies later than `count` says; for a delay that changes.
            take: what is pushed before the end of this from now on counts as late.
        """
        with self._lock:
            first_ns = start_ns - samples_to_ns(1)
            room = count + 4 + abs(round(stretch))
            cut = self._ring.cut(first_ns, first_ns + samples_to_ns(room))
            if take:
                self._taken_ns = max(self._taken_ns, start_ns + samples_to_ns(count))
        if not len(cut.samples):
            return np.zeros(count)
        line: npt.NDArray[np.float64] = np.zeros(room + 2)
        offset = ns_to_samples(cut.start_ns - first_ns)
        fitting = cut.samples[: len(line) - offset]
        line[offset : offset + len(fitting)] = fitting
        begin = offset + (start_ns - cut.start_ns) * SAMPLE_RATE / NS
        at = begin + np.arange(count) * (1.0 + stretch / max(1, count))
        found: npt.NDArray[np.float64] = np.interp(at, np.arange(len(line)), line)
        return found

    def begins_within(self, start_ns: int, end_ns: int) -> bool:
        """Whether a run begins there: what is played from then on is in step by its stamp, not by counting."""
        with self._lock:
            return any(start_ns <= begun < end_ns for begun in self._begun)

    def resumes_within(self, start_ns: int, end_ns: int) -> bool:
        """Whether a run goes on there after a pause, in step by counting."""
        with self._lock:
            return any(start_ns <= resumed < end_ns for resumed in self._resumed)

    def _begins_run(self, source: AudioFormat, start_ns: int) -> bool:
        if source != self._format:
            return True
        off = start_ns - self._run_ns - samples_to_ns(self._counted, source.sample_rate)
        before, self._off = self._off, off
        exact = self._exact
        self._wobble.append(abs(off - before))
        if abs(off) > (_STEP_NS if exact else _PAUSE_NS):
            return True
        return abs(off) > _JITTER_NS and abs(before) > _JITTER_NS and (off > 0) == (before > 0)

    @property
    def _exact(self) -> bool:
        return len(self._wobble) == _REMEMBERED and sorted(self._wobble)[_REMEMBERED // 2] < _EXACT_NS

    def _goes_on(self, source: AudioFormat, start_ns: int, count: int, before: int) -> bool:
        """After a pause of whole blocks: the line is filled with silence up to this one, and counting goes on."""
        if source != self._format or not self._exact or not 0 < self._off < _LONGEST_PAUSE_NS:
            return False
        block_ns = samples_to_ns(count, source.sample_rate)
        left_out = self._off - before
        blocks = round(left_out / block_ns)
        if blocks < 1 or abs(left_out - blocks * block_ns) > _SAME_GRID_NS or count * SAMPLE_RATE % source.sample_rate:
            return False
        silence = blocks * count
        # The end of what sounded comes out of the resampler with the first block; the rest of the pause is not pushed.
        self._append(self._resampler.process(np.zeros(count, np.int16)))
        self._written += (silence - count) * SAMPLE_RATE // source.sample_rate
        self._counted += silence
        self._off -= silence * NS // source.sample_rate
        self._resumed.append(start_ns)
        return True

    def _begin_run(self, source: AudioFormat, start_ns: int) -> None:
        self._format = source
        self._resampler = QuickResampler(source.sample_rate)
        self._run_ns, self._counted, self._written, self._off = start_ns, 0, 0, 0
        self._begun.append(start_ns)

    def _end_run(self) -> None:
        if self._format is not None and self._counted:
            self._append(self._resampler.process(np.zeros(0, np.int16), last=True))

    def _append(self, samples: Int16) -> None:
        if len(samples):
            self._ring.append(AudioChunk(self._run_ns + samples_to_ns(self._written), samples))
            self._written += len(samples)

    def _worth_waiting(self, end_ns: int) -> bool:
        reached = self.end_ns
        return reached != self._gave_up_ns and 0 < end_ns - reached < _PAUSE_NS

    def _wait(self, deadline_ns: int) -> bool:
        if self._clock.monotonic_ns() >= deadline_ns:
            return False
        self._clock.wait_until(deadline_ns, self._came)
        return True
