"""From voice activity and audio to transcripts: what is transcribed when, and what is told of it. No ROS, no model."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from voice_pipeline.asr.intake import Intake
from voice_pipeline.asr.jobs import Job, JobQueue, Priority, Result, Segment, seconds
from voice_pipeline.asr.partial_schedule import PartialSchedule
from voice_pipeline.asr.protocol import Transcriber, Transcription
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.asr.stable_prefix import StablePrefix
from voice_pipeline.audio.formats import NS, AudioChunk, to_float
from voice_pipeline.audio.ring import AudioRing

# A partial that takes longer than this would hold up the final behind it: none until the engine is faster again.
_SLOWEST_PARTIAL_NS = NS
# The detector's last frame of speech may cut a consonant: a running partial serves as the guess of a pause only if
# it has heard this much more.
_COVERS_NS = NS // 20


@dataclass
class RecognizerCounters:
    """Since construction."""

    finals: int = 0
    speculation_hits: int = 0  # finals that were ready when the utterance ended
    rejected: int = 0
    failures: int = 0  # transcriptions that raised
    incomplete: int = 0  # utterances of which some audio was missing
    last_error: str = ""  # of the newest transcription; empty when it went well


@dataclass
class _Open:
    """The utterance that is being spoken."""

    id: str
    audio_start_ns: int
    paused: bool = False
    prefix: StablePrefix = field(default_factory=StablePrefix)
    guess: Result | None = None  # of its last pause; good for an end with the same speech only


class Recognizer:
    """Keeps the recent audio, and turns each ended utterance into exactly one final Result.

    At a pause it transcribes ahead: when the utterance ends without another word, the result is there at once.
    Everything but `work` returns in microseconds; call `work` on a worker thread whenever one of them returned True.

    Args:
        transcriber: the engine; used by `work` only.
        rules: what is not passed on.
        emit: gets every Result, partial and final, in order; from any thread, and must not call back.
        language: hint for the engine.
        speculate: transcribe at pauses, and emit the result as a speculative one.
        partials: when words are asked for while somebody speaks; None for never.
        ring_seconds: how much audio is kept: the longest utterance and the longest wait together.
        wall_ns: the system clock.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        rules: RejectionRules,
        emit: Callable[[Result], None],
        *,
        language: str = "",
        speculate: bool = True,
        partials: PartialSchedule | None = None,
        ring_seconds: float = 60.0,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.counters = RecognizerCounters()
        self._intake = Intake(ring_seconds)
        self._transcriber = transcriber
        self._rules = rules
        self._emit = emit
        self._language = language
        self._speculate = speculate
        self._partials = partials or PartialSchedule()
        self._wall_ns = wall_ns
        self._lock = threading.Lock()
        self._queue = JobQueue()
        self._running: Job | None = None  # its priority changes with what the person does meanwhile
        self._took_ns = 0  # the last transcription
        self._open: _Open | None = None
        self._ended: deque[str] = deque(maxlen=64)  # an END that comes twice is answered once

    @property
    def ring(self) -> AudioRing:
        """The recent audio."""
        return self._intake.ring

    @property
    def backlog(self) -> int:
        """Utterances that ended and are not transcribed yet."""
        with self._lock:
            running = self._running is not None and self._running.priority is Priority.FINAL
            return len(self._queue.finals) + self._intake.finals + running

    # -- what happens, in the order it happens; True: there is work
    def append(self, chunk: AudioChunk) -> bool:
        """Audio arrived."""
        with self._lock:
            arrived = self._put(self._intake.append(chunk, self._wall_ns()))
            return self._want_partial() or arrived

    def started(self, utterance_id: str, audio_start_ns: int) -> None:
        """Somebody began to speak."""
        with self._lock:
            self._open = _Open(utterance_id, audio_start_ns)
            self._partials.spoke(max(self.ring.end_ns, audio_start_ns))

    def paused(self, segment: Segment) -> bool:
        """A short silence: the utterance may be over."""
        with self._lock:
            if segment.utterance_id in self._ended:
                return False
            self._opened(segment).paused = True
            if not self._speculate:
                return False
            running = self._running
            if running and running.priority is Priority.PARTIAL and _covers(running.segment, segment):
                self._running = replace(running, priority=Priority.SPECULATIVE, segment=segment)
                return False
            return self._want(Priority.SPECULATIVE, segment)

    def resumed(self, utterance_id: str) -> None:
        """The utterance goes on: what was begun at the pause is stale."""
        with self._lock:
            self._forget_guesses(utterance_id)
            running = self._running
            if running and running.priority is Priority.SPECULATIVE and running.segment.utterance_id == utterance_id:
                self._running = replace(running, priority=Priority.PARTIAL)
            if self._open is not None and self._open.id == utterance_id:
                self._open.paused = False
                self._open.guess = None
                self._partials.spoke(self.ring.end_ns)

    def dropped(self, utterance_id: str) -> None:
        """It was a false start: nothing to transcribe."""
        with self._lock:
            self._close(utterance_id)

    def ended(self, segment: Segment) -> bool:
        """The utterance is over: exactly one final Result follows."""
        with self._lock:
            if segment.utterance_id in self._ended:
                return False
            guess = self._opened(segment).guess
            now = self._wall_ns()
            self._close(segment.utterance_id)
            if guess is not None and guess.segment.same_speech(segment):
                self.counters.speculation_hits += 1
                self._finish(replace(guess, segment=segment, vad_end_ns=now))
                return False
            running = self._running
            if running and running.priority is Priority.SPECULATIVE and running.segment.same_speech(segment):
                self._running = replace(running, priority=Priority.FINAL, segment=segment, vad_end_ns=now)
                return False
            return self._want(Priority.FINAL, segment, now)

    def tick(self) -> bool:
        """Called a few times a second: gives up waiting for late audio."""
        with self._lock:
            return self._put(self._intake.ready(self._wall_ns()))

    def give_up(self) -> None:
        """Forget everything that waits (the owner is closing); `work` returns after the transcription it is in."""
        with self._lock:
            self._queue = JobQueue()
            self._intake.forget_all()

    def work(self) -> None:
        """Transcribe until nothing waits. On the worker thread."""
        while True:
            with self._lock:
                job = self._running = self._queue.take()
            if job is None:
                return
            began = self._wall_ns()
            error = ""
            try:
                heard = self._transcriber.transcribe(to_float(job.audio), self._language)
            except Exception as problem:  # a final must be answered whatever the engine does
                error = f"the recogniser failed: {type(problem).__name__}: {problem}"
                heard = Transcription("")
            with self._lock:
                self._done(heard, error, began)

    # -- under the lock
    def _done(self, heard: Transcription, error: str, began_ns: int) -> None:
        job, self._running = self._running, None
        assert job is not None
        self.counters.failures += bool(error)
        self.counters.last_error = error
        ended_ns = self._wall_ns()
        self._took_ns = ended_ns - began_ns
        result = Result(
            segment=job.segment,
            heard=heard,
            is_final=job.priority is Priority.FINAL,
            stable_text=heard.text,
            rejected_reason=error,
            audio_seconds=seconds(job.audio),
            asr_start_ns=began_ns,
            asr_end_ns=ended_ns,
            vad_end_ns=job.vad_end_ns,
        )
        if job.priority is Priority.FINAL:
            self._finish(result)
        elif not error and self._open is not None and self._open.id == job.segment.utterance_id:
            show = self._show_guess if job.priority is Priority.SPECULATIVE else self._show_partial
            show(self._open, result)

    def _show_guess(self, u: _Open, result: Result) -> None:
        """In full as heard, because the final will be the same; without words it says so: a cough is worth knowing."""
        u.guess = result
        reason = self._rules.reason(result.heard, result.segment.level_dbfs)
        heard = replace(result.heard, text="") if reason else result.heard
        if not reason:
            u.prefix.update(heard.text)
        self._emit(
            replace(
                result,
                heard=heard,
                is_speculative=True,
                stable_text=u.prefix.leading(heard.text),
                rejected_reason=reason,
            )
        )

    def _show_partial(self, u: _Open, result: Result) -> None:
        if not self._rules.reason(result.heard, level_dbfs=0.0):  # its level is not known yet
            text, stable = u.prefix.update(result.heard.text)
            self._emit(replace(result, heard=replace(result.heard, text=text), stable_text=stable))

    def _finish(self, result: Result) -> None:
        reason = result.rejected_reason or self._rules.reason(result.heard, result.segment.level_dbfs)
        if not result.audio_seconds:
            reason = "none of its audio arrived; is audio_capture active and 'audio' connected?"
        self.counters.finals += 1
        self.counters.rejected += bool(reason)
        self._emit(replace(result, is_final=True, stable_text=result.heard.text, rejected_reason=reason))

    def _want_partial(self) -> bool:
        u, now_ns = self._open, self.ring.end_ns
        busy = self._running is not None or len(self._queue) > 0 or self._took_ns > _SLOWEST_PARTIAL_NS
        if u is None or u.paused or busy or not self._partials.due(now_ns):
            return False
        self._partials.asked(now_ns, self._took_ns)
        return self._want(Priority.PARTIAL, Segment(u.id, 0, u.audio_start_ns, now_ns, 0, 0.0))

    def _want(self, priority: Priority, segment: Segment, vad_end_ns: int = 0) -> bool:
        return self._put(self._intake.want(priority, segment, vad_end_ns, self._wall_ns()))

    def _put(self, jobs: list[Job]) -> bool:
        for job in jobs:
            final = job.priority is Priority.FINAL
            self.counters.incomplete += final and not job.complete
            if len(job.audio):
                self._queue.put(job)
            elif final:
                now = self._wall_ns()
                self._finish(Result(job.segment, Transcription(""), True, "", "", 0.0, now, now, job.vad_end_ns))
        return any(len(job.audio) for job in jobs)

    def _opened(self, segment: Segment) -> _Open:
        """The utterance of a segment, also when its start was missed (this node came up in the middle)."""
        if self._open is None or self._open.id != segment.utterance_id:
            self._open = _Open(segment.utterance_id, segment.audio_start_ns)
        return self._open

    def _close(self, utterance_id: str) -> None:
        self._ended.append(utterance_id)
        self._forget_guesses(utterance_id)
        if self._open is not None and self._open.id == utterance_id:
            self._open = None

    def _forget_guesses(self, utterance_id: str) -> None:
        self._queue.drop_guess(utterance_id)
        self._intake.forget_guesses(utterance_id)


def _covers(partial: Segment, pause: Segment) -> bool:
    """The partial has heard all that was said before the pause."""
    return (
        partial.utterance_id == pause.utterance_id
        and partial.audio_start_ns == pause.audio_start_ns
        and partial.audio_end_ns >= pause.speech_end_ns + _COVERS_NS
    )
