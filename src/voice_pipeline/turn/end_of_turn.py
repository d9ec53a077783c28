"""Whether a pause ends the turn: the words and the sound of one pause, weighed as they come. Pure: audio time comes in,
questions for the model and verdicts come out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voice_pipeline.audio.formats import NS
from voice_pipeline.turn.completeness import incomplete, whole

JUDGES = ("smart_turn", "text", "none")


@dataclass(frozen=True)
class EndOfTurnOptions:
    """`judge` is one of JUDGES. From `complete_probability` (0..1) on the model says complete. It is asked when the words
    are there, which is when recognition leaves its core, and without words after `wait` s of silence; where it said that
    the turn goes on, once more after `again` s. `language`: ISO 639-1 of the words where the recogniser does not say it."""

    judge: str = "smart_turn"
    complete_probability: float = 0.5
    wait: float = 0.35
    again: float = 0.5
    language: str = "en"


@dataclass(frozen=True)
class Ask:
    """The model is wanted for this pause, on the audio from `audio_start_ns` up to now."""

    utterance_id: str
    generation: int
    audio_start_ns: int


@dataclass(frozen=True)
class Verdict:
    """What is known about a pause.

    Args:
        complete: the turn is over (True), goes on (False), or nothing is known (None).
        probability: of the model, 0..1; NaN when it was not asked.
        reason: one line for people, without what was said.
        processing_s: time the model took.
    """

    utterance_id: str
    generation: int
    speech_end_ns: int
    complete: bool | None
    probability: float
    reason: str
    processing_s: float = 0.0


_ALONE = "sounds unfinished, but the words are said alone"


@dataclass
class _Pause:
    utterance_id: str
    generation: int
    audio_start_ns: int
    speech_end_ns: int
    read: bool = False  # its words came
    closed: bool = False  # nothing changes the verdict any more
    whole: bool = False  # the words are said alone, whatever they sound like
    asked: int = 0  # how often the model was asked
    complete: bool | None = None  # its last answer


class EndOfTurn:
    """Judges one pause at a time; whatever belongs to an earlier one is dropped. Not locked: use it from one thread."""

    def __init__(self, options: EndOfTurnOptions | None = None) -> None:
        self._o = options or EndOfTurnOptions()
        self._pause: _Pause | None = None

    def paused(self, utterance_id: str, generation: int, audio_start_ns: int, speech_end_ns: int) -> None:
        """A pause has begun."""
        if self._o.judge != "none":
            self._pause = _Pause(utterance_id, generation, audio_start_ns, speech_end_ns)

    def moved_on(self) -> None:
        """The pause is over: speech again, or the end."""
        self._pause = None

    def is_present(self, utterance_id: str, generation: int) -> bool:
        """This pause still lasts."""
        p = self._pause
        return p is not None and (p.utterance_id, p.generation) == (utterance_id, generation)

    def words(self, utterance_id: str, generation: int, text: str, language: str = "") -> Ask | Verdict | None:
        """The words of the pause, empty when there were none or they were rejected."""
        p = self._pause
        if p is None or not self.is_present(utterance_id, generation):
            return None
        p.read = True
        reason = incomplete(text, language or self._o.language)
        p.whole = whole(text, language or self._o.language)
        p.closed = bool(reason) or not text.strip()
        if p.closed:
            return self._verdict(p, False if reason else None, reason or "no words")
        if p.whole and p.complete is False:
            return self._verdict(p, None, _ALONE)
        return None if p.asked else self._ask(p)

    def heard(self, until_ns: int) -> Ask | None:
        """Audio has arrived up to this capture time."""
        p = self._pause
        if p is None or p.closed:
            return None
        silence_ns = until_ns - p.speech_end_ns
        first = p.asked == 0 and silence_ns >= round(self._o.wait * NS)
        again = p.asked == 1 and p.complete is False and silence_ns >= round(self._o.again * NS)
        return self._ask(p) if first or again else None

    def judged(
        self, utterance_id: str, generation: int, probability: float, processing_s: float = 0.0
    ) -> Verdict | None:
        """The model has answered; None when the pause is over or the words were clear meanwhile."""
        p = self._pause
        if p is None or p.closed or not self.is_present(utterance_id, generation):
            return None
        p.complete = probability >= self._o.complete_probability
        if p.whole and not p.complete:
            return self._verdict(p, None, _ALONE, probability, processing_s)
        reason = ("sounds complete" if p.complete else "sounds unfinished") + (
            "" if p.read else ", words not known yet"
        )
        return self._verdict(p, p.complete, reason, probability, processing_s)

    def _ask(self, p: _Pause) -> Ask | None:
        if self._o.judge != "smart_turn":
            return None
        p.asked += 1
        return Ask(p.utterance_id, p.generation, p.audio_start_ns)

    @staticmethod
    def _verdict(
        p: _Pause, complete: bool | None, reason: str, probability: float = math.nan, processing_s: float = 0.0
    ) -> Verdict:
        return Verdict(p.utterance_id, p.generation, p.speech_end_ns, complete, probability, reason, processing_s)
