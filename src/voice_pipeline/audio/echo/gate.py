"""Half duplex: the microphone hears nothing while the robot is heard. For hardware whose echo nothing removes."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.echo.protocol import EchoFigures
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.formats import NS, AudioChunk


class HalfDuplexGate:
    """Replaces chunks by silence from the first sound played until `tail_s` after the last.

    Args:
        reference: what is played.
        tail_s: for the loudspeaker's latency and the room's reverberation.
    """

    def __init__(self, reference: PlayedReference, tail_s: float) -> None:
        self._reference = reference
        self._tail_ns = int(tail_s * NS)
        self._closed = False
        self._silenced = 0

    def process(self, chunk: AudioChunk) -> list[AudioChunk]:
        """The chunk, or silence in its place."""
        self._closed = self._reference.sounds_at(chunk.stamp_ns, self._tail_ns)
        if not self._closed:
            return [chunk]
        self._silenced += 1
        return [AudioChunk(chunk.stamp_ns, np.zeros_like(chunk.samples))]

    def flush(self) -> list[AudioChunk]:
        """Nothing is held back."""
        return []

    def figures(self) -> EchoFigures:
        """Whether it is closed."""
        values: dict[str, str | int | float] = {
            "echo_gate": "closed" if self._closed else "open",
            "echo_silenced_chunks": self._silenced,
            "echo_reference_blocks": self._reference.blocks,
        }
        return EchoFigures("", values)
