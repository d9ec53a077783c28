"""Runs nodes inside a test process: each on its own executor thread, in a context and domain of the test's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import HistoryPolicy, QoSProfile
from unique_identifier_msgs.msg import UUID

from executor_threads import run_in, spin_in_thread, take_down
from patience import PATIENCE_S, until
from voice_pipeline.ros.domain import free_domain

_START_S = 150.0  # for a node and its models
# A test reads everything: with the depth of the topic a test whose thread rests for a second misses messages.
_ALL = 4096


def fresh_bench(monkeypatch: Any) -> Iterator[RosBench]:
    """What the fixture `ros` is: a bench on a domain of its own, loopback only, taken down afterwards."""
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "0")
    bench = RosBench(free_domain())
    yield bench
    bench.close()


class RosBench:
    """Starts nodes, gives a peer to talk to them, and takes everything down."""

    def __init__(self, domain: int) -> None:
        self.domain = domain
        self.context = Context()
        self.context.init(domain_id=domain)
        self._spinning: list[tuple[Any, Any, threading.Thread]] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._peer: Peer | None = None

    def start(self, node_class: Any, params: dict[str, Any] | None = None, *, wait: bool = True) -> Any:
        """Create a node with parameters, let it start itself, return it once active.

        With wait=False it returns at once (for nodes whose start is meant to fail or take long).
        """
        overrides = [Parameter(k, value=v) for k, v in (params or {}).items()]
        node = node_class(context=self.context, parameter_overrides=overrides)
        self.spin(node)
        node.executor.create_task(node.autostart)
        if wait:
            self.wait(lambda: node.active, _START_S, f"{node.get_name()} to become active")
        return node

    def start_process(self, name: str, params: dict[str, Any]) -> subprocess.Popen[bytes]:
        """A node of the package as a process of its own, as launch starts it; ended at the end of the test."""
        settings = [word for key, value in params.items() for word in ("-p", f"{key}:={json.dumps(value)}")]
        command = [sys.executable, "-m", f"voice_pipeline.nodes.{name}", "--ros-args", *settings]
        process = subprocess.Popen(command, env={**os.environ, "ROS_DOMAIN_ID": str(self.domain)})
        self._processes.append(process)
        return process

    def spin(self, node: Any) -> None:
        """Serve a node on a thread of its own until the end of the test."""
        executor = SingleThreadedExecutor(context=self.context)
        executor.add_node(node)
        self._spinning.append((node, executor, spin_in_thread(executor, node.get_name())))

    def stop(self, node: Any) -> None:
        """End one node as its process would."""
        for entry in list(self._spinning):
            if entry[0] is node:
                self._spinning.remove(entry)
                self._end(*entry)

    def peer(self) -> Peer:
        """A plain node that records topics and calls actions and services."""
        if self._peer is None:
            self._peer = Peer(self)
        return self._peer

    @staticmethod
    def wait(condition: Callable[[], Any], timeout: float = PATIENCE_S, what: str = "the condition") -> Any:
        """Poll until the condition is true and return its value; AssertionError after the timeout."""
        return until(condition, what, timeout)

    @staticmethod
    def settle(*nodes: Any, messages: int = 4) -> None:
        """Return when each node has handled what was published to it before, up to so many messages on a topic.

        Within a process a message lies at its reader when publish() returns, and in each of its rounds an executor takes one
        of every topic. Between topics there is no order: a test that needs one waits here.
        """
        for node in nodes:
            for _ in range(messages + 1):
                run_in(node.executor, lambda: None)

    def close(self) -> None:
        """Stop everything."""
        while self._spinning:
            self._end(*self._spinning.pop())
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        for process in self._processes:
            try:
                process.wait(60.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.context.try_shutdown()

    @staticmethod
    def _end(node: Any, executor: Any, thread: threading.Thread) -> None:
        if thread.is_alive():
            run_in(executor, getattr(node, "release", lambda: None), thread)
            for _ in range(3):  # what it ended answers its clients: a coroutine that waits for a task
                run_in(executor, lambda: None, thread)
        take_down(executor, thread)
        node.destroy_node()


class Peer:
    """The test's own end of every topic, action and service."""

    def __init__(self, bench: RosBench) -> None:
        self._bench = bench
        self.node = Node("peer", context=bench.context)
        bench.spin(self.node)
        self._clients: dict[str, Any] = {}

    def record(self, message_type: Any, topic: str, qos: Any = 10) -> list[Any]:
        """Subscribe; the returned list grows with every message."""
        messages: list[Any] = []
        depth = {"history": HistoryPolicy.KEEP_LAST, "depth": _ALL}
        if isinstance(qos, QoSProfile):
            depth |= {"reliability": qos.reliability, "durability": qos.durability}
        subscription = self.node.create_subscription(message_type, topic, messages.append, QoSProfile(**depth))
        self._wake()
        # Whoever publishes already must be matched before the test goes on, or it misses the first message under load.
        expected = self.node.count_publishers(topic)
        self._bench.wait(lambda: subscription.get_publisher_count() >= expected, what=f"the publishers of {topic}")
        return messages

    def publisher(self, message_type: Any, topic: str, qos: Any = 10, subscribers: int = 1) -> Any:
        """A publisher that is already matched with `subscribers` subscriptions."""
        publisher = self.node.create_publisher(message_type, topic, qos)
        self._bench.wait(lambda: publisher.get_subscription_count() >= subscribers, what=f"a subscriber on {topic}")
        return publisher

    def send_goal(self, action_type: Any, name: str, goal: Any, feedback: Callable[[Any], None] | None = None) -> Any:
        """Send a goal; returns rclpy's goal handle once it was answered (check `.accepted`)."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = ActionClient(self.node, action_type, name)
            self._wake()
        assert client.wait_for_server(PATIENCE_S), f"no action server {name}"
        goal_id = UUID(uuid=list(uuid.uuid4().bytes))
        if feedback:
            self._hear_feedback(action_type, name, goal_id, feedback)
        # On the executor's thread: rclpy notes a request after it was sent, and drops an answer that is taken in between.
        future = run_in(self.node.executor, lambda: client.send_goal_async(goal, goal_uuid=goal_id))
        return self._bench.wait(lambda: future.done() and future.result(), PATIENCE_S, f"an answer from {name}")

    def _hear_feedback(self, action_type: Any, name: str, goal_id: UUID, feedback: Callable[[Any], None]) -> None:
        """Read the feedback from its topic: rclpy's client drops what arrives after the result, in whatever order."""

        def hear(message: Any) -> None:
            if bytes(message.goal_id.uuid) == bytes(goal_id.uuid):
                feedback(message.feedback)

        subscription = self.node.create_subscription(
            action_type.Impl.FeedbackMessage, f"{name}/_action/feedback", hear, QoSProfile(depth=_ALL)
        )
        self._wake()
        self._bench.wait(lambda: subscription.get_publisher_count() >= 1, what=f"the feedback of {name}")

    def result(self, handle: Any, timeout: float = PATIENCE_S) -> Any:
        """Wait for the result of a goal: the response with `.status` and `.result`."""
        future = self.ending(handle)
        return self._bench.wait(lambda: future.done() and future.result(), timeout, "the result")

    def ending(self, handle: Any) -> Any:
        """The future of a goal's result."""
        return run_in(self.node.executor, handle.get_result_async)

    def cancel(self, handle: Any) -> None:
        """Ask for a goal to be cancelled."""
        run_in(self.node.executor, handle.cancel_goal_async)

    def call(self, service_type: Any, name: str, request: Any = None, timeout: float = PATIENCE_S) -> Any:
        """Call a service and return its response."""
        client = self.node.create_client(service_type, name)
        self._wake()
        assert client.wait_for_service(timeout), f"no service {name}"
        future = client.call_async(request if request is not None else service_type.Request())
        self._wake()
        return self._bench.wait(lambda: future.done() and future.result(), timeout, f"a response of {name}")

    def _wake(self) -> None:
        self.node.executor.create_task(lambda: None)


def names(items: Sequence[Any], field: str) -> list[Any]:
    """One field of every message."""
    return [getattr(i, field) for i in items]
