"""A blocking call on a thread of its own, which may be left alone: nothing interrupts a server that hangs, and a plain
command must not wait for it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

_POLL_S = 0.02  # how often a wait looks at `cancel`


class Beside:
    """Begins at once.

    Args:
        call: what to do; goes on when nobody waits for it any more.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._over = threading.Event()
        self._error: Exception | None = None
        threading.Thread(target=self._run, name="beside", daemon=True).start()

    def wait(self, cancel: threading.Event, timeout_s: float = math.inf) -> bool:
        """Until it is over (True), or `cancel` is set or the time is up (False).

        Raises:
            Exception: what the call raised.
        """
        deadline = time.monotonic() + timeout_s
        while not self._over.wait(_POLL_S):
            if cancel.is_set() or time.monotonic() >= deadline:
                return False
        if self._error is not None:
            raise self._error
        return True

    def _run(self) -> None:
        try:
            self._call()
        except Exception as error:  # crosses to the thread that waits
            self._error = error
        finally:
            self._over.set()
