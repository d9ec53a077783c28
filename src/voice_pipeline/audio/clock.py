"""Time that a test can hold: what paces a source asks a Clock, never the system directly."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for stamps, monotonic time for deadlines, and a wait that can be cut short."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never jump."""
        ...

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        """Wait for a monotonic deadline; True at once when `stop` is or gets set."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Nanoseconds since some fixed point."""
        return time.monotonic_ns()

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        """Wait for a monotonic deadline; True at once when `stop` is or gets set."""
        return stop.wait(max(0.0, (deadline_ns - time.monotonic_ns()) / 1e9))
