"""A recording in progress: one file after another, never more than was allowed, and a full disk is a fault, not a crash."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voice_pipeline.errors import VoiceError
from voice_pipeline.recording.bag_file import BagFile
from voice_pipeline.recording.folder import make_folder, make_room, new_path

NS = 1_000_000_000
MB = 1_000_000
_RETRY_S = 10.0  # after a fault; a disk does not get emptied faster


@dataclass(frozen=True)
class RecordingOptions:
    """See the parameters of `recorder`. Sizes in MB of 10^6 bytes, times in s."""

    folder: Path
    compression: str = "zstd"
    max_file_mb: int = 100
    max_file_s: float = 1800.0
    keep_mb: int = 1000
    min_free_mb: int = 500
    flush_s: float = 1.0


class Recording:
    """Takes messages with the time of their coming; from one thread.

    Args:
        options: where and how much.
        free_bytes: what the disk of a folder still takes; a test hands in its own.
    """

    def __init__(
        self,
        options: RecordingOptions,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._options = options
        self._free_bytes = free_bytes
        # Two files at least: else the one that is being written would be all there is room for.
        self._max_bytes = min(options.max_file_mb, options.keep_mb // 2) * MB
        self._file: BagFile | None = None
        self._opened_ns = self._flushed_ns = self._retry_ns = 0
        self.fault = ""  # why nothing is being recorded, and the cure
        self.path: Path | None = None  # the file that is being written, or was last
        self.size = 0  # of that file in bytes, when it was last written to
        self.messages = self.lost = self.files = self.deleted = 0

    def add(self, topic: str, type_name: str, log_ns: int, publish_ns: int, data: bytes) -> None:
        """Record one message (CDR). What cannot be written is counted as lost, `fault` says why; never raises."""
        if not self._ready(log_ns):
            self.lost += 1
            return
        assert self._file is not None
        try:
            self._file.add(topic, type_name, log_ns, publish_ns, data)
            self.messages += 1
        except VoiceError as error:
            self.lost += 1
            self.fault = str(error)
            return
        except OSError as error:
            self.lost += 1
            self._give_up(error, log_ns)
            return
        self.tick(log_ns)

    def tick(self, now_ns: int) -> None:
        """Write out what is older than flush_s; begin the next file when this one is full."""
        if self._file is None or now_ns - self._flushed_ns < self._options.flush_s * NS:
            return
        try:
            self._file.flush()
            self._flushed_ns = now_ns
            self.size = self._file.size
            if self._free_bytes(self._options.folder) < self._options.min_free_mb * MB:
                self.close()
                self._full(now_ns)
            elif self.size > self._max_bytes or now_ns - self._opened_ns > self._options.max_file_s * NS:
                self.close()
        except OSError as error:
            self._give_up(error, now_ns)

    def close(self) -> None:
        """Finish the file that is being written; the next message begins another."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self.fault = self._words(error)
                file.abandon()

    def _ready(self, now_ns: int) -> bool:
        """There is a file to write to; opens one, but not again right after a fault."""
        if self._file is not None:
            return True
        if now_ns < self._retry_ns:
            return False
        o = self._options
        try:
            make_folder(o.folder)
            self.deleted += len(make_room(o.folder, o.keep_mb * MB, self._max_bytes))
            if self._free_bytes(o.folder) < o.min_free_mb * MB:
                self._full(now_ns)
                return False
            self.path = new_path(o.folder, now_ns / NS)
            self._file = BagFile(self.path, o.compression)
        except OSError as error:
            self._give_up(error, now_ns)
            return False
        self._opened_ns = self._flushed_ns = now_ns
        self.files += 1
        self.fault = ""
        return True

    def _give_up(self, error: OSError, now_ns: int) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.abandon()
        self.fault = self._words(error)
        self._retry_ns = now_ns + round(_RETRY_S * NS)

    def _full(self, now_ns: int) -> None:
        o = self._options
        self.fault = (
            f"nothing is recorded: less than {o.min_free_mb} MB are free where {o.folder} lies. "
            "Make room, name another `folder`, or lower `min_free_mb`."
        )
        self._retry_ns = now_ns + round(_RETRY_S * NS)

    def _words(self, error: OSError) -> str:
        return (
            f"nothing is recorded in {self._options.folder}: {error.strerror or error}. "
            f"Make room or name another `folder`; tried again every {_RETRY_S:g} s."
        )
