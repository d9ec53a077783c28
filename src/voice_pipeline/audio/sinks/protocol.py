"""What every audio sink is: opened, written block by block on one thread at the pace of real time, closed."""

from __future__ import annotations

from typing import Protocol

from voice_pipeline.audio.formats import Int16

DEFAULT_RATE = 24_000  # Hz; Kokoro's own, so that nothing is resampled


class AudioSink(Protocol):
    """Where the robot's voice ends."""

    sample_rate: int  # Hz of what write() takes; known after open()
    wants_silence: bool  # True: give it silence while nothing plays (a device that falls asleep loses the next word)
    underruns: int  # times the device itself ran dry since open()

    def open(self) -> None:
        """Open the device or file.

        Raises:
            VoiceError: it is not there or cannot be opened.
        """
        ...

    def begin(self, idle_s: float) -> None:
        """Blocks follow after `idle_s` seconds in which none were written."""
        ...

    def write(self, block: Int16) -> int:
        """Play mono int16[n]; returns when there is room for the next block.

        Returns:
            Wall time in ns at which the first sample of the block is (or was) heard.

        Raises:
            VoiceError: the sink broke.
        """
        ...

    def close(self) -> None:
        """Release everything, any number of times; never raises."""
        ...
