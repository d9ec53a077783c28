"""A TCP proxy before the robot's daemon that spoils the connection: delays it, cuts it in mid-message, answers in place of
the daemon. Apart because a real daemon does none of this on demand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from contextlib import suppress

_CHUNK = 65536
_GLANCE_S = 0.05
_PATIENCE_S = 60.0  # for the daemon to take a connection


class FaultyProxy:
    """Listens on a free port of 127.0.0.1 and passes everything on to `port`, both ways, unless told otherwise.

    Attributes:
        delay: s each way, for what comes from now on.
        frozen: nothing passes; the connections stay.
        shut: a new connection is closed at once.
        says: what the daemon's WebSockets say from now on instead of what they say; None: the truth.
        refuses: the start of paths whose requests over HTTP are answered with error 500.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.delay = 0.0
        self.frozen = self.shut = False
        self.says: str | None = None
        self.refuses: tuple[str, ...] = ()
        self._ending = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_GLANCE_S)
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    @property
    def url(self) -> str:
        """What to connect to in place of the daemon."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """Close every connection now, after half of a WebSocket message."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            with suppress(OSError):
                client.sendall(b"\x81\x7e\x02\x00" + b'{"control_mode": "ena')  # 512 bytes are announced
            for end in (client, server):
                _close(end)

    def close(self) -> None:
        """End it."""
        self._ending.set()
        self.cut()
        self._listener.close()

    # -- parts

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="proxy-connection", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            head = client.recv(_CHUNK)
            if self.shut:
                _close(client)
                return
            if self._refused(client, head):
                return
            server = socket.create_connection(("127.0.0.1", self._port), _PATIENCE_S)
            server.sendall(head)
        except OSError:
            _close(client)
            return
        with self._lock:
            self._pairs.append((client, server))
        speaks = b"/ws/" in head.split(b"\r\n", 1)[0]
        for work in (
            lambda: self._pump(client, server, asks=not speaks),
            lambda: self._pump(server, client, may_lie=speaks),
        ):
            threading.Thread(target=work, name="proxy-pump", daemon=True).start()

    def _refused(self, client: socket.socket, request: bytes) -> bool:
        path = request.split(b" ", 2)[1].decode(errors="replace") if request.count(b" ") > 1 else ""
        if not any(path.startswith(start) for start in self.refuses):
            return False
        text = json.dumps({"detail": "Internal Server Error"}).encode()
        lines = (b"HTTP/1.1 500 Internal Server Error", b"Content-Length: %d" % len(text), b"Connection: close")
        client.sendall(b"\r\n".join(lines) + b"\r\n\r\n" + text)
        _close(client)
        return True

    def _pump(self, source: socket.socket, sink: socket.socket, asks: bool = False, may_lie: bool = False) -> None:
        """Pass on, later, and in order: what comes waits for what came."""
        late: deque[tuple[float, bytes]] = deque()
        source.settimeout(0.005)
        due, greeted = 0.0, False
        try:
            while not self._ending.is_set():
                try:
                    data = source.recv(_CHUNK)
                    if not data:
                        break
                    if asks and self._refused(source, data):
                        break
                    if may_lie and greeted and self.says is not None:
                        data = _frame(self.says)
                    greeted = True
                    due = max(due, time.monotonic() + self.delay)
                    late.append((due, data))
                except TimeoutError:
                    pass
                while late and not self.frozen and late[0][0] <= time.monotonic():
                    sink.sendall(late.popleft()[1])
        except OSError:
            pass
        for end in (source, sink):
            _close(end)


def _frame(text: str) -> bytes:
    """One WebSocket text message from a server."""
    data = text.encode()
    length = bytes([len(data)]) if len(data) < 126 else b"\x7e" + len(data).to_bytes(2, "big")
    return b"\x81" + length + data


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
