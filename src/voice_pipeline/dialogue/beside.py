"""A blocking call on a thread of its own, which may be left alone: nothing interrupts a server that hangs, and a plain
command must not wait for it."""

from __future__ import annotations

import threading
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

    def wait(self, cancel: threading.Event) -> bool:
        """Until it is over (True), or `cancel` is set (False).

        Raises:
            Exception: what the call raised.
        """
        while not self._over.wait(_POLL_S):
            if cancel.is_set():
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
