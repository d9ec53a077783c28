"""Engine `openai`: any server with OpenAI's chat interface (llama.cpp, vLLM, TensorRT-LLM, NanoLLM, LM Studio)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from voice_pipeline.dialogue.connection import Sockets
from voice_pipeline.dialogue.grammar import answer_grammar
from voice_pipeline.dialogue.model_server import ModelServer, Progress
from voice_pipeline.dialogue.neutral import neutral_values, plain_json
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
from voice_pipeline.dialogue.render import content, render

if TYPE_CHECKING:
    from voice_pipeline.dialogue import ModelSettings

_KEY = "VOICE_PIPELINE_API_KEY"  # of the environment; parameters are readable for everybody on the network
_KNOWN = ("llamacpp", "vllm")  # what a server says it is
_SLOW = "Choose a smaller model, or raise first_token_timeout_s and stall_timeout_s."


def create(settings: ModelSettings) -> OpenAiServer:
    """Cheap; nothing is contacted before prepare."""
    return OpenAiServer(settings)


@dataclass
class _Stream:
    """What has come of one answer."""

    reason: str = ""  # why the server ended it
    usage: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)  # llama.cpp's own figures
    calls: dict[int, dict[str, str]] = field(default_factory=dict)  # tool calls come in pieces, by index

    def requests(self) -> Iterator[ToolCallRequest]:
        for _, call in sorted(self.calls.items()):
            try:
                arguments = plain_json(json.loads(call["arguments"] or "{}"))
            except (ValueError, RecursionError):
                arguments = {}  # refused by the schema, with a reason the model can read
            yield ToolCallRequest(call["name"], arguments if isinstance(arguments, dict) else {})

    def done(self, progress: Progress) -> Done:
        cached = _count(_object(self.usage.get("prompt_tokens_details")).get("cached_tokens"))
        prompt = max(0, _count(self.usage.get("prompt_tokens")) - cached)
        return Done(
            prompt_tokens=_count(self.timings.get("prompt_n"), prompt),
            cached_tokens=_count(self.timings.get("cache_n"), cached),
            answer_tokens=_count(self.timings.get("predicted_n"), _count(self.usage.get("completion_tokens"))),
            first_token_s=progress.first,
            total_s=progress.seconds,
            truncated=self.reason == "length",
        )


class OpenAiServer(ModelServer):
    """See ModelServer."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__(settings)
        host = settings.host.rstrip("/")
        self._base = host if host.endswith("/v1") else f"{host}/v1"
        self._model = settings.model
        self._owner = ""  # what the server says it is; decides which extras it takes

    @property
    def native_tools(self) -> bool:
        return self._settings.server_tools

    def prepare(self) -> None:
        """Ask the server for its models. An empty `model` takes the only one it has."""
        try:
            with self._client(Sockets(), self._settings.connect_timeout_s + 3.0) as client:
                answer = client.get(f"{self._base}/models")
                answer.raise_for_status()
                models = {str(m["id"]): m for m in plain_json(answer.json())["data"]}
        except Exception as error:
            raise self._explain(error) from error
        wanted = self._settings.model
        if not wanted and len(models) == 1:
            wanted = next(iter(models))
        if wanted not in models:
            raise ModelUnavailable(
                f"{self._base} has no model '{wanted}'.",
                f"Set `model` to one of: {', '.join(models) or 'it has none'}.",
            )
        self._model = wanted
        self._owner = str(models[wanted].get("owned_by", ""))

    def _deltas(self, chunks: Iterator[Any], progress: Progress) -> Iterator[Delta]:
        s = _Stream()
        for event in chunks:
            try:
                text = self._take(event, s)
            except (AttributeError, TypeError, ValueError, LookupError) as error:  # JSON, but of no answer
                raise self._explain(error) from error
            if text or s.calls:
                progress.began()
            if text:
                yield TextDelta(text)
            if event.get("ended"):
                if not s.reason:
                    raise ModelUnavailable(
                        f"{self._base} closed the connection in the middle of an answer.",
                        "Look at the server's log; short memory is the usual cause.",
                    )
                yield from s.requests()
                yield s.done(progress)

    def _take(self, event: dict[str, Any], s: _Stream) -> str:
        """The text in one event; everything else goes into `s`."""
        if "error" in event:
            error = event["error"]
            why = error.get("message", error) if isinstance(error, dict) else error
            raise ModelUnavailable(f"{self._base} answered with an error: {why}.", "Look at the server's log.")
        s.usage = _object(event.get("usage")) or s.usage
        s.timings = _object(event.get("timings")) or s.timings
        choice = (event.get("choices") or [{}])[0]
        s.reason = choice.get("finish_reason") or s.reason
        delta = choice.get("delta") or {}
        for piece in delta.get("tool_calls") or ():
            call = s.calls.setdefault(int(piece.get("index", 0)), {"name": "", "arguments": ""})
            function = piece.get("function") or {}
            call["name"] += function.get("name") or ""
            call["arguments"] += function.get("arguments") or ""
        return str(delta.get("content") or "")

    def _request(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: GenerateOptions
    ) -> dict[str, Any]:
        native = self.native_tools
        request: dict[str, Any] = {
            "model": self._model,
            "messages": _native(messages) if native else [self._written(m) for m in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
        }
        only = options.only_tools
        allowed = [t for t in tools if only is None or t.name in only]
        if native and allowed:
            request["tools"] = [
                {
                    "type": "function",
                    "function": {"name": t.name, "description": t.description, "parameters": t.parameters},
                }
                for t in tools
            ]
        if self._owner in _KNOWN:  # others refuse what they do not know
            request["chat_template_kwargs"] = {"enable_thinking": False}  # a thinking model answers after half a minute
        if self._owner == "llamacpp" and only is not None and not native:
            request["grammar"] = answer_grammar(allowed, options.max_calls)
        return request

    def _written(self, message: Message) -> dict[str, str]:
        """Where calls are only words, an answer of a tool is one to no call: of others' servers many refuse that."""
        entry = render(message)
        if entry["role"] == "tool" and self._owner not in _KNOWN:
            entry["role"] = "user"
        return entry

    def _send(self, sockets: Sockets, request: dict[str, Any], read_s: float) -> Iterator[Any]:
        with (
            self._client(sockets, read_s) as client,
            client.stream("POST", f"{self._base}/chat/completions", json=request) as answer,
        ):
            if answer.is_error:
                answer.read()
                answer.raise_for_status()
            for line in answer.iter_lines():
                if not line.startswith("data:"):
                    continue  # comments that keep the connection alive, and blank lines
                data = line[5:].strip()
                if data == "[DONE]":
                    break
                yield _event(data)
        yield {"ended": True}  # only now: the figures come behind the last word

    def _too_slow(self, begun: bool, first_s: float) -> ModelTimeout:
        what = "stopped in the middle" if begun else f"gave no first word within {first_s:g} s"
        return ModelTimeout(f"{self._model} on {self._base} {what}.", _SLOW)

    def _client(self, sockets: Sockets, read_s: float) -> httpx.Client:
        key = os.environ.get(_KEY, "")
        return httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(read_s, connect=self._settings.connect_timeout_s),
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks=sockets.hooks,
            trust_env=False,  # a proxy of the environment must not see what was said at home
        )

    def _explain(self, error: Exception) -> ModelUnavailable | ModelTimeout:
        if isinstance(error, (ModelUnavailable, ModelTimeout)):
            return error
        if isinstance(error, httpx.HTTPStatusError):
            status = error.response.status_code
            if status in (401, 403):
                return ModelUnavailable(f"{self._base} wants a key.", f"Set {_KEY} in the environment of the node.")
            said = " ".join(error.response.text.split())[:200]
            return ModelUnavailable(f"{self._base} answered {status}: {said}.", "Look at the server's log.")
        if isinstance(error, httpx.ReadTimeout):
            return ModelTimeout(f"{self._base} does not answer.", "Restart the server.")
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            return ModelUnavailable(f"no model server on {self._base}.", "Start it, or correct `host`.")
        return ModelUnavailable(
            f"{self._base} did not speak OpenAI's protocol ({type(error).__name__}: {error}).",
            "Check `host`: something else may listen there, or the server crashed.",
        )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: Any, otherwise: int = 0) -> int:
    """Tokens as a server counts them: of no matter to the answer, whatever stands there."""
    return value if isinstance(value, int) and 0 <= value < 2**31 else otherwise


def _event(data: str) -> dict[str, Any]:
    event = plain_json(json.loads(data))
    if isinstance(event, dict):
        return event
    raise ValueError(f"an event that is no object: {data[:80]}")


def _native(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Tool calls with ids, as the interface wants them: an answer names its call, and no call stays without one."""
    out: list[dict[str, Any]] = []
    number = 0
    waiting: list[str] = []
    for message in messages:
        entry: dict[str, Any] = {"role": message.role, "content": content(message)}
        if message.role != "tool":
            out += [{"role": "tool", "content": "done", "tool_call_id": call_id} for call_id in waiting]
            waiting = []
        if message.calls:
            waiting = [f"call_{number + i}" for i in range(len(message.calls))]
            number += len(message.calls)
            entry["tool_calls"] = [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": c.name, "arguments": json.dumps(neutral_values(c.arguments))},
                }
                for call_id, c in zip(waiting, message.calls, strict=True)
            ]
        if message.role == "tool" and waiting:
            entry["tool_call_id"] = waiting.pop(0)
        elif message.role == "tool":
            entry["role"] = "user"  # a mistake that is shown to the model: servers refuse an answer to no call
        out.append(entry)
    return out
