"""When what the engine wrote is not passed on. Whisper writes "Thank you." on silence and noise; this is the sieve."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.asr.protocol import Transcription


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

    def reason(self, heard: Transcription, level_dbfs: float) -> str:
        """Why it is rejected, for people; empty when it is not."""
        if not any(c.isalnum() for c in heard.text):
            return "no words"
        if level_dbfs < self.level_dbfs:
            return f"too quiet: {level_dbfs:.0f} dBFS, below {self.level_dbfs:g}"
        if heard.compression_ratio > self.compression_ratio:
            return f"repeats itself: compression ratio {heard.compression_ratio:.1f}, above {self.compression_ratio:g}"
        if heard.no_speech_probability > self.no_speech and heard.confidence < self.confidence:
            return (
                f"probably no speech: {heard.no_speech_probability:.2f}, above {self.no_speech:g}, "
                f"at confidence {heard.confidence:.2f}"
            )
        if heard.confidence < self.floor_confidence:
            return f"confidence {heard.confidence:.2f}, below {self.floor_confidence:g}"
        return ""
