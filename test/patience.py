"""Waiting in tests without ROS: for what must happen, as long as a stalled machine may need; it costs nothing where it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 60.0
# Of a language model's engine, s: only the limit that a case is about is short, no other may end it on a busy machine.
MODEL_LIMITS = dict.fromkeys(
    ("connect_timeout_s", "first_token_timeout_s", "stall_timeout_s", "load_timeout_s"), PATIENCE_S
)


class NoWait:
    """A clock for sources that are opened again: retries come at once."""

    def monotonic_ns(self) -> int:
        return 0

    def wall_ns(self) -> int:
        return 0

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        return stop.is_set()


def until(condition: Callable[[], Any], what: str = "the condition", seconds: float = PATIENCE_S) -> Any:
    """Poll until the condition is true and return its value; AssertionError after that many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        # Read before the condition: after a stall of the whole machine it gets one more look.
        late = time.monotonic() > deadline
        value = condition()
        if value:
            return value
        assert not late, f"waited {seconds:g} s for {what}"
        time.sleep(0.005)


def gone(pid: int) -> bool:
    """Whether a process has ended. A zombie has: who adopts orphans in a container may never collect them."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except OSError:  # also while it is read
        return True
    return state in (b"Z", b"X")


def ended(thread: threading.Thread) -> bool:
    """Whether the thread ends within PATIENCE_S."""
    thread.join(PATIENCE_S)
    return not thread.is_alive()
