"""What answering is about: how, whom it is told to, and what came of it. Apart because the mind, its calls and its callers
share it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from voice_pipeline.dialogue.protocol import Done, GenerateOptions, Message
from voice_pipeline.dialogue.tools import PendingCall, ValidCall


@dataclass(frozen=True)
class MindSettings:
    """How an utterance is answered. The texts are spoken; English by default, a profile gives another language's."""

    options: GenerateOptions = field(default_factory=GenerateOptions)
    language: str = "en"
    max_tool_calls: int = 3
    use_phrases: bool = True
    first_clause_chars: int = 10
    cannot: str = "Sorry, I can't do that."
    cannot_move: str = "I can't move right now."
    will_not: str = "Okay, I won't."
    emotion_tags: bool = False
    too_late: str = "That took too long. Please ask me again."


class Listener(Protocol):
    """Told what happens, on the worker's thread, in order."""

    def request(self) -> None:
        """The model was asked."""

    def first_token(self) -> None:
        """It began to answer (or a phrase matched)."""

    def clause(self, text: str, stock: bool) -> None:
        """Something to say. stock: a fixed text of the profile or of tools.yaml, not the model's words."""

    def requested(self, call_id: str, call: ValidCall) -> None:
        """A call passed every check and goes to the robot now."""

    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None:
        """A call did not pass; nothing was sent."""


@dataclass
class Answer:
    """What an utterance led to."""

    clauses: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)  # tool calls and their answers, for the history
    calls: list[PendingCall] = field(default_factory=list)
    by_phrase: bool = True  # the model was not needed
    cancelled: bool = False
    usage: Done | None = None
