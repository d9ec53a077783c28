"""A server that speaks OpenAI's chat interface from a script, with faults. Real HTTP, real server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ollama_server import DROP, GARBAGE, HANG, Failure


class OpenAiStub:
    """Context manager. `script(request) -> pieces`: text, {"name", "arguments"} for a tool call, or a fault."""

    def __init__(
        self,
        script: Callable[[dict[str, Any]], Sequence[Any] | Iterator[Any]],
        *,
        models: Sequence[str] = ("tiny",),
        owner: str = "somebody",
        key: str = "",
    ) -> None:
        self.script, self.models, self.owner, self.key = script, list(models), owner, key
        self.requests: list[dict[str, Any]] = []
        self.gone = threading.Event()  # a client closed its connection before the answer was complete
        self.stopping = threading.Event()
        outer = self

        class Handler(_Handler):
            state = outer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                outer.gone.set()

        self._http = Server(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> OpenAiStub:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: OpenAiStub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_GET(self) -> None:
        if self._refused():
            return
        self._json({"data": [{"id": m, "owned_by": self.state.owner} for m in self.state.models]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._refused():
            return
        self.state.requests.append(request)
        pieces = list(self.state.script(request))
        if pieces and isinstance(pieces[0], Failure):
            self._json({"error": {"message": pieces[0].message}}, pieces[0].status)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self._stream(pieces)

    def _stream(self, pieces: list[Any]) -> None:
        calls = 0
        for piece in pieces:
            if piece is DROP:
                return
            if piece is HANG:
                while not self.state.stopping.wait(0.02):
                    self._send(": still here\n\n")  # raises once the client is gone
                return
            if piece is GARBAGE:
                self._send("data: {not json\n\n")
            elif isinstance(piece, dict):
                # In pieces, as real servers send it: the name, then the arguments in halves.
                raw = piece["arguments"] if isinstance(piece["arguments"], str) else json.dumps(piece["arguments"])
                half = len(raw) // 2
                for part in ({"name": piece["name"]}, {"arguments": raw[:half]}, {"arguments": raw[half:]}):
                    self._delta({"tool_calls": [{"index": calls, "function": part}]})
                calls += 1
            else:
                self._delta({"content": piece})
        self._send('data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n')
        usage = {"prompt_tokens": 50, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 40}}
        self._send(f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n")
        self._send("data: [DONE]\n\n")

    def _delta(self, delta: dict[str, Any]) -> None:
        self._send(f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\n")

    def _send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _refused(self) -> bool:
        if self.state.key and self.headers.get("Authorization") != f"Bearer {self.state.key}":
            self._json({"error": {"message": "no key"}}, 401)
            return True
        return False

    def _json(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
