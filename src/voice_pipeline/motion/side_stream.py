"""A stream of the robot's daemon beside that of its states: read on a thread of its own, so that one that fails takes nothing
else with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_CONNECT_S = 2.0
_CLOSE_S = 0.2
_GLANCE_S = 0.1  # how often it looks whether the robot is there


class SideStream:
    """Connects while the robot is connected, and again after whatever went wrong.

    Args:
        url: ws://...
        name: of the thread.
        retry_s: between a connection that broke and the next.
        read: called with each connection; returns or raises when it is over, soon after `going` turned False.
        lost: called after each one, also when it was refused.
        is_connected: the robot itself answers. Otherwise nothing is tried: its own connection says what is wrong.
    """

    def __init__(
        self,
        url: str,
        name: str,
        retry_s: float,
        read: Callable[[ClientConnection], None],
        lost: Callable[[], None],
        is_connected: Callable[[], bool],
    ) -> None:
        self._url, self._retry_s = url, retry_s
        self._read, self._lost, self._is_connected = read, lost, is_connected
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def going(self) -> bool:
        """It was not closed."""
        return not self._closing.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_CONNECT_S)

    def _run(self) -> None:
        while not self._closing.wait(_GLANCE_S):
            if not self._is_connected():
                continue
            with suppress(Exception):  # whatever went wrong: this thread is the only way back
                self._connect()
            self._lost()
            if self._is_connected():
                self._closing.wait(self._retry_s)

    def _connect(self) -> None:
        from websockets.sync.client import connect

        with connect(
            self._url,
            open_timeout=_CONNECT_S,
            close_timeout=_CLOSE_S,
            ping_interval=None,
            compression=None,
            proxy=None,
        ) as stream:
            self._read(stream)
