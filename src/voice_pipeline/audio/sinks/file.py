"""Writes what is played into a WAV that is whole at any moment, also when the process is killed or the disk is full."""

from __future__ import annotations

import errno
import os
import struct
from contextlib import suppress
from io import FileIO
from pathlib import Path

import numpy as np

from voice_pipeline.audio.clock import Clock
from voice_pipeline.audio.formats import Int16, to_bytes
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.errors import VoiceError

# Gaps up to this are kept, so that the file sounds like the conversation; a robot idle overnight writes nothing.
MAX_GAP_S = 2.0
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")  # RIFF with one fmt and one data chunk
_MOST_BYTES = 2**32 - 64  # of sound: the header counts them in 32 bits; 24 h of speech at 24 kHz
_ROOM_S = 1.0  # of sound that must fit into the file when it is opened: a full disk is told before somebody speaks


class FileSink(NullSink):
    """16-bit mono WAV, overwritten at the first open(); opened again after a fault it goes on behind what is written.

    Args:
        path: of the file; its folder is made where it is missing.
        sample_rate: Hz; 0 for 24 kHz.
        clock: paces it.
    """

    def __init__(self, path: str, sample_rate: int = 0, clock: Clock | None = None) -> None:
        super().__init__(sample_rate, clock)
        self._path = Path(path).expanduser()
        self._given = bool(path.strip())
        self._file: FileIO | None = None
        self._bytes = 0  # of sound that is safely in the file

    def open(self) -> None:
        """Create the file, or go on with it.

        Raises:
            VoiceError: no path, or it cannot be written.
        """
        if not self._given:
            raise VoiceError("sink 'file' was given no file.", "Set `file_path` to the WAV to write.")
        super().open()
        try:
            self._file = self._what_is_there() or self._new()
            self._find_room()
        except OSError as error:
            self.close()
            raise self._cannot(error) from error

    def begin(self, idle_s: float) -> None:
        """Write the gap since the last block, up to 2 s; nothing before the first."""
        super().begin(idle_s)
        if self._bytes:
            self.take(self._silence(min(idle_s, MAX_GAP_S)))

    def take(self, block: Int16) -> None:
        """Append, correct the header, hand it to the system.

        Raises:
            VoiceError: the disk is full or gone.
        """
        try:
            self._put(block)
        except (OSError, ValueError) as error:
            raise self._cannot(error) from error

    def _new(self) -> FileIO:
        self._bytes = 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return FileIO(self._path, "w")

    def _what_is_there(self) -> FileIO | None:
        """Of this sink, before a fault; None when there is nothing, or it is gone."""
        if not self._bytes:
            return None
        try:
            file = FileIO(self._path, "r+")
        except FileNotFoundError:
            return None
        self._bytes = min(self._bytes, max(0, os.fstat(file.fileno()).st_size - _HEADER.size))
        return file

    def _find_room(self) -> None:
        assert self._file is not None
        kept = self._bytes
        try:
            self._put(self._silence(_ROOM_S))
        finally:
            self._bytes = kept
        self._count()
        self._file.truncate(_HEADER.size + kept)

    def _put(self, block: Int16) -> None:
        data = to_bytes(block)
        if self._bytes + len(data) > _MOST_BYTES:
            raise OSError(errno.EFBIG, "it holds all that a WAV can; name another and activate again")
        self._write(_HEADER.size + self._bytes, data)
        self._bytes += len(data)
        self._count()

    def _count(self) -> None:
        """The lengths in the header; last, so that it never counts what is not there."""
        n, rate = self._bytes, self.sample_rate
        header = (b"RIFF", n + _HEADER.size - 8, b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16, b"data", n)
        self._write(0, _HEADER.pack(*header))

    def _write(self, at: int, data: bytes) -> None:
        if self._file is None:
            raise ValueError("the file is closed")
        self._file.seek(at)
        left = memoryview(data)
        while left:  # a disk that is nearly full takes a part, and tells the next time
            left = left[self._file.write(left) or 0 :]

    def _silence(self, seconds: float) -> Int16:
        return np.zeros(round(seconds * self.sample_rate), np.int16)

    def _cannot(self, error: Exception) -> VoiceError:
        what = getattr(error, "strerror", "") or error
        return VoiceError(f"cannot write {self._path}: {what}.", "Free some space, or correct `file_path`.")

    def close(self) -> None:
        """End the file; what was safely written stays."""
        super().close()
        file, self._file = self._file, None
        if file is None:
            return
        with suppress(OSError):
            file.truncate(_HEADER.size + self._bytes)  # without the part of a block that a full disk took
        with suppress(OSError):
            file.close()
