"""What waits for the recogniser, in which order: finals first and never dropped, guesses only while they are fresh."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, Int16


class Priority(IntEnum):
    """FINAL must be done, and so must PART, the same of a part of a long utterance; SPECULATIVE is a final begun at a
    pause; PARTIAL shows words while they are spoken."""

    FINAL = 0
    PART = 1
    SPECULATIVE = 2
    PARTIAL = 3

    @property
    def must_be_done(self) -> bool:
        """Its words are lost if it is not."""
        return self <= Priority.PART


@dataclass(frozen=True)
class Segment:
    """A stretch of speech as voice activity reported it; times in ns since the epoch."""

    utterance_id: str
    generation: int
    audio_start_ns: int
    audio_end_ns: int
    speech_end_ns: int
    level_dbfs: float

    def same_speech(self, other: Segment) -> bool:
        """Nothing was said in one that is not in the other: only the silence after the last word differs."""
        return (self.utterance_id, self.generation, self.audio_start_ns, self.speech_end_ns) == (
            other.utterance_id,
            other.generation,
            other.audio_start_ns,
            other.speech_end_ns,
        )


@dataclass(frozen=True)
class Job:
    """One transcription to do: int16[n] at 16 kHz. `vad_end_ns`: when the end of the utterance was known, 0 before;
    `complete`: no audio of the segment is missing."""

    priority: Priority
    segment: Segment
    audio: Int16
    vad_end_ns: int = 0
    complete: bool = True


@dataclass(frozen=True)
class Result:
    """What came of a job. `rejected_reason` is empty when the text is passed on, `rejected_by` names the parameter that
    decided; times in ns since the epoch.

    A speculative one was made at a pause: its text is the final's, unless the person goes on.
    """

    segment: Segment
    heard: Transcription
    is_final: bool
    stable_text: str
    rejected_reason: str
    audio_seconds: float
    asr_start_ns: int
    asr_end_ns: int
    vad_end_ns: int = 0
    is_speculative: bool = False
    rejected_by: str = ""

    @property
    def speech_s(self) -> float:
        """How long the speech lasted, its pre-roll included; until the end of its audio while it goes on."""
        end_ns = self.segment.speech_end_ns or self.segment.audio_end_ns
        return max(0, end_ns - self.segment.audio_start_ns) / NS


@dataclass
class JobQueue:
    """Not locked; its owner is. Finals and parts queue without bound, each with a copy of its audio: 640 kB for 20 s, and
    a lost one is a lost sentence."""

    finals: deque[Job] = field(default_factory=deque)  # and parts, in the order in which they were said
    guess: Job | None = None  # the newest SPECULATIVE or PARTIAL; an older one is worthless

    def __len__(self) -> int:
        return len(self.finals) + (self.guess is not None)

    def put(self, job: Job) -> None:
        """Add a job; a guess takes the place of the one that waited."""
        if job.priority.must_be_done:
            self.finals.append(job)
        else:
            self.guess = job

    def take(self) -> Job | None:
        """The most urgent job, removed."""
        if self.finals:
            return self.finals.popleft()
        job, self.guess = self.guess, None
        return job

    def drop_guess(self, utterance_id: str) -> None:
        """Forget a guess about an utterance that went on or ended."""
        if self.guess is not None and self.guess.segment.utterance_id == utterance_id:
            self.guess = None


def seconds(audio: Int16) -> float:
    """Duration of int16[n] at 16 kHz in s."""
    return len(audio) / SAMPLE_RATE
