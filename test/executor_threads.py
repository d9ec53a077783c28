"""Executors on threads of their own, for the nodes of a test: begun, asked to run something, ended without a rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import ExternalShutdownException

from patience import PATIENCE_S


def spin_in_thread(executor: Any, name: str) -> threading.Thread:
    """Spin an executor on a thread of its own, until `take_down`."""

    def loop() -> None:
        try:
            executor.spin()
        except ExternalShutdownException:
            pass
        except InvalidHandle:  # rclpy may wake the executor once more while it is taken down
            if not executor._is_shutdown:
                raise

    thread = threading.Thread(target=loop, name=f"spin-{name}", daemon=True)
    thread.start()
    return thread


def run_in(executor: Any, call: Callable[[], Any], thread: threading.Thread | None = None) -> Any:
    """Run a call on an executor's thread and wait for its end, or for that of the thread; its result."""
    done, results = threading.Event(), []

    def work() -> None:
        try:
            results.append(call())
        finally:
            done.set()

    executor.create_task(work)
    deadline = time.monotonic() + PATIENCE_S
    while not done.wait(0.2) and time.monotonic() < deadline:
        if thread is not None and not thread.is_alive():
            break
    return results[0] if results else None


def take_down(executor: Any, thread: threading.Thread) -> None:
    """End an executor and its thread."""
    executor._is_shutdown = True  # rclpy's own shutdown takes the guard away while the thread may still wait for it
    executor.wake()
    thread.join(PATIENCE_S)
    executor.shutdown(timeout_sec=2.0)
    executor._guard = _Quiet()


class _Quiet:
    """In place of the guard that shutdown took: whoever still ends an action afterwards wakes nobody, instead of failing."""

    def trigger(self) -> None: ...

    def destroy(self) -> None: ...
