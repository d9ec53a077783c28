"""One answer while it is given: what the utterance allows, and what is said. Apart from its tool calls (calling.py) and from
the model that is asked (mind.py)."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

from voice_pipeline.dialogue.answer import Answer, Listener, MindSettings
from voice_pipeline.dialogue.books import Book
from voice_pipeline.dialogue.local_tools import MEMORY_TOOLS
from voice_pipeline.dialogue.tools import Tool, ToolBox

_POLL_S = 0.02  # how often a wait for the robot looks at `cancel`


class Answering:
    """The state of one answer.

    Args:
        cancel, listener, gate: see Mind.answer.
        book: the phrases of the language that was spoken.
        tools: all there are.
    """

    def __init__(
        self,
        settings: MindSettings,
        cancel: threading.Event,
        listener: Listener,
        gate: threading.Event | None,
        book: Book,
        tools: ToolBox,
    ) -> None:
        self.settings, self.cancel, self.listener, self.gate, self.book = settings, cancel, listener, gate, book
        self._tools = tools
        self.answer = Answer()
        self.part = ""  # of the utterance, which is being answered
        self.rest: Sequence[str] = ()  # the parts after it
        self.forbidden = ""  # why its words forbid a call
        self.allowed: tuple[str, ...] = ()  # for what was said
        self.permitted: tuple[str, ...] = ()  # in the model's present answer
        self.others_wrote: Sequence[str] = ()  # people and tools, in the present prompt
        self.assents = False  # a yes or no alone: what it is about was said before
        self.only_words = False  # a yes or no that answers nothing: no request, whatever the model makes of it
        self.asks = False  # the robot asked for a yes: nothing else happens before it
        self.emoted = 0  # calls that a tag made
        self.wants_follow_up = False
        self.repeats = False
        self.silent = False  # the robot has said what there is to say; the model's further words are dropped
        self._heard = False

    @property
    def idle(self) -> bool:
        """Nothing was called but gestures of tags, and it was not cancelled."""
        return len(self.answer.calls) == self.emoted and not self.cancel.is_set()

    def begin(self, part: str, rest: Sequence[str] = ()) -> None:
        """A part of the utterance: what it allows. rest: the parts after it."""
        self.part, self.rest = part, rest
        self.forbidden = self.book.forbids(part)
        self.allowed = tuple(
            t.name
            for t in self._tools.tools.values()
            if not self.only_words
            and not t.only_phrases
            and not self._is_forbidden(t)
            and self.book.may_call(t.name, part)
        )
        self.wants_follow_up = self.silent = self.repeats = False

    def heard(self) -> None:
        """Something came: a token, or a phrase matched."""
        if not self._heard:
            self._heard = True
            self.listener.first_token()

    def say(self, text: str, stock: bool = False) -> None:
        """One clause. stock: see Listener."""
        if not stock and text in self.answer.clauses:
            self.repeats = True  # a small model in a loop says the same sentence until it is stopped
        elif text and not self.cancel.is_set():
            self.answer.clauses.append(text)
            self.listener.clause(text, stock)

    def say_all(self, clauses: Sequence[str]) -> None:
        """Each clause of the model's."""
        for clause in clauses:
            self.say(clause)

    def wait(self, event: threading.Event) -> None:
        """For an event, or until it is cancelled."""
        while not event.is_set() and not self.cancel.is_set():
            event.wait(_POLL_S)

    def refuse(self, name: str, raw: str, reason: str) -> None:
        """Tell of a call that was not made."""
        self.listener.refused(uuid.uuid4().hex[:12], name, raw, reason)

    def _is_forbidden(self, tool: Tool) -> bool:
        """A question may be answered by a tool; "don't forget my name" is an order."""
        if tool.kind != "local":
            return bool(self.forbidden)
        return self.forbidden == "negated" and tool.name not in MEMORY_TOOLS
