"""The session as a file that outlives a crash and stays small however long the session lasts. No ROS here."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from voice_pipeline.dialogue.session_record import SessionRecord

_MOST_FILES = 50  # finished sessions; the oldest go


class SessionFile:
    """The events of the running session, one JSON line each; what a crash left is read again.

    In two parts: when the present one (current.jsonl) holds `most` turns and utterances it becomes the earlier one
    (earlier.jsonl) in the place of that before. Together they never hold more than twice `most`, nor less than the last
    `most`, which is what a SessionRecord of that size remembers.

    Args:
        folder: made for its owner alone.
        most: turns and utterances of one part.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._path = folder / "current.jsonl"
        self._earlier = folder / "earlier.jsonl"
        self._most = most
        self._count = 0  # turns and utterances in the present part
        self._turns: set[str] = set()

    def left_over(self) -> Iterator[dict[str, Any]]:
        """Events of a session that did not end in order; a line that was cut by the crash is skipped.

        Raises:
            OSError: the file is there and cannot be read.
        """
        for path in (self._earlier, self._path):
            if not path.exists():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            if text and not text.endswith("\n"):
                with path.open("a") as file:  # the next event begins a line of its own
                    file.write("\n")
            self._begin_part()
            for line in text.splitlines():
                try:
                    event = json.loads(line)
                    SessionRecord(1).apply(event)
                    _check(event)
                except (ValueError, KeyError, TypeError):
                    continue
                self._note(event)
                yield event
        self._turns.clear()  # what comes belongs to a new run: its turns may have the names of those before

    def append(self, event: dict[str, Any]) -> None:
        """Write one event so that neither a crash nor a power cut loses it. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._count >= self._most and self._begins(event):
            if self._path.exists():
                self._path.replace(self._earlier)
            self._begin_part()
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, (json.dumps(event, ensure_ascii=False) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        self._note(event)

    def finish(self) -> Path | None:
        """The session ended in order: its file gets a name by the time. None when nothing was said. Raises OSError."""
        parts = [path for path in (self._earlier, self._path) if path.exists()]
        if not parts:
            return None
        name, count = time.strftime("session_%Y-%m-%d_%H-%M-%S"), 0
        target = self._folder / f"{name}.jsonl"
        while target.exists():
            count += 1
            target = self._folder / f"{name}_{count}.jsonl"
        if len(parts) == 2:
            self._join()
        parts[-1].rename(target)
        self._begin_part()
        finished = sorted(self._folder.glob("session_*.jsonl"), key=lambda p: p.stat().st_mtime_ns)
        for old in finished[:-_MOST_FILES]:
            old.unlink()
        return target

    def _join(self) -> None:
        """Both parts in the present one; at no moment is anything of them only half there."""
        both = self._folder / "joined.part"
        handle = os.open(both, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for part in (self._earlier, self._path):
                file.write(part.read_bytes())
            file.flush()
            os.fsync(handle)
        both.replace(self._path)
        self._earlier.unlink()

    def _begin_part(self) -> None:
        self._count = 0
        self._turns.clear()

    def _begins(self, event: dict[str, Any]) -> bool:
        return event["e"] == "heard" or (event["e"] == "said" and event["turn"] not in self._turns)

    def _note(self, event: dict[str, Any]) -> None:
        self._count += self._begins(event)
        if event["e"] == "said":
            self._turns.add(event["turn"])


def _check(event: dict[str, Any]) -> None:
    """Raises TypeError: what stands there cannot be told later."""
    texts = [event.get(key, "") for key in ("turn", "text", "language", "id")]
    if not isinstance(event["t"], (int, float)) or not all(isinstance(text, str) for text in texts):
        raise TypeError("no event")
