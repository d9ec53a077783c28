"""What engines that ask a server share: one request at a time on a thread of its own, deadlines, giving up, closing."""

from __future__ import annotations

import queue
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voice_pipeline.dialogue.connection import Sockets
from voice_pipeline.dialogue.protocol import Delta, GenerateOptions, Message, ModelTimeout, ModelUnavailable, ToolSpec

if TYPE_CHECKING:
    from voice_pipeline.dialogue import ModelSettings

_POLL_S = 0.02  # how often a waiting consumer looks at `cancel`


@dataclass
class Progress:
    """How far an answer has come: monotonic s of its start, s until its first word (0: none yet)."""

    start: float
    first: float = 0.0

    def began(self) -> None:
        """A first word, or the beginning of a tool call, is there."""
        self.first = self.first or time.monotonic() - self.start

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.start


class ModelServer(ABC):
    """Every request has a connection of its own, shut when the answer is given up: the server then stops too."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._open: set[Sockets] = set()

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        one = GenerateOptions(max_tokens=1)
        # Loading the weights may take a minute on a small computer: its own, longer limit.
        for _ in self._run(messages, tools, cancel, one, self._settings.load_timeout_s):
            pass

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        self.read_ahead([*prefix, Message("user", "Hello")], tools, threading.Event())

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
    ) -> Iterator[Delta]:
        yield from self._run(messages, tools, cancel, options, self._settings.first_token_timeout_s)

    def close(self) -> None:
        for sockets in list(self._open):
            sockets.shut()

    @abstractmethod
    def _request(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerateOptions
    ) -> dict[str, Any]:
        """The body of a request."""

    @abstractmethod
    def _send(self, sockets: Sockets, request: dict[str, Any], read_s: float) -> Iterator[Any]:
        """Make the request; what the server answers, piece by piece. On a thread of its own."""

    @abstractmethod
    def _deltas(self, chunks: Iterator[Any], progress: Progress) -> Iterator[Delta]:
        """What the pieces mean. Returns with the Done; ends early when `chunks` does."""

    @abstractmethod
    def _explain(self, error: Exception) -> ModelUnavailable | ModelTimeout:
        """Any error of `_send`, with the cure."""

    @abstractmethod
    def _too_slow(self, begun: bool, first_s: float) -> ModelTimeout:
        """Nothing came in time."""

    def _run(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
        first_s: float,
    ) -> Iterator[Delta]:
        sockets = Sockets()
        self._open.add(sockets)
        chunks: queue.Queue[Any] = queue.Queue()
        request = self._request(messages, tools, options)
        read_s = first_s + self._settings.stall_timeout_s
        threading.Thread(target=self._fetch, args=(sockets, request, read_s, chunks), name="model", daemon=True).start()
        progress = Progress(time.monotonic())
        try:
            yield from self._deltas(self._arriving(chunks, cancel, progress, first_s), progress)
        finally:
            self._open.discard(sockets)
            sockets.shut()

    def _fetch(self, sockets: Sockets, request: dict[str, Any], read_s: float, chunks: queue.Queue[Any]) -> None:
        """Thread: everything the server sends, then the end, or the exception that ended it."""
        try:
            for chunk in self._send(sockets, request, read_s):
                chunks.put(chunk)
            chunks.put(_END)
        except Exception as error:  # crosses to the consumer's thread
            chunks.put(error)

    def _arriving(
        self, chunks: queue.Queue[Any], cancel: threading.Event, progress: Progress, first_s: float
    ) -> Iterator[Any]:
        deadline = progress.start + first_s
        while not cancel.is_set():
            try:
                chunk = chunks.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise self._too_slow(bool(progress.first), first_s) from None
                continue
            if isinstance(chunk, Exception):
                raise self._explain(chunk) from chunk
            if chunk is _END:
                return
            yield chunk
            deadline = time.monotonic() + (self._settings.stall_timeout_s if progress.first else first_s)


_END = object()
