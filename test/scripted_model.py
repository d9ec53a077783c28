"""A language model that says what a test wrote; and a robot that notes what it was asked to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from voice_pipeline.dialogue.protocol import Delta, Done, Message, TextDelta, ToolCallRequest
from voice_pipeline.dialogue.tools import Outcome, PendingCall, ValidCall

WAIT = "<wait>"  # in a script: hold here until `go` is set, or the answer is cancelled


class ScriptedModel:
    """`script` maps the last user message to pieces: text, ToolCallRequest, an exception to raise, or WAIT."""

    native_tools = False

    def __init__(self, script: Callable[[str], Sequence[Any]] | dict[str, Sequence[Any]] | None = None) -> None:
        self.script = script if callable(script) else (lambda q: (script or {}).get(q, [f"You said {q}."]))
        self.prompts: list[list[Message]] = []
        self.options: list[Any] = []
        self.read: list[list[Message]] = []
        self.go = threading.Event()
        self.fault: Exception | None = None
        self.warmed = 0
        self.closed = False

    def prepare(self) -> None:
        if self.fault is not None:
            raise self.fault

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[Any]) -> None:
        self.warmed += 1

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[Any], cancel: threading.Event) -> None:
        self.read.append(list(messages))

    def stream(
        self, messages: Sequence[Message], tools: Sequence[Any], cancel: threading.Event, options: Any
    ) -> Iterator[Delta]:
        self.prompts.append(list(messages))
        self.options.append(options)
        if self.fault is not None:
            raise self.fault
        question = next(m.content for m in reversed(messages) if m.role == "user")
        for piece in self.script(question):
            if cancel.is_set():
                return
            if piece is WAIT:
                while not self.go.is_set() and not cancel.is_set():
                    time.sleep(0.005)
            elif isinstance(piece, Exception):
                raise piece
            else:
                yield piece if isinstance(piece, ToolCallRequest) else TextDelta(piece)
        yield Done()

    def close(self) -> None:
        self.closed = True


class Robot:
    """A Dispatcher that finishes every call at once, as `outcome` says (by default it succeeds)."""

    def __init__(self, outcome: Callable[[ValidCall], Outcome | None] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pending: list[PendingCall] = []
        self._outcome = outcome or (lambda _: Outcome("succeeded", "done"))

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        self.calls.append((call.tool.name, call.arguments))
        pending = PendingCall(call_id, call)
        self.pending.append(pending)
        outcome = self._outcome(call)
        if outcome is None:
            pending.accept()
        else:
            pending.finish(outcome)
        return pending


class Notes:
    """A Listener that keeps everything."""

    def __init__(self) -> None:
        self.clauses: list[str] = []
        self.requests = 0
        self.refusals: list[tuple[str, str]] = []
        self.requested_calls: list[str] = []

    def request(self) -> None:
        self.requests += 1

    def first_token(self) -> None: ...

    def clause(self, text: str, stock: bool) -> None:
        self.clauses.append(text)

    def requested(self, call_id: str, call: ValidCall) -> None:
        self.requested_calls.append(call.tool.name)

    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None:
        self.refusals.append((arguments_json, reason))
