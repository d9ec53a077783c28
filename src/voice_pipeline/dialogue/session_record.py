"""What was said in a session, by both sides, bounded in memory; and as a file that outlives a crash. No ROS here."""

from __future__ import annotations

import json
import os
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from voice_pipeline.dialogue.translation import LANGUAGES

_MOST_FILES = 50  # finished sessions; the oldest go


@dataclass(frozen=True)
class Line:
    """One thing that was said. who: "person" or "robot"; time_s: since the epoch; language: ISO 639-1 or empty."""

    time_s: float
    who: str
    text: str
    language: str = ""


@dataclass
class _Entry:
    time_s: float
    turn_id: str = ""  # empty: the person
    language: str = ""
    clauses: list[str] = field(default_factory=list)
    played: set[str] = field(default_factory=set)  # clauses that were heard to their end
    interrupted: bool = False

    @property
    def text(self) -> str:
        """What was heard: all of it, unless the person broke in; then the clauses that had been played by then."""
        heard = self.clauses[: len(self.played)] if self.interrupted else self.clauses
        return " ".join(heard).strip()


class SessionRecord:
    """Fed with events, in any order between topics.

    Args:
        most: turns and utterances kept; the oldest go first.
    """

    def __init__(self, most: int) -> None:
        self._entries: deque[_Entry] = deque()
        self._turns: dict[str, _Entry] = {}
        self._most = most
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._entries)

    def apply(self, event: dict[str, Any]) -> None:
        """One event: {"t": s since the epoch, "e": kind, ...}, of kind

        heard (text, language), said (turn, text), played (turn, id of the clause), interrupted (turn).
        """
        kind = event["e"]
        if kind == "heard":
            self._add(_Entry(event["t"], "", event.get("language", ""), [event["text"]]))
            return
        turn = event["turn"]
        entry = self._turns.get(turn)
        if entry is None:
            if kind != "said":
                return  # of a turn that is not remembered any more, or a clause that no turn said
            entry = self._turns[turn] = _Entry(event["t"], turn)
            self._add(entry)
        if kind == "said":
            entry.clauses.append(event["text"])
        elif kind == "played":
            entry.played.add(event["id"])
        elif kind == "interrupted":
            entry.interrupted = True

    def turns_end_here(self) -> None:
        """What comes belongs to a new run: its turns may have the names of those before."""
        self._turns.clear()

    def lines(self, since_s: float = 0.0) -> list[Line]:
        """What was said from then on, oldest first."""
        found = []
        for entry in self._entries:
            if entry.time_s >= since_s and entry.text:
                text = entry.text + (" (interrupted)" if entry.interrupted else "")
                found.append(Line(entry.time_s, "robot" if entry.turn_id else "person", text, entry.language))
        return found

    def _add(self, entry: _Entry) -> None:
        self._entries.append(entry)
        while len(self._entries) > self._most:
            self._turns.pop(self._entries.popleft().turn_id, None)
            self.dropped += 1


def main_language(lines: list[Line]) -> str:
    """What the person spoke most, of the languages that minutes can be in; "en" when it was none of them."""
    counts = Counter(line.language for line in lines if line.language.lower() in LANGUAGES)
    return counts.most_common(1)[0][0] if counts else "en"


def _check(event: dict[str, Any]) -> None:
    """Raises TypeError: what stands there cannot be told later."""
    texts = [event.get(key, "") for key in ("turn", "text", "language", "id")]
    if not isinstance(event["t"], (int, float)) or not all(isinstance(text, str) for text in texts):
        raise TypeError("no event")


class SessionFile:
    """The events of the running session, one JSON line each; what a crash left is read again.

    Args:
        folder: made for its owner alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "current.jsonl"

    def left_over(self) -> Iterator[dict[str, Any]]:
        """Events of a session that did not end in order; a line that was cut by the crash is skipped.

        Raises:
            OSError: the file is there and cannot be read.
        """
        if not self._path.exists():
            return
        text = self._path.read_text(encoding="utf-8", errors="replace")
        if text and not text.endswith("\n"):
            with self._path.open("a") as file:  # the next event begins a line of its own
                file.write("\n")
        for line in text.splitlines():
            try:
                event = json.loads(line)
                SessionRecord(1).apply(event)
                _check(event)
            except (ValueError, KeyError, TypeError):
                continue
            yield event

    def append(self, event: dict[str, Any]) -> None:
        """Write one event so that neither a crash nor a power cut loses it. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, (json.dumps(event, ensure_ascii=False) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def finish(self) -> Path | None:
        """The session ended in order: its file gets a name by the time. None when nothing was said. Raises OSError."""
        if not self._path.exists():
            return None
        name, count = time.strftime("session_%Y-%m-%d_%H-%M-%S"), 0
        target = self._folder / f"{name}.jsonl"
        while target.exists():
            count += 1
            target = self._folder / f"{name}_{count}.jsonl"
        self._path.rename(target)
        finished = sorted(self._folder.glob("session_*.jsonl"), key=lambda p: p.stat().st_mtime_ns)
        for old in finished[:-_MOST_FILES]:
            old.unlink()
        return target
