"""The person of the demo: commands and questions in another Kokoro voice, made once at set-up and said to be synthetic."""

from __future__ import annotations

import hashlib
import wave
from dataclasses import dataclass
from pathlib import Path

from voice_pipeline.model_store import cache_root

VOICE = "am_michael"  # not the robot's voice: nobody should hear the robot answer itself


@dataclass(frozen=True)
class Line:
    """Something the person says; `name` is the file's."""

    name: str
    text: str


DEMO = (
    Line("nod", "Hello there! Please nod your head."),
    Line("left", "Now look to the left."),
    Line("question", "What is the capital of France?"),
)

# Ten turns for the bench: short answers are asked for, because it measures the gap and not the model's eloquence.
BENCH = (
    Line("b0", "What is the capital of France?"),
    Line("b1", "Please nod your head."),
    Line("b2", "How many days does a week have?"),
    Line("b3", "Look to the right, please."),
    Line("b4", "Can you tell me what a robot is?"),
    Line("b5", "Shake your head."),
    Line("b6", "What colour is the sky on a clear day?"),
    Line("b7", "Show me that you are happy."),
    Line("b8", "Which animal says meow?"),
    Line("b9", "Thank you, what is your name?"),
)


def speech_folder() -> Path:
    """Where the recordings lie."""
    return cache_root() / "person"


def recordings(lines: tuple[Line, ...]) -> list[Path]:
    """The WAV files of these lines, made where they are missing (a second or two each).

    Raises:
        VoiceError: the synthesiser's model is missing.
    """
    folder = speech_folder()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{line.name}-{_key(line)}.wav" for line in lines]
    missing = [(line, path) for line, path in zip(lines, paths, strict=True) if not path.exists()]
    if missing:
        _synthesise(missing)
    return paths


def _key(line: Line) -> str:
    return hashlib.sha256(f"{VOICE} {line.text}".encode()).hexdigest()[:8]


def _synthesise(missing: list[tuple[Line, Path]]) -> None:
    import numpy as np

    from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
    from voice_pipeline.tts.registry import make_synthesizer

    synthesizer = make_synthesizer("kokoro", SynthesizerOptions())
    try:
        for line, path in missing:
            pcm = np.concatenate(list(synthesizer.synthesize(line.text, VOICE, 1.0, Cancellation())))
            partial = path.with_suffix(".partial")
            with wave.open(str(partial), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(synthesizer.sample_rate)
                out.writeframes(pcm.astype("<i2").tobytes())
            partial.replace(path)
    finally:
        synthesizer.close()
