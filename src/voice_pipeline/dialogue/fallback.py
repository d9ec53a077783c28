"""Two engines as one: when the first cannot answer, the second does, and the first is tried again between turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

from voice_pipeline.dialogue.beside import Beside
from voice_pipeline.dialogue.prompt import tool_lines
from voice_pipeline.dialogue.protocol import (
    Delta,
    GenerateOptions,
    LanguageModel,
    Message,
    ModelTimeout,
    ModelUnavailable,
    ToolSpec,
)

_AGAIN_S = 10.0  # between attempts at the first engine


class WithFallback:
    """A LanguageModel of two.

    An answer that has begun is never begun again by the other: what was said stands, and the error is the caller's.

    Args:
        first: asked as long as it answers.
        second: asked meanwhile; loaded when it is first needed, or at warm_up if the first fails then.
        on_change: told in a line which engine answers from now on, and why.
        clock: monotonic s.
        patience_s: how long the first may take to read its prompt before the second is loaded; it reads on beside, and
            answers again once it has.
    """

    def __init__(
        self,
        first: LanguageModel,
        second: LanguageModel,
        on_change: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        patience_s: float = 4.0,
    ) -> None:
        self._first, self._second = first, second
        self._on_change = on_change
        self._clock = clock
        self._down: Exception | None = None  # why the first is not asked at present
        self._again_at = 0.0
        self._second_ready = False
        self._patience_s = patience_s
        self._reading: Beside | None = None  # what the first was given and has not ended; nothing interrupts a server

    @property
    def native_tools(self) -> bool:
        return self._first.native_tools

    @property
    def down(self) -> str:
        """Why the second answers; empty while the first does."""
        return str(self._down or "")

    def prepare(self) -> None:
        """Raises only when neither is there."""
        if self._reading is None:
            try:
                self._first.prepare()
                self._up()
                return
            except (ModelUnavailable, ModelTimeout) as error:
                self._fell(error)
        self._prepare_second()

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        """At most `patience_s` and what the second takes: a server that accepts and never answers would keep everybody
        waiting for as long as a model may load."""
        if self._down is None:
            self._reading = Beside(lambda: self._first.warm_up(prefix, tools))
            if self._has_read(threading.Event(), self._patience_s):
                return
        self._prepare_second()
        self._second.warm_up(self._adapted(prefix, tools), tools)

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        """Nobody waits now: the time to see whether the first is back."""
        if self._down is None:
            try:
                self._first.read_ahead(messages, tools, cancel)
                return
            except (ModelUnavailable, ModelTimeout) as error:
                self._fell(error)
        elif self._reading is not None:
            self._has_read(cancel, 0.0)
        elif self._clock() >= self._again_at:
            self._reading = Beside(lambda: self._begin_again(messages, tools))
            if self._has_read(cancel, self._patience_s):
                return
        if self._down is None:
            self._first.read_ahead(messages, tools, cancel)
        elif not cancel.is_set():
            self._prepare_second()  # the first may have broken off in an answer that was its own to end
            self._second.read_ahead(self._adapted(messages, tools), tools, cancel)

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
    ) -> Iterator[Delta]:
        if self._down is None:
            begun = False
            try:
                for delta in self._first.stream(messages, tools, cancel, options):
                    begun = True
                    yield delta
                return
            except (ModelUnavailable, ModelTimeout) as error:
                self._fell(error)
                if begun or cancel.is_set():
                    raise
        self._prepare_second()
        yield from self._second.stream(self._adapted(messages, tools), tools, cancel, options)

    def close(self) -> None:
        self._first.close()
        self._second.close()

    def _prepare_second(self) -> None:
        if not self._second_ready:
            self._second.prepare()
            self._second_ready = True

    def _begin_again(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        self._first.prepare()
        # To the end, whoever speaks meanwhile: an answer that was given up would not tell whether it is back.
        self._first.read_ahead(messages, tools, threading.Event())

    def _has_read(self, cancel: threading.Event, patience_s: float) -> bool:
        """Whether the first ended what it was given; it answers then. One that takes longer goes on."""
        assert self._reading is not None
        over = True
        try:
            over = self._reading.wait(cancel, patience_s)
        except (ModelUnavailable, ModelTimeout) as error:
            self._fell(error)
            return False
        finally:
            if over:
                self._reading = None
        if over:
            self._up()
        elif self._down is None:
            self._fell(
                ModelTimeout(
                    f"the first model loads or hangs, {patience_s:g} s by now.", "See its server's log if it stays."
                )
            )
        return over

    def _fell(self, error: Exception) -> None:
        self._again_at = self._clock() + _AGAIN_S
        if self._down is None:
            self._on_change(f"the fall-back model answers from now on: {error}")
        self._down = error

    def _up(self) -> None:
        if self._down is not None:
            self._down = None
            self._on_change("the first model is back")

    def _adapted(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> list[Message]:
        """The prompt was made for the first engine: one that gets its tools by the server's own template has no list
        of them in its system message; an engine without such a template needs it."""
        out = list(messages)
        if self._first.native_tools and not self._second.native_tools and out and tools:
            out[0] = Message("system", "\n".join([out[0].content, *tool_lines(tools)]))
        return out
