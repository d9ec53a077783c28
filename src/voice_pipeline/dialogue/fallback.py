"""Two engines as one: when the first cannot answer, the second does, and the first is tried again between turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

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

_AGAIN_S = 10.0  # between attempts at the first engine; each may take its connect timeout, while nobody waits


class WithFallback:
    """A LanguageModel of two.

    An answer that has begun is never begun again by the other: what was said stands, and the error is the caller's.

    Args:
        first: asked as long as it answers.
        second: asked meanwhile; loaded when it is first needed, or at warm_up if the first fails then.
        on_change: told in a line which engine answers from now on, and why.
        clock: monotonic s.
    """

    def __init__(
        self,
        first: LanguageModel,
        second: LanguageModel,
        on_change: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first, self._second = first, second
        self._on_change = on_change
        self._clock = clock
        self._down: Exception | None = None  # why the first is not asked at present
        self._again_at = 0.0
        self._second_ready = False

    @property
    def native_tools(self) -> bool:
        return self._first.native_tools

    @property
    def down(self) -> str:
        """Why the second answers; empty while the first does."""
        return str(self._down or "")

    def prepare(self) -> None:
        """Raises only when neither is there."""
        try:
            self._first.prepare()
            self._up()
        except (ModelUnavailable, ModelTimeout) as error:
            self._fell(error)
            self._prepare_second()

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        if self._down is None:
            try:
                self._first.warm_up(prefix, tools)
                return
            except (ModelUnavailable, ModelTimeout) as error:
                self._fell(error)
        self._prepare_second()
        self._second.warm_up(self._adapted(prefix, tools), tools)

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        """Nobody waits now: the time to see whether the first is back."""
        if self._down is not None and self._clock() >= self._again_at:
            try:
                self._first.prepare()
                self._first.read_ahead(messages, tools, cancel)
                self._up()
                return
            except (ModelUnavailable, ModelTimeout) as error:
                self._fell(error)
        if self._down is None:
            self._first.read_ahead(messages, tools, cancel)
        else:
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
