"""The conversation as the model sees it: append-only, compacted in blocks, holding only what was really said."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from voice_pipeline.dialogue.protocol import Message

# Characters of a token, on the safe side: 4 is usual for English, JSON and other languages take more.
_CHARS_PER_TOKEN = 3.0
_USUAL_QUESTION = 200  # characters
_LONGEST_QUESTION = 2000  # characters; a longer one would push everything else out of a small context


class History:
    """Static prefix, then turns.

    A history that slides by one turn each time makes the model read everything again (0.8-1.3 s instead of 0.05-0.26
    s to the first token, measured): when it is full, the older half goes at once.

    Args:
        prefix: system message and examples.
        max_turns: turns kept at most.
        context_tokens: of the model; half a block is dropped earlier when the characters no longer fit.
        answer_tokens: room to leave for an answer.
    """

    def __init__(self, prefix: Sequence[Message], max_turns: int, context_tokens: int, answer_tokens: int) -> None:
        self._max_turns = max_turns
        self._most = (context_tokens - answer_tokens) * _CHARS_PER_TOKEN
        self._turns: list[list[Message]] = []
        self._lock = threading.Lock()  # the prompt is built on the model's thread
        self.prefix = list(prefix)

    @property
    def turns(self) -> int:
        """Turns kept."""
        return len(self._turns)

    def prompt(self, question: str) -> list[Message]:
        """Everything the model gets for a new question."""
        with self._lock:
            self._compact(len(question))
            past = [m for turn in self._turns for m in turn]
        return [*self.prefix, *past, Message("user", question[:_LONGEST_QUESTION])]

    def make_room(self) -> bool:
        """Drop the older half now if the next question would; True when something was dropped."""
        with self._lock:
            before = len(self._turns)
            self._compact(_USUAL_QUESTION)
            return len(self._turns) < before

    def append(self, question: str, answer: Sequence[Message]) -> None:
        """Add a finished turn.

        Args:
            answer: assistant and tool messages in order; only what was really said and done.
        """
        with self._lock:
            self._turns.append([Message("user", question[:_LONGEST_QUESTION]), *answer])

    def clear(self) -> None:
        """Forget all turns."""
        with self._lock:
            self._turns.clear()

    def _compact(self, coming: int) -> None:
        room = max(500.0, self._most - sum(_size(m) for m in self.prefix))
        while self._turns and (
            len(self._turns) >= self._max_turns or sum(_size(m) for turn in self._turns for m in turn) + coming > room
        ):
            del self._turns[: (len(self._turns) + 1) // 2]


def _size(message: Message) -> int:
    return len(message.content) + sum(40 + len(str(c.arguments)) for c in message.calls) + 12
