"""Calls from other threads, in order, on the executor's thread; rclpy's create_task runs waiting tasks backwards."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from rclpy.node import Node


class Mailbox:
    """First in, first out.

    Args:
        node: its executor's thread runs the calls.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._calls: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._closed = False

    def post(self, call: Callable[[], None]) -> None:
        """Queue a call, from any thread; dropped after close()."""
        with self._lock:
            if self._closed:
                return
            self._calls.append(call)
        executor = self._node.executor
        if executor is not None:
            executor.create_task(self._drain)

    def flush(self) -> None:
        """Make the calls that wait now; on the executor's thread only, which cannot make them while it is busy ending."""
        self._drain()

    def close(self) -> None:
        """Drop what waits and whatever comes later."""
        with self._lock:
            self._closed = True
            self._calls.clear()

    def _drain(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    return
                call = self._calls.popleft()
            call()
