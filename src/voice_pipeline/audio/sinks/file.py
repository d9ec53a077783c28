"""Writes what is played into a WAV that is whole at any moment, also when the process is killed."""

from __future__ import annotations

import wave
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from voice_pipeline.audio.clock import Clock
from voice_pipeline.audio.formats import Int16, to_bytes
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.errors import VoiceError

# Gaps up to this are kept, so that the file sounds like the conversation; a robot idle overnight writes nothing.
MAX_GAP_S = 2.0


class FileSink(NullSink):
    """16-bit mono WAV, overwritten at open().

    Args:
        path: of the file; its folder is made where it is missing.
        sample_rate: Hz; 0 for 24 kHz.
        clock: paces it.
    """

    def __init__(self, path: str, sample_rate: int = 0, clock: Clock | None = None) -> None:
        super().__init__(sample_rate, clock)
        self._path = Path(path).expanduser()
        self._given = bool(path.strip())
        self._raw: BinaryIO | None = None
        self._wav: wave.Wave_write | None = None
        self._any = False

    def open(self) -> None:
        """Create the file.

        Raises:
            VoiceError: no path, or it cannot be written.
        """
        if not self._given:
            raise VoiceError("sink 'file' was given no file.", "Set `file_path` to the WAV to write.")
        super().open()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._raw = self._path.open("wb")
            self._wav = wave.open(self._raw, "wb")  # noqa: SIM115 - lives until close()
            self._wav.setnchannels(1)
            self._wav.setsampwidth(2)
            self._wav.setframerate(self.sample_rate)
            self._any = False
            self._put(np.zeros(0, np.int16))
        except OSError as error:
            self.close()
            raise self._cannot(error) from error

    def begin(self, idle_s: float) -> None:
        """Write the gap since the last block, up to 2 s; nothing before the first."""
        super().begin(idle_s)
        if self._any:
            self.take(np.zeros(round(min(idle_s, MAX_GAP_S) * self.sample_rate), np.int16))

    def take(self, block: Int16) -> None:
        """Append, correct the header, hand it to the system.

        Raises:
            VoiceError: the disk is full or gone.
        """
        try:
            self._put(block)
        except (OSError, ValueError) as error:
            raise self._cannot(error) from error
        self._any = True

    def _put(self, block: Int16) -> None:
        if self._wav is None or self._raw is None:
            raise ValueError("the file is closed")
        self._wav.writeframes(to_bytes(block))  # also corrects the lengths in the header
        self._raw.flush()

    def _cannot(self, error: Exception) -> VoiceError:
        return VoiceError(f"cannot write {self._path}: {error}.", "Free some space, or correct `file_path`.")

    def close(self) -> None:
        """End the file."""
        super().close()
        wav, self._wav = self._wav, None
        raw, self._raw = self._raw, None
        with suppress(OSError, ValueError, wave.Error):
            if wav is not None:
                wav.close()
        with suppress(OSError):
            if raw is not None:
                raw.close()
