"""Engine `ollama`: a model server on this machine or the next, through the official client."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import httpx
import ollama

from voice_pipeline.dialogue.connection import Sockets
from voice_pipeline.dialogue.protocol import (
    Delta,
    Done,
    GenerateOptions,
    Message,
    ModelTimeout,
    ModelUnavailable,
    TextDelta,
    ToolCallRequest,
    ToolSpec,
)
from voice_pipeline.dialogue.render import render

if TYPE_CHECKING:
    from voice_pipeline.dialogue import ModelSettings

_POLL_S = 0.02  # how often a waiting consumer looks at `cancel`
_NS = 1e-9


def create(settings: ModelSettings) -> Ollama:
    """Cheap; nothing is contacted before warm_up."""
    return Ollama(settings)


class Ollama:
    """Every request has a connection of its own, shut when the answer is given up: the server then stops too."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._native_tools = False
        self._thinks = False
        self._open: set[_Connection] = set()

    @property
    def native_tools(self) -> bool:
        return self._native_tools

    def prepare(self) -> None:
        """Ask the server what the model can do. A model it does not have is the commonest mistake."""
        connection = _Connection(self._settings, self._settings.connect_timeout_s + 3.0)
        try:
            capabilities = connection.client.show(self._settings.model).capabilities or []
        except Exception as error:
            raise self._explain(error) from error
        finally:
            connection.shut()
        self._native_tools = "tools" in capabilities
        self._thinks = "thinking" in capabilities

    def warm_up(self, prefix: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        options = GenerateOptions(max_tokens=1)
        messages = [*prefix, Message("user", "Hello")]
        # Loading the weights may take a minute on a small computer: its own, longer limit.
        for _ in self._run(messages, tools, threading.Event(), options, self._settings.load_timeout_s):
            pass

    def read_ahead(self, messages: Sequence[Message], tools: Sequence[ToolSpec], cancel: threading.Event) -> None:
        one = GenerateOptions(max_tokens=1)
        for _ in self._run(messages, tools, cancel, one, self._settings.load_timeout_s):
            pass

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
    ) -> Iterator[Delta]:
        yield from self._run(messages, tools, cancel, options, self._settings.first_token_timeout_s)

    def close(self) -> None:
        for connection in list(self._open):
            connection.shut()

    def _run(
        self,
        messages: Sequence[Message],
        tools: Sequence[ToolSpec],
        cancel: threading.Event,
        options: GenerateOptions,
        first_s: float,
    ) -> Iterator[Delta]:
        connection = _Connection(self._settings, first_s + self._settings.stall_timeout_s)
        self._open.add(connection)
        chunks: queue.Queue[Any] = queue.Queue()
        request = self._request(messages, tools, options)
        threading.Thread(target=_read, args=(connection, request, chunks), name="ollama", daemon=True).start()
        try:
            yield from self._deltas(chunks, cancel, first_s)
        finally:
            self._open.discard(connection)
            connection.shut()

    def _deltas(self, chunks: queue.Queue[Any], cancel: threading.Event, first_s: float) -> Iterator[Delta]:
        start = time.monotonic()
        first = 0.0
        deadline = start + first_s
        while not cancel.is_set():
            try:
                chunk = chunks.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise self._too_slow(first, first_s) from None
                continue
            if isinstance(chunk, Exception):
                raise self._explain(chunk) from chunk
            if chunk is None:
                raise ModelUnavailable(
                    f"{self._settings.host} closed the connection in the middle of an answer.",
                    "Look at the server's log (`journalctl -u ollama`); short memory is the usual cause.",
                )
            message = chunk.message
            if message.content or message.tool_calls:
                first = first or time.monotonic() - start
            deadline = time.monotonic() + (self._settings.stall_timeout_s if first else first_s)
            if message.content:
                yield TextDelta(message.content)
            for call in message.tool_calls or ():
                yield ToolCallRequest(call.function.name, dict(call.function.arguments))
            if chunk.done:
                yield Done(
                    prompt_tokens=chunk.prompt_eval_count or 0,
                    answer_tokens=chunk.eval_count or 0,
                    first_token_s=first,
                    total_s=time.monotonic() - start,
                    truncated=chunk.done_reason == "length",
                )
                return

    def _request(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerateOptions
    ) -> dict[str, Any]:
        s = self._settings
        request: dict[str, Any] = {
            "model": s.model,
            "messages": [_native(m) if self._native_tools else render(m) for m in messages],
            "options": {
                "temperature": options.temperature,
                "num_predict": options.max_tokens,
                "num_ctx": s.context_length,
                **({"num_thread": s.threads} if s.threads else {}),
            },
            "keep_alive": _keep_alive(s.keep_alive),
            "stream": True,
        }
        if self._native_tools:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
                }
                for t in tools
            ]
        if self._thinks:
            request["think"] = False  # a thinking model answers after half a minute
        return request

    def _too_slow(self, first: float, first_s: float) -> ModelTimeout:
        s = self._settings
        if first:
            what = f"{s.host} stopped in the middle of an answer for {s.stall_timeout_s:g} s."
        else:
            what = f"{s.model} on {s.host} gave no first word within {first_s:g} s."
        return ModelTimeout(what, "Choose a smaller model (qwen2.5:1.5b, llama3.2:1b) or raise the timeouts.")

    def _explain(self, error: Exception) -> ModelUnavailable | ModelTimeout:
        s = self._settings
        if isinstance(error, ollama.ResponseError) and error.status_code == 404:
            return ModelUnavailable(f"{s.host} has no model '{s.model}'.", f"Run `ollama pull {s.model}`.")
        if isinstance(error, ollama.ResponseError):
            return ModelUnavailable(f"{s.host} answered with an error: {error.error}", "Look at the server's log.")
        if isinstance(error, httpx.ReadTimeout):
            return ModelTimeout(f"{s.host} does not answer.", "Restart the server: `systemctl restart ollama`.")
        if isinstance(error, (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout)):
            return ModelUnavailable(f"no model server on {s.host}.", "Start it (`ollama serve`), or correct `host`.")
        # Half a line of JSON, a broken stream, garbage: the words of the client help most.
        return ModelUnavailable(
            f"{s.host} did not speak Ollama's protocol ({type(error).__name__}: {error}).",
            "Check `host`: something else may listen there, or the server crashed.",
        )


class _Connection:
    """One client for one request."""

    def __init__(self, settings: ModelSettings, read_s: float) -> None:
        self._sockets = Sockets()
        self.client = ollama.Client(
            host=settings.host,
            timeout=httpx.Timeout(read_s, connect=settings.connect_timeout_s),
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks=self._sockets.hooks,
            trust_env=False,  # a proxy of the environment must not see what was said at home
        )

    def shut(self) -> None:
        """End the request, whatever it waits for."""
        self._sockets.shut()


def _read(connection: _Connection, request: dict[str, Any], chunks: queue.Queue[Any]) -> None:
    """Thread: everything the server sends, then None, or the exception that ended it."""
    try:
        for chunk in connection.client.chat(**request):
            chunks.put(chunk)
        chunks.put(None)
    except Exception as error:  # crosses to the consumer's thread
        chunks.put(error)


def _native(message: Message) -> dict[str, Any]:
    out: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        out["tool_calls"] = [{"function": {"name": c.name, "arguments": c.arguments}} for c in message.calls]
    if message.name:
        out["tool_name"] = message.name
    return out


def _keep_alive(value: str) -> str | float:
    """Ollama takes a number of seconds (-1: for ever) or a duration with a unit ("5m")."""
    try:
        return float(value)
    except ValueError:
        return value
