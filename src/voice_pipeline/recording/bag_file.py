"""One MCAP file, written so that a killed process leaves all but the last moments readable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from voice_pipeline.recording.schemas import definition

COMPRESSIONS = {"zstd": CompressionType.ZSTD, "lz4": CompressionType.LZ4, "none": CompressionType.NONE}
_CHUNK_BYTES = 256 * 1024  # a flush ends a chunk anyway: this only bounds a burst


class BagFile:
    """A new file that nobody but its owner may read (mode 0600): it holds what people said in a room.

    Args:
        path: must not exist yet.
        compression: of COMPRESSIONS.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, compression: str) -> None:
        self.path = path
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        self._stream = os.fdopen(handle, "wb")
        self._writer: Any = Writer(self._stream, chunk_size=_CHUNK_BYTES, compression=COMPRESSIONS[compression])
        self._writer.start(profile="ros2", library="voice_pipeline recorder")
        self._schemas: dict[str, int] = {}
        self._channels: dict[tuple[str, str], int] = {}
        self._waiting = 0  # bytes of the chunk that is not written yet
        self.messages = 0

    def add(
        self, topic: str, type_name: str, log_ns: int, publish_ns: int, data: bytes, text: bytes | None = None
    ) -> None:
        """Put a message (CDR) into the current chunk; `text` is its type's definition, by default the installed one.

        Raises:
            OSError: the chunk was full and could not be written.
            VoiceError: the type is not on this machine.
        """
        self._writer.add_message(self._channel(topic, type_name, text), log_ns, data, publish_ns, self.messages)
        self.messages += 1
        self._waiting += len(data)

    def flush(self) -> None:
        """Write the current chunk out: what was added so far survives the process.

        Raises:
            OSError: it could not be written.
        """
        self._writer.flush()
        self._waiting = 0

    @property
    def size(self) -> int:
        """Bytes, those waiting included (before compression)."""
        return self._stream.tell() + self._waiting

    def close(self) -> None:
        """Write the index and close; a file that cannot be finished is closed as it is.

        Raises:
            OSError: the end could not be written.
        """
        try:
            self._writer.finish()
        finally:
            self._stream.close()

    def abandon(self) -> None:
        """Close without writing anything more: the disk has refused it."""
        try:
            self._stream.close()  # flushes, which may be refused once more
        except OSError:
            pass

    def _channel(self, topic: str, type_name: str, text: bytes | None) -> int:
        key = (topic, type_name)
        if key not in self._channels:
            if type_name not in self._schemas:
                text = definition(type_name).encode() if text is None else text
                self._schemas[type_name] = self._writer.register_schema(type_name, "ros2msg", text)
            self._channels[key] = self._writer.register_channel(topic, "cdr", self._schemas[type_name])
        return self._channels[key]
