"""What every speech recogniser is: 16 kHz audio in, text and how sure it is out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from voice_pipeline.audio.formats import Float32


@dataclass(frozen=True)
class Transcription:
    """What an engine heard.

    Args:
        text: stripped; may be empty.
        confidence: 0..1, exp(avg_logprob); NaN when the engine has none.
        no_speech_probability: 0..1; NaN when the engine has none.
        avg_logprob: mean log-probability of the tokens; NaN when the engine has none.
        compression_ratio: length of the text over its zlib size: above about 2.4 it repeats itself.
        language: ISO 639-1.
        processing_s: time the engine took.
        second_look: why a faster first attempt was not trusted and this is the second; empty when there was none.
    """

    text: str
    confidence: float = math.nan
    no_speech_probability: float = math.nan
    avg_logprob: float = math.nan
    compression_ratio: float = 0.0
    language: str = "en"
    processing_s: float = 0.0
    second_look: str = ""


@dataclass(frozen=True)
class TranscriberOptions:
    """What a profile can set of an engine; an engine ignores what it has no use for.

    Args:
        model: id in the model store or a folder; empty takes the engine's default.
        device: "cpu", "cuda", or "auto".
        compute_type: as the engine names it ("int8", "float16"); "auto" lets it choose.
        cpu_threads: for one transcription.
        beam_size: 1 is greedy.
        encoder_window_s: length that audio is padded to, where it fits; 30 is Whisper's own and always possible.
        languages: ISO 639-1; those it has to know, and the only ones it chooses from when it has to guess. Empty: all.
    """

    model: str = ""
    device: str = "auto"
    compute_type: str = "auto"
    cpu_threads: int = 2
    beam_size: int = 1
    encoder_window_s: float = 30.0
    languages: tuple[str, ...] = ("en",)


class Transcriber(Protocol):
    """A speech recogniser. Used from one thread at a time."""

    def transcribe(self, audio: Float32, language: str = "") -> Transcription:
        """Recognise one utterance.

        Args:
            audio: float32[n] in -1..1 at 16 kHz.
            language: ISO 639-1 as a hint; empty lets the engine decide.

        Raises:
            VoiceError: the engine failed in a way a person can mend.
        """
        ...

    def warm_up(self) -> None:
        """Run once on silence, so that the first utterance is as fast as the tenth."""
        ...

    def close(self) -> None:
        """Release the model."""
        ...
