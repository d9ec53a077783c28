"""What every audio source is: opened, read chunk by chunk on one thread, closed from another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from voice_pipeline.audio.formats import AudioChunk, AudioFormat


@dataclass
class SourceCounters:
    """What went wrong since open()."""

    overruns: int = 0  # times audio was lost because nobody took it in time
    gaps: int = 0  # times the sample clock had to be set anew: lost audio, or a wall clock that jumped


class AudioSource(Protocol):
    """Where the robot's hearing begins. Delivers 16 kHz mono chunks of 512 samples at the pace of real time."""

    @property
    def counters(self) -> SourceCounters:
        """Since open()."""
        ...

    def open(self) -> AudioFormat:
        """Open the device or file; returns what it delivers before conversion.

        Raises:
            VoiceError: it is not there or cannot be opened.
        """
        ...

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks as they are captured, blocking in between; ends after close() or at the end of the source.

        Raises:
            VoiceError: the source broke (a device that was unplugged).
        """
        ...

    def close(self) -> None:
        """Release everything and end chunks(), from any thread, any number of times."""
        ...
