"""A server that speaks Ollama's protocol: in front of a real model (llama.cpp in process), or of a script with faults.

Real HTTP, real newline-delimited JSON; what is under test is the official client and our engine.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = object()  # in a script: send nothing more until the client goes away
DROP = object()  # break the connection in the middle
GARBAGE = object()  # a line that is no JSON
STAMP = "2025-01-01T00:00:00.000000Z"


class Failure:
    """In a script: answer with this HTTP status instead."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


class OllamaServer:
    """Context manager. `script(request) -> pieces`: text, {"name", "arguments"} for a tool call, or a fault from above."""

    def __init__(
        self,
        script: Callable[[dict[str, Any]], Sequence[Any] | Iterator[Any]],
        *,
        models: Sequence[str] = ("tiny:latest",),
        capabilities: Sequence[str] = ("completion", "tools"),
        port: int = 0,
    ) -> None:
        self.script = script
        self.models = list(models)
        self.capabilities = list(capabilities)
        self.requests: list[dict[str, Any]] = []
        self.gone = threading.Event()  # a client closed its connection before the answer was complete
        self._stopping = threading.Event()
        outer = self

        class Handler(_Handler):
            server_state = outer

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                outer.gone.set()

        self._http = Server(("127.0.0.1", port), Handler)
        self.port = int(self._http.server_address[1])
        self.host = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> OllamaServer:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_state: OllamaServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_HEAD(self) -> None:
        self._json({})

    def do_GET(self) -> None:
        state = self.server_state
        if self.path == "/api/version":
            self._json({"version": "0.12.0"})
        elif self.path in ("/api/tags", "/api/ps"):
            self._json({"models": [{"model": m, "name": m, "size": 1, "digest": "0"} for m in state.models]})
        else:
            self._json({"error": "not found"}, 404)

    def do_POST(self) -> None:
        state = self.server_state
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if body.get("model") not in state.models and f"{body.get('model')}:latest" not in state.models:
            self._json({"error": f"model '{body.get('model')}' not found"}, 404)
        elif self.path == "/api/show":
            self._json({"capabilities": state.capabilities, "details": {}, "model_info": {}})
        elif self.path in ("/api/chat", "/api/generate"):
            state.requests.append(body)
            self._stream(body)
        else:
            self._json({"error": "not found"}, 404)

    def _stream(self, body: dict[str, Any]) -> None:
        state = self.server_state
        if body.get("tools") and "tools" not in state.capabilities:
            self._json({"error": f"{body['model']} does not support tools"}, 400)
            return
        pieces = iter(state.script(body))
        first = next(pieces, "")
        if isinstance(first, Failure):
            self._json({"error": first.message}, first.status)
            return
        if first is HANG:
            self._hang()
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        count = 0
        for piece in self._chain(first, pieces):
            if piece is HANG:
                self._hang()
                return
            if piece is DROP:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if piece is GARBAGE:
                self._chunk(b"<html>gateway</html>\n")
                continue
            count += 1
            self._line(body, piece, {})
        end = {"done": True, "done_reason": "stop", "eval_count": count, "prompt_eval_count": 1, "total_duration": 1}
        self._line(body, "", end)
        self._chunk(b"")

    @staticmethod
    def _chain(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
        yield first
        yield from rest

    def _line(self, body: dict[str, Any], piece: Any, extra: dict[str, Any]) -> None:
        line: dict[str, Any] = {"model": body["model"], "created_at": STAMP, "done": False, **extra}
        if self.path == "/api/generate":
            line["response"] = piece
        else:
            call = isinstance(piece, dict)
            line["message"] = {"role": "assistant", "content": "" if call else piece}
            if call:
                line["message"]["tool_calls"] = [{"function": piece}]
        self._chunk(json.dumps(line).encode() + b"\n")

    def _chunk(self, data: bytes) -> None:
        try:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        except OSError:
            self.server_state.gone.set()
            raise

    def _hang(self) -> None:
        """Until the client closes; the read then returns nothing."""
        self.connection.settimeout(0.05)
        while not self.server_state._stopping.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        self.server_state.gone.set()
        self.close_connection = True

    def _json(self, data: dict[str, Any], status: int = 200) -> None:
        raw = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)


def real_model(model: Any) -> Callable[[dict[str, Any]], Iterator[Any]]:
    """A script that lets a LlamaCpp engine answer; bare JSON calls become `tool_calls`, as Ollama's templates do."""
    from voice_pipeline.dialogue.output import ReplyParser
    from voice_pipeline.dialogue.protocol import GenerateOptions, Message, TextDelta, ToolCallRequest

    lock = threading.Lock()  # one slot

    def answer(request: dict[str, Any]) -> Iterator[Any]:
        messages = []
        for m in request["messages"]:
            calls = tuple(
                ToolCallRequest(c["function"]["name"], dict(c["function"]["arguments"]))
                for c in m.get("tool_calls", ())
            )
            messages.append(Message(m["role"], m.get("content") or "", calls))
        options = GenerateOptions(max_tokens=int(request.get("options", {}).get("num_predict", 80)))
        parser = ReplyParser()
        with lock:
            for delta in model.stream(messages, (), threading.Event(), options):
                for piece in parser.feed(delta.text) if isinstance(delta, TextDelta) else parser.flush():
                    if isinstance(piece, ToolCallRequest):
                        yield {"name": piece.name, "arguments": piece.arguments}
                    elif isinstance(piece, str):
                        yield piece

    return answer
