"""One action goal after another from a program that is no node of the robot: the commands chat and say."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.spinning import Spinner

_POLL_S = 0.1  # a blocking wait would not see Ctrl-C


class Asker:
    """A context manager that talks to one action server.

    Args:
        name: of this node; action_type and action: whom to talk to; namespace: of the robot, such as "/left".
    """

    def __init__(self, name: str, action_type: Any, action: str, namespace: str = "") -> None:
        if threading.current_thread() is threading.main_thread():
            # A shell that starts a command in the background has it ignore Ctrl-C; the goal could never be cancelled.
            signal.signal(signal.SIGINT, signal.default_int_handler)
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self._node = Node(name, namespace=namespace or None)
        self._client = ActionClient(self._node, action_type, action)
        self._action = action
        self._spinner = Spinner(self._node)
        self._patience_s = 5.0

    def __enter__(self) -> Asker:
        self._spinner.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spinner.stop()
        self._client.destroy()
        self._node.destroy_node()
        rclpy.try_shutdown()

    @property
    def node(self) -> Node:
        """For what else a command wants to hear; served by the asker's thread."""
        return self._node

    def call(self, service_type: Any, name: str, request: Any) -> Any:
        """Call a service and return its response; waits as long for it as for the action's server.

        Raises:
            VoiceError: nobody offers it, or no answer within the timeout.
        """
        client, timeout_s = self._node.create_client(service_type, name), self._patience_s
        try:
            if client.wait_for_service(timeout_s):
                future = client.call_async(request)
                done = threading.Event()
                future.add_done_callback(lambda _: done.set())
                self._spinner.wake()
                if done.wait(timeout_s):
                    return future.result()
            where = self._node.resolve_service_name(name)
            raise VoiceError(f"'{where}' does not answer (waited {timeout_s:g} s).", "See the log of its node.")
        finally:
            self._node.destroy_client(client)

    def wait_for_server(self, timeout_s: float) -> None:
        """Raises VoiceError when nobody offers the action within the timeout."""
        self._patience_s = timeout_s
        if not self._client.wait_for_server(timeout_s):
            raise VoiceError(
                f"nobody offers the action '{self._node.resolve_topic_name(self._action)}' (waited {timeout_s:g} s).",
                "Start the robot's nodes first (`make talk`, or ros2 launch voice_pipeline desktop.launch.py); "
                "check ROS_DOMAIN_ID and --namespace.",
            )

    def ask(self, goal: Any, on_feedback: Callable[[Any], None] | None = None) -> Any:
        """Send a goal and wait for its result; the response with `.status` and `.result`. Ctrl-C cancels the goal.

        Raises:
            VoiceError: the goal was rejected, or the server vanished.
            KeyboardInterrupt: after the goal was cancelled.
        """
        hear = (lambda m: on_feedback(m.feedback)) if on_feedback else None
        run = self._spinner.run
        handle = self._wait(run(lambda: self._client.send_goal_async(goal, feedback_callback=hear)))
        if not handle.accepted:
            raise VoiceError(
                f"'{self._action}' rejected the goal.", "See the log of the node; it may not be active yet."
            )
        future = run(handle.get_result_async)
        try:
            return self._wait(future)
        except KeyboardInterrupt:
            run(handle.cancel_goal_async)
            raise

    def _wait(self, future: Any) -> Any:
        done = threading.Event()
        future.add_done_callback(lambda _: done.set())
        self._spinner.wake()
        missing = 0.0
        while not done.wait(_POLL_S):
            missing = 0.0 if self._client.server_is_ready() else missing + _POLL_S
            if missing > 3.0:
                raise VoiceError(f"the node that offers '{self._action}' vanished.", "Start it again.")
        return future.result()
