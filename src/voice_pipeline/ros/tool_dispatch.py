"""Carries a checked tool call to the ROS action, service or topic that tools.yaml names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.publisher import Publisher

from voice_pipeline.dialogue.local_tools import LOCAL_TOOLS
from voice_pipeline.dialogue.tools import FieldRule, Outcome, PendingCall, Status, Tool, ValidCall
from voice_pipeline.ros.interface import check_fields, interface, set_field
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.qos import EVENTS

_APPEAR_S = 1.0  # how long a server may take to be discovered; it is usually there since activation


def check_interfaces(tools: Mapping[str, Tool]) -> None:
    """Import every type and look up every field that a tool names.

    Raises:
        VoiceError: names the tool, the type or the field.
    """
    for tool in tools.values():
        if tool.kind == "local":
            continue
        kind = interface(tool.interface)
        message = {"action": "Goal", "service": "Request"}.get(tool.kind)
        tables = [e for table in tool.choices.values() for entries in table.values() for e in entries]
        names = {r.field for r in tool.fields} | set(tool.fixed)
        names |= {e.field if isinstance(e, FieldRule) else e[0] for e in tables}
        check_fields(
            getattr(kind, message) if message else kind, sorted(names), f"tool '{tool.name}' ({tool.interface})"
        )


class RosToolDispatcher:
    """The Dispatcher of the dialogue node. Everything but `start` runs on the executor's thread.

    Args:
        node: owns the clients.
        tools: by name.
        on_finished: told of every call's end, on the executor's thread.
        mailbox: brings `start` to that thread, after what was posted before.
    """

    def __init__(
        self, node: Node, tools: Mapping[str, Tool], on_finished: Callable[[PendingCall], None], mailbox: Mailbox
    ) -> None:
        self._node = node
        self._mailbox = mailbox
        self._on_finished = on_finished
        self._open: dict[str, _Running] = {}
        self._ends: dict[str, Any] = {n: self._end_for(t) for n, t in tools.items() if t.kind != "local"}
        self._timer = node.create_timer(0.05, self._tick)

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        pending = PendingCall(call_id, call)
        if call.tool.kind == "local":
            pending.finish(Outcome("succeeded", LOCAL_TOOLS[call.tool.name]()))
            self._mailbox.post(lambda: self._on_finished(pending))
        else:
            self._mailbox.post(lambda: self._begin(pending))
        return pending

    def cancel(self, call_id: str) -> None:
        """Stop a movement that is under way or on its way; what is over, and services, are left alone."""
        running = self._open.get(call_id)
        if running is not None and running.pending.call.tool.kind == "action":
            running.unwanted = True
            running.cancel_goal()

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
            message = self._message(pending.call)
        except (ValueError, TypeError, AssertionError, OverflowError) as error:
            self._finish(running, "failed", f"the message refuses a value: {error}")
            return
        if pending.call.tool.kind == "topic":
            heard = end.get_subscription_count() > 0
            end.publish(message)
            self._finish(running, "succeeded" if heard else "failed", "published" if heard else "nobody listens")
            return
        running.message = message
        self._send(running)

    def _send(self, running: _Running) -> None:
        tool = running.pending.call.tool
        end = self._ends[tool.name]
        ready = end.server_is_ready() if tool.kind == "action" else end.service_is_ready()
        if not ready:
            return  # _tick tries again
        running.sent = True
        if tool.kind == "action":
            future = end.send_goal_async(running.message)
            future.add_done_callback(lambda f: self._answered(running, f))
        else:
            future = end.call_async(running.message)
            future.add_done_callback(lambda f: self._responded(running, f))

    def _answered(self, running: _Running, future: Any) -> None:
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
        text = getattr(result, "error_msg", "")
        if response.status == GoalStatus.STATUS_SUCCEEDED and not code:
            limited = "; limited to what the robot can do" if getattr(result, "clamped", False) else ""
            self._finish(running, "succeeded", (text or "done") + limited)
        elif response.status == GoalStatus.STATUS_CANCELED:
            self._finish(running, "cancelled", text or "cancelled")
        else:
            self._finish(running, "failed", f"{text or 'failed'} (code {code})" if code else text or "failed")

    def _responded(self, running: _Running, future: Any) -> None:
        response = future.result()
        ok = bool(getattr(response, "success", True))
        text = getattr(response, "message", "")
        self._finish(running, "succeeded" if ok else "failed", text or ("done" if ok else "refused"))

    def _tick(self) -> None:
        now = time.monotonic()
        for running in list(self._open.values()):
            tool = running.pending.call.tool
            if not running.sent:
                self._send(running)
                if not running.sent and now - running.began > _APPEAR_S:
                    kind = "action server" if tool.kind == "action" else "service"
                    self._finish(
                        running, "failed", f"there is no {kind} '{tool.target}'; start the node that offers it"
                    )
            elif now - running.began > tool.timeout_s:
                running.cancel_goal()
                self._finish(running, "failed", f"not done within {tool.timeout_s:g} s; cancelled")

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
        self.unwanted = False
        self.handle: Any = None

    def cancel_goal(self) -> None:
        if self.handle is not None:
            self.handle.cancel_goal_async()
