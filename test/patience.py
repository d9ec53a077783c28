"""Waiting in tests without ROS: for what must happen, as long as a stalled machine may need; it costs nothing where it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Poll until the condition is true and return its value; AssertionError after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        # Read before the condition: after a stall of the whole machine it gets one more look.
        late = time.monotonic() > deadline
        value = condition()
        if value:
            return value
        assert not late, f"waited {PATIENCE_S:g} s for {what}"
        time.sleep(0.005)


def ended(thread: threading.Thread) -> bool:
    """Whether the thread ends within PATIENCE_S."""
    thread.join(PATIENCE_S)
    return not thread.is_alive()
