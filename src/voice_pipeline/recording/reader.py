"""Reads a recording, also one whose writer was killed: everything up to where it breaks off."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mcap.exceptions import McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader

from voice_pipeline.errors import VoiceError
from voice_pipeline.recording.folder import SUFFIX

_MAGIC = b"\x89MCAP0\r\n"
_RECORD_LIMIT = 1 << 28  # a broken length field must not ask for all memory


@dataclass(frozen=True)
class Recorded:
    """One message: `type_name` as "package/msg/Type", `definition` its text, `data` as CDR, `log_ns` when it was got."""

    topic: str
    type_name: str
    log_ns: int
    publish_ns: int
    data: bytes
    definition: bytes = b""


class BagReader:
    """The messages of one file in the order of recording.

    Raises:
        VoiceError: there is no such file, or it is not MCAP.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.complete = False  # after reading: the file was finished by its writer
        try:
            with path.open("rb") as file:
                magic = file.read(len(_MAGIC))
        except OSError as error:
            raise VoiceError(f"{path} cannot be read: {error.strerror}.", "Name an .mcap file.") from error
        if magic != _MAGIC:
            raise VoiceError(f"{path} is not an MCAP file.", "Name a file of `record:=true`, or an MCAP bag.")

    def __iter__(self) -> Iterator[Recorded]:
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        self.complete = False
        with self.path.open("rb") as file:
            records = StreamReader(file, record_size_limit=_RECORD_LIMIT).records
            while True:
                try:
                    record = next(records)
                except StopIteration:
                    self.complete = True
                    return
                except (McapError, EOFError, struct.error, ValueError, RuntimeError):
                    return  # cut off here: the libraries say so in many ways
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message):
                    channel = channels[record.channel_id]
                    schema = schemas[channel.schema_id]
                    times = (record.log_time, record.publish_time)
                    yield Recorded(channel.topic, schema.name, *times, record.data, schema.data)


def bag_files(paths: list[Path]) -> list[Path]:
    """The .mcap files that these paths name; a folder stands for all of its own, oldest first by name.

    Raises:
        VoiceError: there is none.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise VoiceError(f"there is no recording in {', '.join(map(str, paths))}.", "Name an .mcap file.")
    return files
