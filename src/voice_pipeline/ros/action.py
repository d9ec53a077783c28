"""An action server whose goals live outside the executor: accept at once, work elsewhere, finish from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node
from rclpy.task import Future


class Goal:
    """One accepted goal. `feedback` and the three endings may be called from any thread; only the first ending counts."""

    def __init__(self, server: DeferredActionServer, handle: ServerGoalHandle) -> None:
        self._server = server
        self._handle = handle
        self._lock = threading.Lock()
        self._done = False
        self.future: Future = Future()
        self.cancelled = threading.Event()  # set when the client asked to cancel

    @property
    def request(self) -> Any:
        """The goal message."""
        return self._handle.request

    @property
    def id(self) -> str:
        """The goal's UUID, 32 hex digits."""
        return bytes(self._handle.goal_id.uuid).hex()

    @property
    def done(self) -> bool:
        """True once an ending was called."""
        return self._done

    def feedback(self, message: Any) -> None:
        """Publish feedback; quietly nothing after the end."""
        if not self._done:
            self._handle.publish_feedback(message)

    def succeed(self, result: Any) -> None:
        """End with SUCCEEDED."""
        self._end("succeed", result)

    def abort(self, result: Any) -> None:
        """End with ABORTED; the result carries error_code and error_msg."""
        self._end("abort", result)

    def cancel(self, result: Any) -> None:
        """End with CANCELED if the client asked for it, with ABORTED otherwise (ROS allows no other)."""
        self._end("canceled" if self.cancelled.is_set() else "abort", result)

    def _end(self, how: str, result: Any) -> None:
        with self._lock:
            if self._done:
                return
            self._done = True
        executor = self._server.node.executor
        if executor is not None:
            # The future is resolved on the executor's own thread: that also wakes the coroutine that awaits it.
            executor.create_task(self.future.set_result, (how, result))


class DeferredActionServer:
    """Wraps rclpy's ActionServer for a SingleThreadedExecutor.

    Args:
        node: its executor serves the goals.
        action_type, name: as for rclpy.
        on_goal: gets each accepted Goal, on the executor's thread; must return at once.
        on_cancel: told that the client wants a goal cancelled; the owner ends it soon with `goal.cancel(...)`.
        accept: decides on a goal request; True for every goal by default.
    """

    def __init__(
        self,
        node: Node,
        action_type: Any,
        name: str,
        on_goal: Callable[[Goal], None],
        on_cancel: Callable[[Goal], None],
        accept: Callable[[Any], bool] | None = None,
    ) -> None:
        self.node = node
        self._on_goal = on_goal
        self._on_cancel = on_cancel
        self._accept = accept
        self._goals: dict[bytes, Goal] = {}
        self._server = ActionServer(
            node,
            action_type,
            name,
            execute_callback=self._execute,
            goal_callback=self._goal_callback,
            cancel_callback=self._cancel_callback,
        )

    def destroy(self) -> None:
        """Remove the server from the node."""
        self._server.destroy()

    def _goal_callback(self, request: Any) -> GoalResponse:
        ok = self._accept is None or self._accept(request)
        return GoalResponse.ACCEPT if ok else GoalResponse.REJECT

    def _cancel_callback(self, handle: ServerGoalHandle) -> CancelResponse:
        goal = self._goals.get(bytes(handle.goal_id.uuid))
        if goal is None or goal.done:
            return CancelResponse.REJECT
        goal.cancelled.set()
        # After this callback rclpy moves the goal to CANCELING; the owner is told then, not before.
        executor = self.node.executor
        if executor is not None:
            executor.create_task(self._on_cancel, goal)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: ServerGoalHandle) -> Any:
        goal = Goal(self, handle)
        self._goals[bytes(handle.goal_id.uuid)] = goal
        try:
            self._on_goal(goal)
            how, result = await goal.future
        finally:
            self._goals.pop(bytes(handle.goal_id.uuid), None)
        if how == "canceled" and not handle.is_cancel_requested:
            how = "abort"
        getattr(handle, how)()
        return result
