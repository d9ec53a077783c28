"""What was said in a session, by both sides, bounded in memory. As a file: session_file.py. No ROS here."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from voice_pipeline.dialogue.translation import LANGUAGES


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

    def apply(self, event: dict[str, Any]) -> bool:
        """One event: {"t": s since the epoch, "e": kind, ...}, of kind

        heard (text, language), said (turn, text), played (turn, id of the clause), interrupted (turn).

        Returns:
            False when it is of nothing that is remembered.
        """
        kind = event["e"]
        if kind == "heard":
            self._add(_Entry(event["t"], "", event.get("language", ""), [event["text"]]))
            return True
        turn = event["turn"]
        entry = self._turns.get(turn)
        if entry is None:
            if kind != "said":
                return False  # of a turn that is not remembered any more, or a clause that no turn said
            entry = self._turns[turn] = _Entry(event["t"], turn)
            self._add(entry)
        if kind == "said":
            entry.clauses.append(event["text"])
        elif kind == "played":
            entry.played.add(event["id"])
        elif kind == "interrupted":
            entry.interrupted = True
        return True

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
