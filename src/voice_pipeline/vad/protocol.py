"""What every voice activity detector is: one probability for each 32 ms of audio."""

from __future__ import annotations

from typing import Protocol

from voice_pipeline.audio.formats import Int16


class VoiceActivityDetector(Protocol):
    """Gives the probability that somebody speaks, frame by frame, with a memory of what came before."""

    def probability(self, frame: Int16) -> float:
        """Speech probability, 0..1, of int16[512] at 16 kHz that follows the frame before without a gap."""
        ...

    def reset(self) -> None:
        """Forget what came before (after a gap)."""
        ...

    def close(self) -> None:
        """Release the model."""
        ...
