"""The sockets of one HTTP request, so that another thread can shut them: closing a client alone wakes no blocked read."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx


class Sockets:
    """Give `hooks` to one httpx client; `shut` ends whatever it waits for, and the server sees that and stops too."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._shut = False

    @property
    def hooks(self) -> dict[str, list[Callable[..., Any]]]:
        """For httpx's `event_hooks`."""
        return {"request": [self._watch]}

    def shut(self) -> None:
        """End the request; from any thread, any number of times."""
        with self._lock:
            self._shut = True
            sockets = list(self._sockets)
        for sock in sockets:
            _shutdown(sock)

    def _watch(self, request: httpx.Request) -> None:
        request.extensions = {**request.extensions, "trace": self._traced}

    def _traced(self, event: str, info: dict[str, Any]) -> None:
        # TLS takes the first socket over: from then on only its own can be shut.
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            sock = info["return_value"].get_extra_info("socket")
            with self._lock:
                self._sockets.append(sock)
                shut = self._shut
            if shut:
                _shutdown(sock)


def _shutdown(sock: socket.socket) -> None:
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS's own would change what the reading thread uses
    except OSError:
        pass  # already closed by the other side
