"""The player: one thread between a Playlist and a sink, which tells what was really played by the sink's clock."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Callable

from voice_pipeline.audio.clock import Clock, SystemClock
from voice_pipeline.audio.formats import NS, Int16, samples_to_ns
from voice_pipeline.audio.gain import Gain
from voice_pipeline.audio.meter import Meter, Report, State
from voice_pipeline.audio.playlist import Playlist
from voice_pipeline.audio.sinks.protocol import AudioSink
from voice_pipeline.audio.track import SpeechChunk, Track
from voice_pipeline.errors import VoiceError

_REPORT_NS = NS // 20  # while something plays or is paused
# Between attempts to reopen a sink that broke: back within 3 s of being plugged in, and an attempt costs milliseconds.
_BACK_OFF_S = (0.25, 0.5, 1.0, 1.5)


class Player:
    """Plays what it is fed. All methods but step() may be called from any thread and return at once.

    Args:
        sink: an opened one; the player closes it.
        on_report: told every change, and 20 times a second while sound plays; on the player's thread.
        on_audio: gets every block with sound in it as it was played, and the wall ns of its first sample.
        period_s: seconds of one block; orders take effect within one.
        volume: 0..1.
        stream_timeout_s: a clause whose chunks stop without a last one ends after this.
        longest_pause_s: a pause that nobody ends is ended after this.
        on_notice: told what happened that nobody ordered; on the player's thread.
        clock: for deadlines.
    """

    def __init__(
        self,
        sink: AudioSink,
        on_report: Callable[[Report], None],
        on_audio: Callable[[Int16, int], None] | None = None,
        *,
        period_s: float = 0.020,
        volume: float = 1.0,
        stream_timeout_s: float = 10.0,
        longest_pause_s: float = 10.0,
        on_notice: Callable[[str], None] = lambda _: None,
        clock: Clock | None = None,
    ) -> None:
        self._sink = sink
        self._on_report = on_report
        self._on_audio = on_audio
        self._clock = clock or SystemClock()
        self._rate = sink.sample_rate
        self._count = max(1, round(period_s * self._rate))
        self._playlist = Playlist(self._rate, stream_timeout_s)
        self._meter = Meter(self._rate, period_s)
        self._gain = Gain(self._rate, volume)
        self._volume = volume
        self._duck = 1.0
        self._longest_pause_ns = int(longest_pause_s * NS)
        self._on_notice = on_notice
        self._paused_ns = 0  # since when, of the last order to pause
        self._told_paused = False
        self.pauses_ended = 0  # by the player itself
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._reported_ns = 0
        self._rested_ns = self._clock.monotonic_ns()
        self._idle = True
        self._writing_ns = 0  # since when the sink is busy with a block
        self._failures = 0
        self._retry_ns = 0
        self.fault = ""  # why nothing can be played at present
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, give up what waits (reported as flushed), close the sink."""
        self._stop.set()
        self._orders.put(lambda: None)
        if self._thread.is_alive():
            self._thread.join(2.0)  # a write takes one period; a device that hangs in it is closed under its feet
        self._sink.close()
        for track in self._meter.give_up() + self._playlist.clear():
            self._report(State.FLUSHED, track)

    def feed(self, chunk: SpeechChunk) -> None:
        """Queue a chunk of speech."""
        self._orders.put(lambda: self._feed(chunk))

    def flush(self, say_id: str = "") -> None:
        """Give up one clause, or everything."""
        self._orders.put(lambda: self._playlist.flush(say_id))

    def pause(self) -> None:
        """Stop where it is, keep the rest."""
        self._orders.put(self._pause)

    def resume(self) -> None:
        """Go on after a pause."""
        self._orders.put(self._playlist.resume)

    def duck(self, gain_db: float) -> None:
        """Go on more quietly; 0 ends it. What is no number changes nothing, what is louder counts as 0."""
        if not math.isnan(gain_db):
            self._orders.put(lambda: self._loudness(duck=10 ** (min(0.0, gain_db) / 20)))

    def set_volume(self, volume: float) -> None:
        """0..1, from the next block on."""
        self._orders.put(lambda: self._loudness(volume=min(1.0, max(0.0, volume))))

    @property
    def paused(self) -> bool:
        """True between pause and resume."""
        return self._playlist.paused

    @property
    def underruns(self) -> int:
        """Times the sink or a clause ran dry inside a clause."""
        return self._playlist.underruns + self._sink.underruns

    @property
    def stalled_s(self) -> float:
        """Seconds the sink has been busy with one block; some drivers hang when their device is pulled out."""
        begun = self._writing_ns
        return (self._clock.monotonic_ns() - begun) / NS if begun else 0.0

    def step(self) -> None:
        """Take the orders that wait, then play one block, or nothing when there is nothing to play."""
        self._try(self._step)

    def _step(self) -> None:
        while not self._orders.empty():
            self._orders.get()()
        if self.fault:
            self._reopen_when_due()
            return
        self._end_pause_when_due()
        self._report_flushed()
        if self._resting:
            self._rest()
        else:
            self._play()

    def _try(self, act: Callable[[], None]) -> None:
        """The boundary of the thread: if it ended, the robot would be silent without a word."""
        try:
            act()
        except Exception as error:
            if self._stop.is_set():
                return
            known = isinstance(error, VoiceError)
            self._break(str(error) if known else f"the player failed ({type(error).__name__}: {error}). Report it.")

    def _run(self) -> None:
        while not self._stop.is_set():
            if self.fault:
                self._take_order(max(0.01, (self._retry_ns - self._clock.monotonic_ns()) / NS))
            elif self._resting and self._idle:
                self._take_order(self._pause_left_s)
            if not self._stop.is_set():
                self.step()

    def _pause(self) -> None:
        self._playlist.pause()
        self._paused_ns = self._clock.monotonic_ns()  # asked again: wanted for as long again

    @property
    def _pause_left_s(self) -> float | None:
        """Seconds until a pause is ended; None when there is none."""
        if not self._playlist.paused:
            return None
        return max(0.0, (self._paused_ns + self._longest_pause_ns - self._clock.monotonic_ns()) / NS)

    def _end_pause_when_due(self) -> None:
        if self._pause_left_s != 0.0:
            return
        self._playlist.resume()
        self.pauses_ended += 1
        self._on_notice(
            f"the pause was ended after {self._longest_pause_ns / NS:g} s: nobody sent RESUME or FLUSH. "
            "See whether the node that paused still runs, or raise `longest_pause_s`."
        )

    def _take_order(self, timeout_s: float | None) -> None:
        try:
            order = self._orders.get(timeout=timeout_s)
        except queue.Empty:
            return
        self._try(order)

    @property
    def _resting(self) -> bool:
        nothing = self._playlist.current is None and not self._meter.pending
        return nothing and not (self._sink.wants_silence and self._idle)

    def _rest(self) -> None:
        if not self._idle:
            self._idle = True
            self._rested_ns = self._clock.monotonic_ns()
            self._meter.silence()
            self._report(State.IDLE)

    def _play(self) -> None:
        now = self._clock.monotonic_ns()
        if self._idle and self._playlist.current is not None:
            self._idle = False
            self._sink.begin((now - self._rested_ns) / NS)
        block, segments = self._playlist.render(self._count, now)
        self._report_flushed()
        block = self._gain.apply(block)
        self._writing_ns = now
        start_ns = self._sink.write(block)
        self._writing_ns = 0
        if segments and self._on_audio is not None:
            self._on_audio(block, start_ns)
        changed = self._meter.account(block, segments, start_ns)
        for track, detail in self._playlist.finished:
            self._meter.finishing(track, detail, segments, start_ns)
        self._playlist.finished.clear()
        self._report_progress(changed)
        # Half a block of tolerance: a paced sink returns when the block ends, give or take the scheduler.
        heard_ns = self._clock.wall_ns() + samples_to_ns(self._count, self._rate) // 2
        for track, detail in self._meter.finished(heard_ns):
            self._report(State.FINISHED, track, detail)

    def _report_progress(self, changed: list[Track]) -> None:
        now = self._clock.monotonic_ns()
        for one in changed:
            self._report(State.PLAYING, one)
            self._reported_ns = now
        track, paused = self._playlist.current, self._playlist.paused
        if track is not None and (paused != self._told_paused or now - self._reported_ns >= _REPORT_NS):
            self._reported_ns = now
            self._report(State.PAUSED if paused else State.PLAYING, track)
        self._told_paused = paused

    def _report_flushed(self) -> None:
        flushed, self._playlist.flushed = self._playlist.flushed, []
        for track in flushed:
            self._report(State.FLUSHED, track)

    def _report(self, state: State, track: Track | None = None, detail: str = "") -> None:
        self._on_report(self._meter.report(state, track, self._playlist.seconds_queued, self.underruns, detail))

    def _feed(self, chunk: SpeechChunk) -> None:
        fault = self.fault
        if not fault:
            try:
                self._playlist.add(chunk, self._clock.monotonic_ns())
            except VoiceError as error:
                fault = str(error)
        if fault and self._playlist.drop(chunk.say_id):
            self._report(State.FAILED, Track(chunk.say_id, chunk.turn_id, self._rate, 0), fault)

    def _loudness(self, volume: float | None = None, duck: float | None = None) -> None:
        self._volume = self._volume if volume is None else volume
        self._duck = self._duck if duck is None else duck
        self._gain.target = self._volume * self._duck
        if self._idle:
            self._gain.jump()

    def _break(self, fault: str) -> None:
        """The sink broke: say so for every clause that waits, and try again later."""
        self._writing_ns = 0
        self.fault = fault
        lost = self._meter.give_up() + self._playlist.clear()
        self._sink.close()
        self._plan_retry()
        for track in lost:
            self._report(State.FAILED, track, self.fault)

    def _plan_retry(self) -> None:
        wait_s = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
        self._failures += 1
        self._retry_ns = self._clock.monotonic_ns() + int(wait_s * NS)

    def _reopen_when_due(self) -> None:
        if self._clock.monotonic_ns() < self._retry_ns:
            return
        try:
            self._sink.open()
            if self._sink.sample_rate != self._rate:
                raise VoiceError(
                    f"the sink came back with {self._sink.sample_rate} Hz instead of {self._rate}.",
                    "Set `sample_rate`, or deactivate and activate audio_player.",
                )
        except VoiceError as error:
            self._sink.close()  # it may be half open
            self.fault = str(error)
            self._plan_retry()
            return
        self.fault = ""
        self._failures = 0
        self._idle = True
        self._report(State.IDLE)
