"""A thread that calls something once a period, by deadline; apart because timing is all it knows."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable


class Ticker:
    """Calls `tick(time.monotonic())` every `period` s on a thread of its own.

    A late call is not made up for: two in quick succession would be a jump of the robot. One that raises is told on stderr
    and is not the last: without this thread nobody would stop the robot, nor notice that it is lost.
    """

    def __init__(self, name: str, period: float, tick: Callable[[float], None]) -> None:
        self._period, self._tick = period, tick
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.late = 0  # calls that came more than half a period late
        self.failed = 0  # calls that raised

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop_when(self, done: Callable[[], bool], timeout: float) -> None:
        """End the thread once `done()`, at the latest after `timeout` s."""
        deadline = time.monotonic() + timeout
        while self._thread.is_alive() and not done() and time.monotonic() < deadline:
            self._ending.wait(self._period)
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._ending.is_set():
            now = time.monotonic()
            if now - due > self._period / 2:
                self.late += 1
                due = now
            try:
                self._tick(now)
            except Exception:
                self.failed += 1
                if self.failed & (self.failed - 1) == 0:  # first, second, fourth ...: 50 a second would hide all else
                    traceback.print_exc()
            due += self._period
            self._ending.wait(max(0.0, due - time.monotonic()))
