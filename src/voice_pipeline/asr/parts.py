"""An utterance that is being spoken: its parts, of which a long one has several, and one result made of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from voice_pipeline.asr.jobs import Result, Segment
from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.stable_prefix import StablePrefix


@dataclass
class Utterance:
    """From its start to its final result. `audio_start_ns` and what follows it speak of the part that is being spoken.

    `parts` holds those before it by the time at which each begins: None until it is transcribed.
    """

    id: str
    audio_start_ns: int
    paused: bool = False
    prefix: StablePrefix = field(default_factory=StablePrefix)
    guess: Result | None = None  # of its last pause; good for an end with the same speech only
    parts: dict[int, Result | None] = field(default_factory=dict)
    last: Result | None = None  # of its end, waits for the parts

    def split(self, part: Segment) -> None:
        """A part is over and the next begins where it ends."""
        self.parts.setdefault(part.audio_start_ns, None)
        self.audio_start_ns = part.audio_end_ns
        self.prefix = StablePrefix()
        self.guess = None

    def rest(self) -> Segment:
        """A last part in which nothing was said."""
        at = self.audio_start_ns
        return Segment(self.id, 0, at, at, at, 0.0)

    def ready(self) -> Result | None:
        """The final result, once it and all parts before it are there."""
        done = [p for p in self.parts.values() if p is not None]
        return join([*done, self.last]) if self.last is not None and len(done) == len(self.parts) else None

    def so_far(self, newest: Result) -> Result:
        """All that was said, the newest included."""
        return join([*(p for p in self.parts.values() if p is not None), newest])

    def text_before(self) -> str:
        """Words of the parts that are transcribed and not rejected."""
        return _text([p for p in self.parts.values() if p is not None and not p.rejected_reason])


def join(results: Sequence[Result]) -> Result:
    """One result of the parts of an utterance, in order; the times of the engine are those of the last with words.

    A rejected part is left out; when all are, the whole is, for the reason of the one with the longest text.
    Confidence and no-speech probability are means weighted by the length of the text.
    """
    last = results[-1]
    if len(results) == 1:
        return last
    kept = [r for r in results if not r.rejected_reason]
    told = kept or results
    longest = max(told, key=lambda r: len(r.heard.text))
    heard = replace(
        longest.heard,
        text=_text(told),
        confidence=_mean([(r.heard.confidence, r.heard) for r in told]),
        no_speech_probability=_mean([(r.heard.no_speech_probability, r.heard) for r in told]),
        avg_logprob=_mean([(r.heard.avg_logprob, r.heard) for r in told]),
        compression_ratio=max(r.heard.compression_ratio for r in told),
        processing_s=sum(r.heard.processing_s for r in results),
    )
    return replace(
        last,
        segment=replace(last.segment, audio_start_ns=results[0].segment.audio_start_ns),
        heard=heard,
        stable_text=heard.text,
        asr_start_ns=told[-1].asr_start_ns,
        asr_end_ns=told[-1].asr_end_ns,
        audio_seconds=sum(r.audio_seconds for r in results),
        rejected_reason=longest.rejected_reason,
        rejected_by=longest.rejected_by,
    )


def _text(results: Sequence[Result]) -> str:
    return " ".join(r.heard.text for r in results if r.heard.text)


def _mean(values: Sequence[tuple[float, Transcription]]) -> float:
    weights = [max(1, len(heard.text)) for _, heard in values]
    return sum(v * w for (v, _), w in zip(values, weights, strict=True)) / sum(weights)
