"""Carries a checked tool call to the ROS action, service or topic that tools.yaml names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.publisher import Publisher

from voice_pipeline.dialogue.local_tools import LocalTools
from voice_pipeline.dialogue.tools import Outcome, PendingCall, Status, Tool, ValidCall
from voice_pipeline.ros.interface import get_field, interface, one_line, set_field
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.qos import EVENTS

_QUIET_S = 60.0  # the longest that a call waits for the end of what the robot is saying
_APPEAR_S = 1.0  # how long a server may take to be discovered; it is usually there since activation


class RosToolDispatcher:
    """The Dispatcher of the dialogue node. Everything but `start` runs on the executor's thread.

    Args:
        node: owns the clients.
        tools: by name.
        on_finished: told of every call's end, on the executor's thread.
        mailbox: brings `start` to that thread, after what was posted before.
        local: tools of kind `local`.
        speaking: whether the robot is saying something; calls of tools with `while_speaking: false` wait for the end.
    """

    def __init__(
        self,
        node: Node,
        tools: Mapping[str, Tool],
        on_finished: Callable[[PendingCall], None],
        mailbox: Mailbox,
        local: LocalTools,
        speaking: Callable[[], bool] = lambda: False,
    ) -> None:
        self._speaking = speaking
        self._node = node
        self._mailbox = mailbox
        self._local = local
        self._on_finished = on_finished
        self._open: dict[str, _Running] = {}
        self._ends: dict[str, Any] = {n: self._end_for(t) for n, t in tools.items() if t.kind != "local"}
        self._timer = node.create_timer(0.05, self._tick)

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        pending = PendingCall(call_id, call)
        if call.tool.cancels:
            self._mailbox.post(self._cancel_actions)
        if call.tool.kind == "local":
            pending.finish(self._local.run(call))
            self._mailbox.post(lambda: self._on_finished(pending))
        else:
            self._mailbox.post(lambda: self._begin(pending))
        return pending

    def cancel(self, call_id: str) -> None:
        """Stop a movement, and whatever still waits to be sent; what is over, and services on their way, are left."""
        running = self._open.get(call_id)
        if running is None:
            return
        if not running.sent:
            self._finish(running, "cancelled", "given up before it was sent")
        elif running.pending.call.tool.kind == "action":
            running.unwanted = True
            running.cancel_goal()

    def _cancel_actions(self) -> None:
        for call_id, running in list(self._open.items()):
            if running.pending.call.tool.kind == "action":
                self.cancel(call_id)

    def destroy(self) -> None:
        """Cancel what runs and remove the clients."""
        for running in list(self._open.values()):
            running.cancel_goal()
            self._finish(running, "cancelled", "the node stops")
        self._node.destroy_timer(self._timer)
        for end in self._ends.values():
            if isinstance(end, ActionClient):
                end.destroy()
            elif isinstance(end, Publisher):
                self._node.destroy_publisher(end)
            else:
                self._node.destroy_client(end)
        self._ends.clear()

    def _end_for(self, tool: Tool) -> Any:
        kind = interface(tool.interface)
        if tool.kind == "action":
            return ActionClient(self._node, kind, tool.target)
        if tool.kind == "service":
            return self._node.create_client(kind, tool.target)
        return self._node.create_publisher(kind, tool.target, EVENTS)

    def _begin(self, pending: PendingCall) -> None:
        running = _Running(pending, time.monotonic())
        end = self._ends.get(pending.call.tool.name)
        if end is None:
            pending.finish(Outcome("cancelled", "the node stops"))
            return
        self._open[pending.call_id] = running
        try:
            running.message = self._message(pending.call)
        except (ValueError, TypeError, AssertionError, OverflowError) as error:
            self._finish(running, "failed", f"the message refuses a value: {error}")
            return
        self._send(running)

    def _send(self, running: _Running) -> None:
        """Unless something is in the way; then _tick tries again."""
        tool = running.pending.call.tool
        end = self._ends[tool.name]
        if not tool.while_speaking and not running.quiet:
            if self._speaking():
                return
            running.quiet, running.began = True, time.monotonic()
        if tool.kind == "topic":
            heard = end.get_subscription_count() > 0
            end.publish(running.message)
            self._finish(running, "succeeded" if heard else "failed", "published" if heard else "nobody listens")
            return
        ready = end.server_is_ready() if tool.kind == "action" else end.service_is_ready()
        if not ready:
            return
        running.sent = True
        if tool.kind == "action":
            future = end.send_goal_async(running.message, feedback_callback=running.went_on)
            future.add_done_callback(lambda f: self._answered(running, f))
        else:
            future = end.call_async(running.message)
            running.forget = lambda: end.remove_pending_request(future)
            future.add_done_callback(lambda f: self._responded(running, f))

    def _answered(self, running: _Running, future: Any) -> None:
        if not self._ends:  # destroyed while the answer was on its way: nothing can be asked of the goal any more
            return
        handle = future.result()
        if not handle.accepted:
            self._finish(running, "failed", f"{running.pending.call.tool.target} refused the goal")
            return
        running.handle = handle
        if running.unwanted or running.pending.outcome is not None:  # given up meanwhile
            running.cancel_goal()
        if running.pending.outcome is not None:
            return
        running.pending.accept()
        handle.get_result_async().add_done_callback(lambda f: self._ended(running, f))

    def _ended(self, running: _Running, future: Any) -> None:
        response = future.result()
        result = response.result
        code = getattr(result, "error_code", 0)
        code = code if isinstance(code, (int, str)) else 0  # a message of its own (MoveIt's) means nothing to us
        text = self._text(running, result, "error_msg")
        if response.status == GoalStatus.STATUS_SUCCEEDED and not code:
            limited = "; limited to what the robot can do" if getattr(result, "clamped", False) else ""
            self._finish(running, "succeeded", (text or "done") + limited)
        elif response.status == GoalStatus.STATUS_CANCELED:
            self._finish(running, "cancelled", (text or "cancelled") + running.so_far)
        else:
            what = f"{text or 'failed'} (code {code})" if code else text or "failed"
            self._finish(running, "failed", what + running.so_far)

    def _responded(self, running: _Running, future: Any) -> None:
        response = future.result()
        ok = bool(getattr(response, "success", True))
        text = self._text(running, response, "message")
        self._finish(running, "succeeded" if ok else "failed", text or ("done" if ok else "refused"))

    @staticmethod
    def _text(running: _Running, answer: Any, usual: str) -> str:
        """The field that the tool names as its result, or the usual one; empty when there is none."""
        name = running.pending.call.tool.result
        value = get_field(answer, name) if name else getattr(answer, usual, "")
        return one_line(value) if name or isinstance(value, str) else ""

    def _tick(self) -> None:
        now = time.monotonic()
        for running in list(self._open.values()):
            tool = running.pending.call.tool
            waits = not tool.while_speaking and not running.quiet
            if waits and now - running.began > _QUIET_S:
                self._finish(running, "failed", f"the robot still spoke after {_QUIET_S:g} s")
            elif not running.sent:
                self._send(running)
                if not waits and not running.sent and now - running.began > _APPEAR_S:
                    kind = "action server" if tool.kind == "action" else "service"
                    self._finish(
                        running, "failed", f"there is no {kind} '{tool.target}'; start the node that offers it"
                    )
            elif now - running.began > tool.timeout_s:
                running.cancel_goal()
                running.forget()  # a service that never answers; the client would keep the request for ever
                self._finish(running, "failed", f"not done within {tool.timeout_s:g} s; cancelled{running.so_far}")

    def _finish(self, running: _Running, status: Status, result: str) -> None:
        self._open.pop(running.pending.call_id, None)
        if running.pending.finish(Outcome(status, result, time.monotonic() - running.began)):
            self._on_finished(running.pending)

    @staticmethod
    def _message(call: ValidCall) -> Any:
        kind = interface(call.tool.interface)
        message = (
            kind.Goal() if call.tool.kind == "action" else kind.Request() if call.tool.kind == "service" else kind()
        )
        for name, value in call.tool.message_fields(call.arguments).items():
            set_field(message, name, value)
        return message


class _Running:
    """A call between its start and its end."""

    def __init__(self, pending: PendingCall, began: float) -> None:
        self.pending = pending
        self.began = began
        self.message: Any = None
        self.sent = False
        self.quiet = False  # the robot has ended what it was saying, for a tool that waits for that
        self.so_far = ""  # of an action: its last feedback, for when it does not end well
        self.unwanted = False
        self.handle: Any = None
        self.forget: Callable[[], object] = lambda: None

    def went_on(self, feedback: Any) -> None:
        """The action's server tells how far it is."""
        message = feedback.feedback
        kinds = message.get_fields_and_field_types()
        # Of poses with their stamps nobody learns anything: they are told only where there is nothing else.
        told = [n for n, kind in kinds.items() if "/" not in kind] or list(kinds)
        fields = ", ".join(f"{n} {one_line(getattr(message, n))}" for n in told)
        self.so_far = f"; so far: {fields}" if fields else ""

    def cancel_goal(self) -> None:
        if self.handle is not None:
            self.handle.cancel_goal_async()
