"""A node of a program that is no node of the robot (chat, latency, the watcher): served by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

_POLL_S = 0.1  # a blocking wait would not see Ctrl-C


class Spinner:
    """Serves one node from `start` to `stop`.

    Args:
        context: of the node; None for the process's own.
    """

    def __init__(self, node: Node, context: Context | None = None) -> None:
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(node)
        self._thread = threading.Thread(target=self._spin, name=f"spin-{node.get_name()}", daemon=True)

    def start(self) -> None:
        """Callbacks come from now on, on the thread."""
        self._thread.start()

    def stop(self) -> None:
        """No callback comes any more; the node is the caller's to destroy."""
        self._executor.shutdown(timeout_sec=1.0)
        self._thread.join(2.0)

    def run(self, call: Callable[[], Any]) -> Any:
        """The result of a call on the thread. For an action's requests: rclpy notes one after it was sent, and drops an
        answer that its executor takes in between."""
        done, results, errors = threading.Event(), [], []

        def work() -> None:
            try:
                results.append(call())
            except Exception as error:
                errors.append(error)
            finally:
                done.set()

        self._executor.create_task(work)
        while not done.wait(_POLL_S) and self._thread.is_alive():
            pass
        if not results:
            raise errors[0] if errors else RuntimeError("the thread of the node has ended")
        return results[0]

    def wake(self) -> None:
        """End the executor's wait: a request was sent from another thread."""
        self._executor.create_task(lambda: None)

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            self._executor.spin()
