"""Engine `ollama`: a model server on this machine or the next, through the official client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import httpx
import ollama

from voice_pipeline.dialogue.connection import Sockets
from voice_pipeline.dialogue.model_server import ModelServer, Progress
from voice_pipeline.dialogue.neutral import neutral_values
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


def create(settings: ModelSettings) -> Ollama:
    """Cheap; nothing is contacted before warm_up."""
    return Ollama(settings)


class Ollama(ModelServer):
    """See ModelServer."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__(settings)
        self._native_tools = False
        self._thinks = False

    @property
    def native_tools(self) -> bool:
        return self._native_tools

    def prepare(self) -> None:
        """Ask the server what the model can do. A model it does not have is the commonest mistake."""
        sockets = Sockets()
        try:
            client = self._client(sockets, self._settings.connect_timeout_s + 3.0)
            capabilities = client.show(self._settings.model).capabilities or []
        except Exception as error:
            raise self._explain(error) from error
        finally:
            sockets.shut()
        self._native_tools = "tools" in capabilities
        self._thinks = "thinking" in capabilities

    def _send(self, sockets: Sockets, request: dict[str, Any], read_s: float) -> Iterator[Any]:
        chunk = None
        for chunk in self._client(sockets, read_s).chat(**request):
            yield chunk
        if chunk is None or not chunk.done:
            raise ModelUnavailable(
                f"{self._settings.host} closed the connection in the middle of an answer.",
                "Look at the server's log (`journalctl -u ollama`); short memory is the usual cause.",
            )

    def _deltas(self, chunks: Iterator[Any], progress: Progress) -> Iterator[Delta]:
        for chunk in chunks:
            message = chunk.message
            if message.content or message.tool_calls:
                progress.began()
            if message.content:
                yield TextDelta(message.content)
            for call in message.tool_calls or ():
                yield ToolCallRequest(call.function.name, dict(call.function.arguments))
            if chunk.done:
                yield Done(
                    prompt_tokens=chunk.prompt_eval_count or 0,
                    answer_tokens=chunk.eval_count or 0,
                    first_token_s=progress.first,
                    total_s=progress.seconds,
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

    def _too_slow(self, begun: bool, first_s: float) -> ModelTimeout:
        s = self._settings
        if begun:
            what = f"{s.host} stopped in the middle of an answer for {s.stall_timeout_s:g} s."
        else:
            what = f"{s.model} on {s.host} gave no first word within {first_s:g} s."
        return ModelTimeout(what, "Choose a smaller model (qwen2.5:1.5b, llama3.2:1b) or raise the timeouts.")

    def _explain(self, error: Exception) -> ModelUnavailable | ModelTimeout:
        s = self._settings
        if isinstance(error, ModelUnavailable):
            return error
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

    def _client(self, sockets: Sockets, read_s: float) -> ollama.Client:
        return ollama.Client(
            host=self._settings.host,
            timeout=httpx.Timeout(read_s, connect=self._settings.connect_timeout_s),
            limits=httpx.Limits(max_keepalive_connections=0),
            event_hooks=sockets.hooks,
            trust_env=False,  # a proxy of the environment must not see what was said at home
        )


def _native(message: Message) -> dict[str, Any]:
    out: dict[str, Any] = {"role": message.role, "content": content(message)}
    if message.calls:
        out["tool_calls"] = [
            {"function": {"name": c.name, "arguments": neutral_values(c.arguments)}} for c in message.calls
        ]
    if message.name:
        out["tool_name"] = message.name
    return out


def _keep_alive(value: str) -> str | float:
    """Ollama takes a number of seconds (-1: for ever) or a duration with a unit ("5m")."""
    try:
        return float(value)
    except ValueError:
        return value
