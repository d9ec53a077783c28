"""Stock phrases on disk, so that the next start has them at once. Nothing else is written: answers are private."""

from __future__ import annotations

import hashlib
import os
import tempfile
import wave
from contextlib import suppress
from pathlib import Path

from voice_pipeline.audio.formats import Int16, from_bytes, to_bytes
from voice_pipeline.tts.words import Words

LIMIT_BYTES = 64_000_000  # some 20 minutes; a robot has a hundred phrases of 2 s, 10 MB
_FORMAT = 1  # raise it when trimming or pauses change: what was kept would sound otherwise


class Shelf:
    """A folder of WAV files named by what they say, who says it and which model made them.

    A file that is broken counts as absent and is made again. Trouble with the disk is told in `problem` and costs
    nothing but the next start's time.

    Args:
        folder: made at the first store().
        identity: of engine and model; another model never plays what this one made.
        rate: Hz of the sound.
        limit_bytes: of all files; those not used for longest go first.
    """

    def __init__(self, folder: Path, identity: str, rate: int, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder = folder
        self._identity = identity
        self._rate = rate
        self._limit = limit_bytes
        self.problem = ""

    def path(self, piece: Words) -> Path:
        """Where the sound of a piece is or would be."""
        name = "\n".join((str(_FORMAT), self._identity, piece.voice, f"{piece.speed:.3f}", piece.text))
        return self._folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.wav"

    def load(self, piece: Words) -> Int16 | None:
        """int16[n]; None when it is not there or broken."""
        path = self.path(piece)
        try:
            with wave.open(str(path), "rb") as file:
                form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
                count = file.getnframes()
                data = file.readframes(count)
        except (OSError, EOFError, wave.Error):
            return None
        if form != (1, 2, self._rate) or count == 0 or len(data) != 2 * count:
            return None
        with suppress(OSError):
            os.utime(path)  # used: stays longer
        return from_bytes(data)

    def store(self, piece: Words, samples: Int16) -> None:
        """Write it whole or not at all; then remove the oldest files above the limit."""
        part = ""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(".part", dir=self._folder)
            with os.fdopen(handle, "wb") as raw, wave.open(raw, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(self._rate)
                file.writeframes(to_bytes(samples))
            os.replace(part, self.path(piece))
            self._tidy()
            self.problem = ""
        except OSError as error:
            self.problem = (
                f"stock phrases are not kept on disk: {error}. Free some space, or set keep_on_disk to false."
            )
            with suppress(OSError):
                os.unlink(part)

    def _tidy(self) -> None:
        files = []
        for path in self._folder.iterdir():
            with suppress(OSError):  # another process tidies too
                state = path.stat()
                files.append((state.st_mtime_ns, state.st_size, path))
        too_much = sum(size for _, size, _ in files) - self._limit
        for _, size, path in sorted(files):
            if too_much <= 0:
                return
            path.unlink(missing_ok=True)
            too_much -= size
