"""A thread that calls something once a period, by deadline; apart because timing is all it knows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Ticker:
    """Calls `tick(time.monotonic())` every `period` s on a thread of its own.

    A late call is not made up for: two in quick succession would be a jump of the robot.
    """

    def __init__(self, name: str, period: float, tick: Callable[[float], None]) -> None:
        self._period, self._tick = period, tick
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.late = 0  # calls that came more than half a period late

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
            self._tick(now)
            due += self._period
            self._ending.wait(max(0.0, due - time.monotonic()))
