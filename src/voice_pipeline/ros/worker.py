"""One thread with a bounded queue, where a node's blocking work (inference, device, HTTP) goes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

_STOP = object()
_abandoned: list[threading.Thread] = []  # of workers that did not stop in time


def any_abandoned() -> bool:
    """A worker that was stopped is still inside a call: native code that must not outlive the interpreter."""
    return any(thread.is_alive() for thread in _abandoned)


class Worker:
    """Runs submitted calls one after another on a daemon thread of its own.

    Args:
        name: of the thread, as shown by debuggers.
        capacity: calls that may wait. A full queue refuses (submit returns False); it never drops what it took.
        on_error: gets the exception of a call that raised. It must not raise itself.
    """

    def __init__(self, name: str, capacity: int, on_error: Callable[[BaseException], None]) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(maxsize=capacity)
        self._on_error = on_error
        self._busy = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, call: Callable[..., None], *args: Any) -> bool:
        """Queue a call; False when the queue is full or the worker is stopping (the caller says so or counts it)."""
        if self._stopping.is_set():
            return False
        try:
            self._queue.put_nowait((call, args))
        except queue.Full:
            return False
        return True

    @property
    def backlog(self) -> int:
        """Calls waiting, the running one included."""
        return self._queue.qsize() + (1 if self._busy.is_set() else 0)

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Drop what waits, let the running call end; False when it did not within the timeout (the thread is a daemon)."""
        self._stopping.set()
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                break
        self._queue.put(_STOP)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _abandoned.append(self._thread)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            if item is _STOP:
                return
            call, args = item
            self._busy.set()
            try:
                call(*args)
            except Exception as error:
                self._on_error(error)
            finally:
                self._busy.clear()
