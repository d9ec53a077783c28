"""Hears the `latency` topic for the command of that name; apart because a report from a file needs no ROS."""

from __future__ import annotations

import queue
from types import TracebackType

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from voice_pipeline.commands._latency_traces import Trace
from voice_pipeline.msg import TurnLatency
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.spinning import Spinner
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.turn.stages import STAMPS


class Listener:
    """A context manager; traces wait in `traces` until they are read.

    Args:
        namespace: of the robot, such as "/left"; empty for the one ROS arguments give.
    """

    def __init__(self, namespace: str = "") -> None:
        self.traces: queue.Queue[Trace] = queue.Queue()
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node("latency_command", namespace=namespace or None)
        self._subscription = self._node.create_subscription(
            TurnLatency, "latency", lambda message: self.traces.put(trace(message)), EVENTS
        )
        self._spinner = Spinner(self._node)

    @property
    def topic(self) -> str:
        """Its full name."""
        return str(self._subscription.topic_name)

    def publishers(self) -> int:
        """How many nodes offer it now."""
        return int(self._node.count_publishers(self.topic))

    def __enter__(self) -> Listener:
        self._spinner.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spinner.stop()
        self._node.destroy_node()
        rclpy.try_shutdown()


def trace(message: TurnLatency) -> Trace:
    """From the wire."""
    return Trace(
        turn_id=message.turn_id,
        stamps={name: to_ns(getattr(message, name)) for name in STAMPS},
        interrupted=message.interrupted,
        speculative=message.speculative,
        guesses=message.guesses,
        wasted_ms=float(message.wasted_ms),
        prompt_tokens=message.prompt_tokens,
        cached_tokens=message.cached_tokens,
        tools=tuple(message.tools),
    )
