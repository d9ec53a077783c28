"""When what the engine wrote is not passed on. Whisper writes "Thank you." on silence and noise; this is the sieve."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.asr.protocol import Transcription


@dataclass(frozen=True)
class Rejection:
    """Why a text is not passed on: `reason` for people, with the figure; `by`: the parameter to change, or empty."""

    reason: str
    by: str = ""


@dataclass(frozen=True)
class RejectionRules:
    """Thresholds; a rule whose figure is NaN (the engine has none) or whose threshold is at its end never fires.

    Args:
        no_speech: reject when the no-speech probability is above this and the confidence below `confidence`.
        confidence: 0..1, see no_speech.
        floor_confidence: reject below this whatever the no-speech probability says.
        compression_ratio: reject above this: the text repeats itself.
        level_dbfs: reject when the speech was quieter than this.
    """

    no_speech: float = 0.6
    confidence: float = 0.5
    floor_confidence: float = 0.15
    compression_ratio: float = 2.4
    level_dbfs: float = -60.0

    def judge(self, heard: Transcription, level_dbfs: float, speech_s: float = float("nan")) -> Rejection | None:
        """Why it is rejected; None when it is not."""
        if not any(c.isalnum() for c in heard.text):
            return Rejection("no words")
        if level_dbfs < self.level_dbfs:
            return Rejection(f"too quiet: {level_dbfs:.0f} dBFS, below {self.level_dbfs:g}", "reject_level_dbfs")
        if heard.compression_ratio > self.compression_ratio:
            return Rejection(
                f"repeats itself: compression ratio {heard.compression_ratio:.1f}, above {self.compression_ratio:g}",
                "reject_compression_ratio",
            )
        if heard.no_speech_probability > self.no_speech and heard.confidence < self.confidence:
            return Rejection(
                f"probably no speech: {heard.no_speech_probability:.2f}, above {self.no_speech:g}, "
                f"at confidence {heard.confidence:.2f}",
                "reject_no_speech",
            )
        if heard.confidence < self.floor_confidence:
            return Rejection(
                f"confidence {heard.confidence:.2f}, below {self.floor_confidence:g}", "reject_below_confidence"
            )
        return None

    def reason(self, heard: Transcription, level_dbfs: float, speech_s: float = float("nan")) -> str:
        """As `judge`, the reason alone; empty when it is not rejected."""
        found = self.judge(heard, level_dbfs, speech_s)
        return found.reason if found else ""
