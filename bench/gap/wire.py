"""JSON lines between the bench and an arm that runs as a process of its own. No package of ours: pipecat's environment
imports it too.

To the arm, on stdin: {"play": path}; the end of stdin ends it.
From the arm, on stdout: ready {settings} · started {first_sample_ns} · heard {text} · reply {text} ·
working (on an answer) · idle (nothing left to do) ·
audible {ns} (the first sample above the floor of each piece) · playing {on} · fault {text}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO


class Speaker:
    """Writes events. Takes stdout for itself: whatever a library prints goes to stderr, that is the log."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", buffering=1)
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def tell(self, event: str, **values: Any) -> None:
        """One line; from any thread."""
        with self._lock:
            self._out.write(json.dumps({"event": event, **values}) + "\n")
            self._out.flush()


def orders() -> Iterator[str]:
    """Paths to play, until stdin closes."""
    for line in sys.stdin:
        yield json.loads(line)["play"]
