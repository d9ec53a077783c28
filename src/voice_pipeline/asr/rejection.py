"""When what the engine wrote is not passed on. Whisper writes "Thank you." on silence and noise; this is the sieve. What
every threshold does is in docs/hearing.md, with the curve that it was chosen from (bench.hearing.words)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from voice_pipeline.asr.phantoms import PHANTOM_PHRASES
from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.repetition import bare_words, count_words, mostly_numbers, repetitions

# Two words say too little about themselves for an average to be trusted: they need half of the credibility.
_FEW_WORDS = 3
# A clear word in a long noise is a word: what nobody says so slowly, and what is often invented, must be doubtful too.
_DOUBTFUL = 0.3
_SLOW_FROM_S = 3.0  # less may be one word, drawn out


@dataclass(frozen=True)
class Rejection:
    """Why a text is not passed on: `reason` for people, with the figure; `by`: the parameter to change, or empty."""

    reason: str
    by: str = ""


@dataclass(frozen=True)
class RejectionRules:
    """Thresholds; a rule whose figure is NaN (the engine has none) or whose threshold is at its end never fires.

    Credibility is confidence * (1 - no-speech probability): that somebody spoke, and that these were the words.

    Args:
        level_dbfs: reject when the speech was quieter than this.
        compression_ratio: reject above this: the text repeats itself. Not applied to digits read aloud.
        repetitions: reject a phrase that stands so often in a row, of digits twice as often; 0 for never.
        words_per_second: reject what is faster than this.
        seconds_per_word: reject doubtful text that is slower than this.
        credibility: reject three words or more below this, one or two below half of it.
        no_speech: reject when the no-speech probability is above this and the confidence below `confidence`.
        confidence: 0..1, see no_speech.
        floor_confidence: reject below this whatever the no-speech probability says.
        phantom_phrases: rejected where they are all of the text and doubtful.
    """

    level_dbfs: float = -60.0
    compression_ratio: float = 2.4
    repetitions: int = 6
    words_per_second: float = 8.0
    seconds_per_word: float = 1.5
    credibility: float = 0.2
    no_speech: float = 0.6
    confidence: float = 0.5
    floor_confidence: float = 0.15
    phantom_phrases: tuple[str, ...] = PHANTOM_PHRASES

    def judge(self, heard: Transcription, level_dbfs: float, speech_s: float = math.nan) -> Rejection | None:
        """Why it is rejected; None when it is not.

        Args:
            level_dbfs: of the speech.
            speech_s: how long it lasted; NaN when nobody knows.
        """
        if not any(c.isalnum() for c in heard.text):
            return Rejection("no words")
        if level_dbfs < self.level_dbfs:
            return Rejection(f"too quiet: {level_dbfs:.0f} dBFS, below {self.level_dbfs:g}", "reject_level_dbfs")
        return self._by_text(heard, speech_s) or self._by_figures(heard)

    def reason(self, heard: Transcription, level_dbfs: float, speech_s: float = math.nan) -> str:
        """As `judge`, the reason alone; empty when it is not rejected."""
        found = self.judge(heard, level_dbfs, speech_s)
        return found.reason if found else ""

    def _by_text(self, heard: Transcription, speech_s: float) -> Rejection | None:
        numbers = mostly_numbers(heard.text)
        if heard.compression_ratio > self.compression_ratio and not numbers:
            reason = f"compression ratio {heard.compression_ratio:.1f}, above {self.compression_ratio:g}"
            return Rejection(f"repeats itself: {reason}", "reject_compression_ratio")
        times, too_many = repetitions(heard.text), self.repetitions * (2 if numbers else 1)
        if 0 < too_many <= times:
            return Rejection(f"repeats itself: {times} times, {too_many} are too many", "reject_repetitions")
        words, credibility = count_words(heard.text), _credibility(heard)
        if words > self.words_per_second * max(1.0, speech_s):
            reason = f"{words:.0f} words in {speech_s:.1f} s, above {self.words_per_second:g} a second"
            return Rejection(f"nobody speaks so fast: {reason}", "reject_words_per_second")
        if speech_s > max(_SLOW_FROM_S, self.seconds_per_word * words) and credibility < _DOUBTFUL:
            reason = f"{words:.0f} words in {speech_s:.1f} s, above {self.seconds_per_word:g} s a word"
            return Rejection(f"doubtful ({credibility:.2f}) and slow: {reason}", "reject_seconds_per_word")
        if credibility < _DOUBTFUL and tuple(bare_words(heard.text)) in self._phantoms:
            reason = f"credibility {credibility:.2f}, below {_DOUBTFUL:g}"
            return Rejection(f"often invented, and doubtful: {reason}", "phantom_phrases")
        return None

    def _by_figures(self, heard: Transcription) -> Rejection | None:
        few = count_words(heard.text) < _FEW_WORDS
        least, credibility = self.credibility / 2 if few else self.credibility, _credibility(heard)
        if credibility < least:
            reason = (
                f"credibility {credibility:.2f}, below {least:g} for {'one or two' if few else 'three or more'} words"
            )
            return Rejection(f"probably not said: {reason}", "reject_credibility")
        if heard.no_speech_probability > self.no_speech and heard.confidence < self.confidence:
            reason = (
                f"{heard.no_speech_probability:.2f}, above {self.no_speech:g}, at confidence {heard.confidence:.2f}"
            )
            return Rejection(f"probably no speech: {reason}", "reject_no_speech")
        if heard.confidence < self.floor_confidence:
            reason = f"confidence {heard.confidence:.2f}, below {self.floor_confidence:g}"
            return Rejection(reason, "reject_below_confidence")
        return None

    @cached_property
    def _phantoms(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(bare_words(p)) for p in self.phantom_phrases)


def _credibility(heard: Transcription) -> float:
    return heard.confidence * (1.0 - heard.no_speech_probability)
