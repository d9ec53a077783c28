"""The conversation as the model sees it: append-only, compacted in blocks, holding only what was really said."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from voice_pipeline.dialogue.protocol import Message

# Characters of a token, on the safe side: 4 is usual for English, JSON and other languages take more.
_CHARS_PER_TOKEN = 3.0
_USUAL_QUESTION = 200  # characters
LONGEST_QUESTION = 2000  # characters; a longer one would push everything else out of a small context
# Of what fits; above it the older half is summarised. The rest is room for the turns until somebody is silent.
_FULL = 0.7


@dataclass(frozen=True)
class Block:
    """The oldest turns, to be replaced by a summary; and what the model is to read for it."""

    turns: tuple[list[Message], ...]
    prompt: tuple[Message, ...]


class History:
    """Static prefix, facts, summary of what was said long ago, then turns, then the question with a note in front.

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
        self._notes: list[str] = []  # of each turn; empty when there was nothing new
        self._lock = threading.Lock()  # the prompt is built on the model's thread
        self._summary = ""
        self.prefix = list(prefix)
        self.facts: list[Message] = []  # changed only when the model has to read everything again anyway
        # What holds now (the time, where the robot looks): told in front of a question when it is news, and kept there,
        # because what the model has read must not change behind it. Set it only while nobody is answered.
        self.note = ""

    @property
    def turns(self) -> int:
        """Turns kept."""
        return len(self._turns)

    @property
    def summary(self) -> str:
        """Of the turns that are gone; empty when there is none."""
        return self._summary

    def prompt(self, question: str) -> list[Message]:
        """Everything the model gets for a new question."""
        with self._lock:
            self._compact(len(question))
            return [*self._before(), *_flat(self._turns), self._asked(question)[1]]

    def make_room(self) -> bool:
        """Drop the older half now if the next question would; True when something was dropped."""
        with self._lock:
            return self._compact(_USUAL_QUESTION)

    def append(self, question: str, answer: Sequence[Message]) -> None:
        """Add a finished turn.

        Args:
            answer: assistant and tool messages in order; only what was really said and done.
        """
        with self._lock:
            note, asked = self._asked(question)
            self._turns.append([asked, *answer])
            self._notes.append(note)

    def clear(self) -> None:
        """Forget all turns and their summary."""
        with self._lock:
            self._turns.clear()
            self._notes.clear()
            self._summary = ""

    def block(self, request: str) -> Block | None:
        """The older half, when more than 70 % is full; None before.

        Its prompt asks for a summary behind all that was said, because the model has read that already: nothing of its
        cache is lost when the summary is given up.
        """
        with self._lock:
            used = self._size() + _USUAL_QUESTION
            if len(self._turns) < max(2.0, _FULL * self._max_turns) and used < _FULL * self._room():
                return None
            if len(self._turns) < 2:
                return None
            old = tuple(self._turns[: (len(self._turns) + 1) // 2])
            return Block(old, (*self._before(), *_flat(self._turns), Message("user", request)))

    def replace(self, block: Block, summary: str) -> bool:
        """Put a summary in the place of a block, and of the summary before; False when the block is gone meanwhile."""
        with self._lock:
            count = len(block.turns)
            if len(self._turns) < count or any(a is not b for a, b in zip(self._turns, block.turns, strict=False)):
                return False
            self._cut(count)
            self._summary = summary
            return True

    def drop_mention(self, text: str) -> None:
        """Forget the turns that speak of a text, and the summary: asked to forget a fact, the robot does."""
        with self._lock:
            keep = [i for i, turn in enumerate(self._turns) if not any(_mentions(m, text) for m in turn)]
            self._turns = [self._turns[i] for i in keep]
            self._notes = [self._notes[i] for i in keep]
            self._summary = ""

    def _before(self) -> list[Message]:
        said = []
        if self._summary:
            # As a turn of its own: roles alternate, and words of people never reach the system message.
            said = [
                Message("user", "What did we talk about before?"),
                Message("assistant", self._summary),
            ]
        return [*self.prefix, *self.facts, *said]

    def _asked(self, question: str) -> tuple[str, Message]:
        told = next((n for n in reversed(self._notes) if n), "")
        note = self.note if self.note != told else ""
        text = question[:LONGEST_QUESTION]
        return note, Message("user", f"{note} {text}" if note else text)

    def _room(self) -> float:
        return max(500.0, self._most - sum(_size(m) for m in self._before()))

    def _size(self) -> int:
        return sum(_size(m) for m in _flat(self._turns))

    def _compact(self, coming: int) -> bool:
        before = len(self._turns)
        while self._turns and (
            len(self._turns) >= self._max_turns or self._size() + len(self.note) + coming > self._room()
        ):
            self._cut((len(self._turns) + 1) // 2)
        return len(self._turns) < before

    def _cut(self, count: int) -> None:
        del self._turns[:count], self._notes[:count]


def _flat(turns: Sequence[list[Message]]) -> list[Message]:
    return [m for turn in turns for m in turn]


def _mentions(message: Message, text: str) -> bool:
    return text.lower() in f"{message.content} {[c.arguments for c in message.calls]}".lower()


def _size(message: Message) -> int:
    return len(message.content) + sum(40 + len(str(c.arguments)) for c in message.calls) + 12
