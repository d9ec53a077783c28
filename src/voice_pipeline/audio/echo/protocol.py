"""What an echo canceller is, and what stands between the microphone and `audio`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from voice_pipeline.audio.formats import AudioChunk, Int16

FRAME_SAMPLES = 160  # 10 ms at 16 kHz: the frame of every WebRTC canceller


class EchoCanceller(Protocol):
    """Takes what was played out of what was heard. Used from one thread."""

    latency_samples: int  # how far the output lies behind the input

    def process(self, heard: Int16, played: Int16, suppress: bool = True) -> Int16:
        """int16[160 n] at 16 kHz twice, of the same moments; what is left of `heard`, int16[160 n].

        suppress False: nothing of `played` is heard; what cannot tell an echo from a person has to let all through.
        """
        ...

    def forget(self) -> None:
        """The way from the loudspeaker to the microphone has changed."""
        ...

    def doubt(self, stepped: bool) -> None:
        """The way may have changed a little: the loudspeaker began again.

        stepped: it ran dry or was opened anew, and what was played is in step by new stamps, which are off by some
        samples.
        """
        ...


@dataclass(frozen=True)
class EchoFigures:
    """What a stage has to tell.

    Args:
        problem: what is wrong and the cure; empty when nothing is.
        values: figures by name, for /diagnostics.
    """

    problem: str
    values: dict[str, str | int | float]


class EchoStage(Protocol):
    """Stands between a source and the topic: chunks in, chunks out, of the same lengths and with the same stamps."""

    def process(self, chunk: AudioChunk) -> list[AudioChunk]:
        """Take one chunk; those that are ready. Never raises: what fails lets the audio through."""
        ...

    def flush(self) -> list[AudioChunk]:
        """The source is over: what was held back."""
        ...

    def figures(self) -> EchoFigures:
        """From any thread."""
        ...
