"""All nodes of a plan in one process, each on an executor and thread of its own: less memory, no copies over the network.

Engines release the interpreter's lock while they compute, so one process costs little; a crash takes all down, though.
"""

from __future__ import annotations

import importlib
import sys
import threading
from contextlib import suppress
from typing import Any, cast

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from voice_pipeline.bringup.plan import NodeSpec, Plan
from voice_pipeline.ros.main import StopSignal, end, leave
from voice_pipeline.ros.node import VoiceNode


class Container:
    """Runs a plan in this process.

    Args:
        plan: what to run.
        namespace, log_level: as the launch arguments.
    """

    def __init__(self, plan: Plan, namespace: str = "", log_level: str = "") -> None:
        self.plan = plan
        self._namespace = namespace
        self._log_level = log_level
        self._running: list[tuple[VoiceNode, SingleThreadedExecutor, threading.Thread, threading.Event]] = []

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM; returns the exit code."""
        # Threads that hold a sound device wait for the interpreter behind every other one that computes, 5 ms each by default:
        # with eight of them the loudspeaker's 60 ms ran dry six to eight times in an answer, with 0.5 ms one to five times.
        sys.setswitchinterval(0.0005)
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        stop = StopSignal()
        try:
            self.start()
            stop.wait()
        finally:
            self.stop()
            rclpy.try_shutdown()
        return leave(0)

    def start(self) -> None:
        """Create the nodes (rclpy must be initialised).

        Raises:
            VoiceError: a parameter of a node is wrong; the nodes created before it are ended by `stop`.
        """
        for spec in self.plan.all:
            node = make_node(spec, self._namespace, self._log_level)
            executor = SingleThreadedExecutor()
            executor.add_node(node)
            executor.create_task(node.autostart)
            over = threading.Event()
            thread = threading.Thread(target=_spin, args=(executor, over), name=f"spin-{spec.name}", daemon=True)
            self._running.append((node, executor, thread, over))
            thread.start()

    def stop(self) -> None:
        """Release and destroy the nodes, in reverse order: who speaks ends before who listens."""
        for node, executor, thread, over in reversed(self._running):
            over.set()
            executor.create_task(lambda: None)  # wakes the wait
            thread.join(2.0)
            end(node)  # first: an executor that is shut down takes no task, and what is ended here posts some
            executor.shutdown(timeout_sec=1.0)
        self._running.clear()


def make_node(spec: NodeSpec, namespace: str = "", log_level: str = "") -> VoiceNode:
    """One node with the parameters of its plan, independent of this process's own arguments."""
    module = importlib.import_module(f"voice_pipeline.nodes.{spec.name}")
    node_class = next(
        c
        for c in vars(module).values()
        if isinstance(c, type) and issubclass(c, VoiceNode) and c.__module__ == module.__name__
    )
    node: VoiceNode = cast(Any, node_class)(
        cli_args=["--ros-args", *spec.ros_args(namespace)], use_global_arguments=False
    )
    if log_level:
        from rclpy.logging import LoggingSeverity, set_logger_level

        set_logger_level(node.get_logger().name, LoggingSeverity[log_level.upper()])
    return node


def _spin(executor: SingleThreadedExecutor, over: threading.Event) -> None:
    with suppress(ExternalShutdownException):
        while not over.is_set():
            executor.spin_once()
