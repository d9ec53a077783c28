"""What came of one recording; pure data, so that results made by hand test the figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from voice_pipeline.commands._audio_folder import NOTHING, WORDS, Recording, Span
from voice_pipeline.commands._eval_words import errors


@dataclass
class Result:
    """One recording: what it says, what the pipeline heard, what the engine hears in the whole file.

    `start_error_ms` and `end_error_ms`: voice activity against the manifest, positive when it is late; `latency_ms`:
    from the end of speech to the transcript, one a transcript; spans in s from the file's first sample.
    """

    file: str
    category: str
    reference: str | None
    heard: str = ""
    rejected: list[str] = field(default_factory=list)
    utterances: int = 0
    whole: str = ""
    folder: str = ""
    condition: str = ""
    language: str = "en"
    speech: str = WORDS
    rejected_by: list[str] = field(default_factory=list)
    false_starts: int = 0
    start_error_ms: float | None = None
    end_error_ms: float | None = None
    latency_ms: list[float] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    turns: list[Span] | None = None
    whole_ms: float | None = None  # None: the baseline was not made

    @staticmethod
    def of(recording: Recording) -> Result:
        """Nothing heard yet."""
        return Result(
            file=recording.path.name,
            category=recording.category,
            reference=recording.transcript,
            folder=recording.path.parent.name,
            condition=recording.condition,
            language=recording.language,
            speech=recording.speech,
            turns=None if recording.turns is None else list(recording.turns),
        )

    def errors(self, which: str = "heard") -> tuple[int, int]:
        """Errors and length of the reference; of "heard" or of "whole"."""
        return errors(self.reference or "", getattr(self, which), self.language)

    def compare(self, recording: Recording) -> None:
        """Start and end against the manifest's. The first utterance's start, the last one's end."""
        if not self.spans or recording.speech == NOTHING:
            return
        if recording.speech_start_s is not None:
            self.start_error_ms = round(1e3 * (self.spans[0][0] - recording.speech_start_s), 1)
        if recording.speech_end_s is not None:
            self.end_error_ms = round(1e3 * (self.spans[-1][1] - recording.speech_end_s), 1)

    def detection(self) -> dict[str, float] | None:
        """Seconds of speech, missed and falsely found, against the turns; None without turns."""
        if self.turns is None:
            return None
        said, found = joined(self.turns), joined(self.spans)
        both = sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in said for b in found)
        speech, detected = (sum(b - a for a, b in spans) for spans in (said, found))
        return {"speech_s": speech, "missed_s": speech - both, "false_s": detected - both}

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        wrong, units = self.errors()
        return {**vars(self), "errors": wrong, "units": units, "errors_whole": self.errors("whole")[0]}


def joined(spans: list[Span]) -> list[Span]:
    """Overlapping spans as one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result
