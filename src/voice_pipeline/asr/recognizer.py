"""From voice activity and audio to transcripts: what is transcribed when, and what is told of it. No ROS, no model."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from voice_pipeline.asr.intake import Intake
from voice_pipeline.asr.jobs import Job, JobQueue, Priority, Result, Segment, seconds
from voice_pipeline.asr.own_voice import OwnVoice
from voice_pipeline.asr.partial_schedule import PartialSchedule
from voice_pipeline.asr.parts import Utterance
from voice_pipeline.asr.protocol import Transcriber, Transcription
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.formats import NS, AudioChunk, to_float
from voice_pipeline.audio.ring import AudioRing

# A partial that takes longer than this would hold up the final behind it: none until the engine is faster again.
_SLOWEST_PARTIAL_NS = NS
# The detector's last frame of speech may cut a consonant: a running partial serves as the guess of a pause only if
# it has heard this much more.
_COVERS_NS = NS // 20
_NO_AUDIO = "none of its audio arrived; is audio_capture active and 'audio' connected?"


@dataclass
class RecognizerCounters:
    """Since construction."""

    finals: int = 0
    speculation_hits: int = 0  # finals that were ready when the utterance ended
    rejected: int = 0
    failures: int = 0  # transcriptions that raised
    incomplete: int = 0  # utterances of which some audio was missing
    last_error: str = ""  # of the newest transcription; empty when it went well


class Recognizer:
    """Keeps the recent audio, and turns each ended utterance into exactly one final Result.

    At a pause it transcribes ahead: when the utterance ends without another word, the result is there at once. Parts of a
    long utterance are transcribed while it goes on; every result shows the words of all of them.
    Everything but `work` returns in microseconds; call `work` on a worker thread whenever one of them returned True.

    Args:
        transcriber: the engine; used by `work` only.
        rules: what is not passed on.
        own_voice: knows what the robot itself said; None where nobody tells.
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
        own_voice: OwnVoice | None = None,
        speculate: bool = True,
        partials: PartialSchedule | None = None,
        ring_seconds: float = 60.0,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.counters = RecognizerCounters()
        self._intake = Intake(ring_seconds)
        self._transcriber = transcriber
        self._rules = rules
        self._own_voice = own_voice
        self._emit = emit
        self._language = language
        self._speculate = speculate
        self._partials = partials or PartialSchedule()
        self._wall_ns = wall_ns
        self._lock = threading.Lock()
        self._queue = JobQueue()
        self._running: Job | None = None  # its priority changes with what the person does meanwhile
        self._took_ns = 0  # the last transcription
        self._open: Utterance | None = None
        self._ending: dict[str, Utterance] = {}  # ended, and some part or the end is not transcribed yet
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
            if self._open is not None and self._open.parts:  # its end was lost: its parts are not
                self._end_without_rest(self._open, self._open.rest())
            self._open = Utterance(utterance_id, audio_start_ns)
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

    def split(self, segment: Segment) -> bool:
        """A part of an utterance is over, and the next begins where it ends: a final's work, without a final's message."""
        with self._lock:
            if segment.utterance_id in self._ended:
                return False
            u = self._opened(segment)
            u.split(segment)
            self._forget_guesses(u.id)
            return self._want(Priority.PART, segment)

    def dropped(self, utterance_id: str) -> None:
        """It was a false start: nothing to transcribe, but for the parts that it may have had."""
        with self._lock:
            u = self._open
            self._close(utterance_id)
            if u is not None and u.id == utterance_id and u.parts:
                self._end_without_rest(u, u.rest())

    def ended(self, segment: Segment) -> bool:
        """The utterance is over: exactly one final Result follows."""
        with self._lock:
            if segment.utterance_id in self._ended:
                return False
            u = self._opened(segment)
            guess = u.guess
            now = self._wall_ns()
            self._close(segment.utterance_id)
            self._ending[u.id] = u
            if u.parts and segment.speech_end_ns <= segment.audio_start_ns:
                self._end_without_rest(u, segment)
                return False
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
        if job.priority is Priority.PART:
            self._keep_part(result)
        elif job.priority is Priority.FINAL:
            self._finish(result)
        elif not error and self._open is not None and self._open.id == job.segment.utterance_id:
            show = self._show_guess if job.priority is Priority.SPECULATIVE else self._show_partial
            show(self._open, result)

    def _show_guess(self, u: Utterance, result: Result) -> None:
        """In full as heard, because the final will be the same; without words it says so: a cough is worth knowing."""
        judged = self._judged(result)
        u.guess = judged
        before = u.text_before()
        if not judged.rejected_reason:
            u.prefix.update(judged.heard.text)
        whole = u.so_far(judged)
        if whole.rejected_reason:
            whole = replace(whole, heard=replace(whole.heard, text=""))
        stable = _joined(before, "" if judged.rejected_reason else u.prefix.leading(judged.heard.text))
        self._emit(replace(whole, is_speculative=True, stable_text=stable))

    def _show_partial(self, u: Utterance, result: Result) -> None:
        if result.segment.audio_start_ns != u.audio_start_ns:
            return  # of a part that is over: its own words are on their way
        if not self._judged(replace(result, segment=replace(result.segment, level_dbfs=0.0))).rejected_reason:
            text, stable = u.prefix.update(result.heard.text)
            whole = u.so_far(replace(result, heard=replace(result.heard, text=text)))
            self._emit(replace(whole, stable_text=_joined(u.text_before(), stable)))

    def _keep_part(self, result: Result) -> None:
        """The words of a part, until the end of its utterance."""
        name = result.segment.utterance_id
        u = self._open if self._open is not None and self._open.id == name else self._ending.get(name)
        if u is not None:
            self.counters.incomplete += bool(self.counters.last_error)
            u.parts[result.segment.audio_start_ns] = self._judged(result)
            self._emit_final(u)

    def _finish(self, result: Result) -> None:
        """The words of an utterance's end; with those of its parts they are its final."""
        u = self._ending[result.segment.utterance_id]
        u.last = replace(self._judged(result), is_final=True)
        self._emit_final(u)

    def _end_without_rest(self, u: Utterance, rest: Segment) -> None:
        """An utterance with parts is over, and nothing was said after the last of them."""
        self._ending[u.id] = u
        if u.id not in self._ended:
            self._ended.append(u.id)
        now = self._wall_ns()
        u.last = Result(rest, Transcription(""), True, "", "no words", 0.0, now, now, now)
        self._emit_final(u)

    def _emit_final(self, u: Utterance) -> None:
        final = u.ready()
        if final is not None:
            self._ending.pop(u.id, None)
            self.counters.finals += 1
            self.counters.rejected += bool(final.rejected_reason)
            self._emit(replace(final, stable_text=final.heard.text))

    def _judged(self, result: Result) -> Result:
        """With the reason why it is not passed on, if there is one."""
        if result.rejected_reason:
            return result
        segment = result.segment
        found = self._rules.judge(result.heard, segment.level_dbfs, result.speech_s)
        if found is None and self._own_voice is not None:
            end_ns = segment.speech_end_ns or segment.audio_end_ns
            found = self._own_voice.judge(result.heard.text, segment.audio_start_ns, end_ns)
        return replace(result, rejected_reason=found.reason, rejected_by=found.by) if found else result

    def _want_partial(self) -> bool:
        u, now_ns = self._open, self.ring.end_ns
        busy = self._running is not None or len(self._queue) > 0 or self._took_ns > _SLOWEST_PARTIAL_NS
        if u is None or u.paused or busy or now_ns <= u.audio_start_ns or not self._partials.due(now_ns):
            return False
        self._partials.asked(now_ns, self._took_ns)
        return self._want(Priority.PARTIAL, Segment(u.id, 0, u.audio_start_ns, now_ns, 0, 0.0))

    def _want(self, priority: Priority, segment: Segment, vad_end_ns: int = 0) -> bool:
        return self._put(self._intake.want(priority, segment, vad_end_ns, self._wall_ns()))

    def _put(self, jobs: list[Job]) -> bool:
        for job in jobs:
            must = job.priority.must_be_done
            self.counters.incomplete += must and not job.complete
            if len(job.audio):
                self._queue.put(job)
            elif must:
                self._answer_without_audio(job)
        return any(len(job.audio) for job in jobs)

    def _answer_without_audio(self, job: Job) -> None:
        final, now = job.priority is Priority.FINAL, self._wall_ns()
        answer = Result(job.segment, Transcription(""), final, "", _NO_AUDIO, 0.0, now, now, job.vad_end_ns)
        (self._finish if final else self._keep_part)(answer)

    def _opened(self, segment: Segment) -> Utterance:
        """The utterance of a segment, also when its start was missed (this node came up in the middle)."""
        if self._open is None or self._open.id != segment.utterance_id:
            self._open = Utterance(segment.utterance_id, segment.audio_start_ns)
        return self._open

    def _close(self, utterance_id: str) -> None:
        self._ended.append(utterance_id)
        self._forget_guesses(utterance_id)
        if self._open is not None and self._open.id == utterance_id:
            self._open = None

    def _forget_guesses(self, utterance_id: str) -> None:
        self._queue.drop_guess(utterance_id)
        self._intake.forget_guesses(utterance_id)


def _joined(before: str, text: str) -> str:
    return f"{before} {text}".strip()


def _covers(partial: Segment, pause: Segment) -> bool:
    """The partial has heard all that was said before the pause."""
    return (
        partial.utterance_id == pause.utterance_id
        and partial.audio_start_ns == pause.audio_start_ns
        and partial.audio_end_ns >= pause.speech_end_ns + _COVERS_NS
    )
