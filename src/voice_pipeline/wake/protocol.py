"""What every wake word engine is: a score for each short frame of audio."""

from __future__ import annotations

from typing import Protocol

from voice_pipeline.audio.formats import Int16


class WakeWordEngine(Protocol):
    """Scores a stream frame by frame, with a memory of what came before. Used from one thread at a time."""

    @property
    def frame_samples(self) -> int:
        """Length of a frame at 16 kHz."""
        ...

    @property
    def words(self) -> list[str]:
        """Names of the words it listens for."""
        ...

    def scores(self, frame: Int16) -> dict[str, float]:
        """Score 0..1 of each word after one more frame.

        Args:
            frame: int16[frame_samples] at 16 kHz, the one that follows the frame before.

        Raises:
            VoiceError: the frame has another length.
        """
        ...

    def reset(self) -> None:
        """Forget what came before."""
        ...

    def close(self) -> None:
        """Release the model."""
        ...
