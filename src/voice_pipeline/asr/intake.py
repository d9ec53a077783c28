"""The recent audio, and the transcriptions that wait for the last of theirs. Audio and voice activity come on two topics:
the last chunk may be a moment behind the event that speaks of it."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.asr.jobs import Job, Priority, Segment
from voice_pipeline.audio.formats import NS, AudioChunk, ns_to_samples
from voice_pipeline.audio.ring import AudioRing

_WAIT_FOR_AUDIO_NS = NS // 2
_NEGLIGIBLE_SAMPLES = ns_to_samples(NS // 100)


@dataclass(frozen=True)
class _Waiting:
    priority: Priority
    segment: Segment
    vad_end_ns: int
    deadline_ns: int

    def over(self, now_ns: int) -> bool:
        """It has waited long enough, or the clock was set back."""
        return not 0 < self.deadline_ns - now_ns <= _WAIT_FOR_AUDIO_NS


class Intake:
    """Makes a Job of a Segment once its audio is there, or half a second later of what is there. Its owner locks.

    Args:
        ring_seconds: how much audio is kept.
    """

    def __init__(self, ring_seconds: float) -> None:
        self.ring = AudioRing(ring_seconds)
        self._waiting: list[_Waiting] = []

    @property
    def finals(self) -> int:
        """How many that wait must be done."""
        return sum(w.priority.must_be_done for w in self._waiting)

    def append(self, chunk: AudioChunk, now_ns: int) -> list[Job]:
        """Audio arrived; returns what needs to wait no longer."""
        self.ring.append(chunk)
        return self.ready(now_ns)

    def want(self, priority: Priority, segment: Segment, vad_end_ns: int, now_ns: int) -> list[Job]:
        """Ask for a job; it comes at once when all of its audio is there, else from `append` or `ready`."""
        wanted = _Waiting(priority, segment, vad_end_ns, now_ns + _WAIT_FOR_AUDIO_NS)
        if self.ring.cut(segment.audio_start_ns, segment.audio_end_ns).pending:
            self._waiting.append(wanted)
            return []
        return [self._cut(wanted)]

    def ready(self, now_ns: int) -> list[Job]:
        """What has its audio or waited long enough, removed."""
        if not self._waiting:
            return []
        ready = [w for w in self._waiting if w.segment.audio_end_ns <= self.ring.end_ns or w.over(now_ns)]
        self._waiting = [w for w in self._waiting if w not in ready]
        return [self._cut(w) for w in ready]

    def forget_guesses(self, utterance_id: str) -> None:
        """Drop what waits for an utterance that went on or ended; what must be done stays."""
        self._waiting = [w for w in self._waiting if w.priority.must_be_done or w.segment.utterance_id != utterance_id]

    def forget_all(self) -> None:
        """Drop all that waits."""
        self._waiting.clear()

    def _cut(self, wanted: _Waiting) -> Job:
        cut = self.ring.cut(wanted.segment.audio_start_ns, wanted.segment.audio_end_ns)
        complete = not cut.lost and cut.pending <= _NEGLIGIBLE_SAMPLES
        return Job(wanted.priority, wanted.segment, cut.samples, wanted.vad_end_ns, complete)
