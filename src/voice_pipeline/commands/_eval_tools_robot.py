"""What stands in the robot's place in `eval_tools`: real action and service servers that note what reaches them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from rclpy.action import ActionServer
from rclpy.context import Context
from rclpy.node import Node

from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.local_tools import LocalTools
from voice_pipeline.dialogue.tools import Dispatcher, Outcome, PendingCall, Tool, ValidCall
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.domain import free_domain
from voice_pipeline.ros.interface import interface
from voice_pipeline.ros.mailbox import Mailbox
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.spinning import Spinner
from voice_pipeline.ros.tool_dispatch import RosToolDispatcher

_APPEAR_S = 10.0  # discovery of some ten servers on a loaded machine
_SETTLE_S = 3.0  # between the end of an answer and the last message; beyond it a message counts as lost


@dataclass(frozen=True)
class Arrival:
    """A goal, request or message that reached the robot."""

    target: str
    message: Any


class Robot(Dispatcher, Protocol):
    """A dispatcher that knows afterwards what was called and what arrived. A context manager."""

    def __enter__(self) -> Robot:
        """Ready for calls."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the network."""

    def take(self) -> tuple[list[ValidCall], list[Arrival] | None]:
        """Calls since the last time, and what arrived of them; None: there is no robot that could tell."""


class NoRobot:
    """Every call succeeds and is kept; local tools really run. For the quick way.

    Args:
        facts: for the tools that remember.
    """

    def __init__(self, facts: Facts) -> None:
        self._calls: list[ValidCall] = []
        self._local = LocalTools(facts)

    def __enter__(self) -> NoRobot:
        return self

    def __exit__(self, *_: object) -> None: ...

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        self._calls.append(call)
        pending = PendingCall(call_id, call)
        pending.finish(self._local.run(call) if call.tool.kind == "local" else Outcome("succeeded", "done"))
        return pending

    def take(self) -> tuple[list[ValidCall], None]:
        calls, self._calls = self._calls, []
        return calls, None


class MockRobot:
    """The node's own dispatcher, and a server for every tool of the file, on a ROS domain that nobody else uses.

    Args:
        tools: by name.
        facts: for the tools that remember.

    Raises:
        VoiceError: an interface is not on this machine.
    """

    def __init__(self, tools: Mapping[str, Tool], facts: Facts) -> None:
        self._arrived: list[Arrival] = []
        self._pending: list[PendingCall] = []
        self._context = Context()
        self._context.init(domain_id=free_domain())
        self._robot = Node("robot", context=self._context)
        self._node = Node("eval_tools", context=self._context)
        remote = {n: t for n, t in tools.items() if t.kind != "local"}
        self._ends = [self._serve(t) for t in {t.target: t for t in remote.values()}.values()]
        self._mailbox = Mailbox(self._node)
        self._dispatcher = RosToolDispatcher(self._node, tools, lambda _: None, self._mailbox, LocalTools(facts))
        self._expected = {
            self._node.resolve_topic_name(t.target) + ("/_action/send_goal" if t.kind == "action" else "")
            for t in remote.values()
            if t.kind != "topic"
        }
        self._spinners = [Spinner(n, self._context) for n in (self._robot, self._node)]

    def __enter__(self) -> MockRobot:
        for spinner in self._spinners:
            spinner.start()
        deadline = time.monotonic() + _APPEAR_S
        while missing := self._expected - {name for name, _ in self._node.get_service_names_and_types()}:
            if time.monotonic() > deadline:
                self.__exit__()
                raise VoiceError(f"servers did not appear: {', '.join(sorted(missing))}.", "Try again, or --no-ros.")
            time.sleep(0.02)  # a graph query; there is no event for it
        return self

    def __exit__(self, *_: object) -> None:
        self._mailbox.close()
        for spinner in self._spinners:
            spinner.stop()
        for end in self._ends:
            if isinstance(end, ActionServer):
                end.destroy()
        self._node.destroy_node()
        self._robot.destroy_node()
        self._context.try_shutdown()

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        pending = self._dispatcher.start(call, call_id)
        self._pending.append(pending)
        return pending

    def take(self) -> tuple[list[ValidCall], list[Arrival]]:
        pending, self._pending = self._pending, []
        deadline = time.monotonic() + _SETTLE_S
        for one in pending:
            one.finished.wait(max(0.0, deadline - time.monotonic()))
        remote = sum(p.call.tool.kind != "local" for p in pending)
        while len(self._arrived) < remote and time.monotonic() < deadline:
            time.sleep(0.005)  # a message on a topic has no answer to wait for
        arrived, self._arrived = self._arrived, []
        return [p.call for p in pending], arrived

    def _serve(self, tool: Tool) -> Any:
        kind, note = interface(tool.interface), self._arrived_at
        if tool.kind == "action":

            def execute(handle: Any) -> Any:
                note(tool.target, handle.request)
                handle.succeed()
                return kind.Result()

            return ActionServer(self._robot, kind, tool.target, execute)
        if tool.kind == "topic":
            return self._robot.create_subscription(kind, tool.target, lambda m: note(tool.target, m), EVENTS)

        def respond(request: Any, response: Any) -> Any:
            note(tool.target, request)
            if hasattr(response, "success"):
                response.success = True
            return response

        return self._robot.create_service(kind, tool.target, respond)

    def _arrived_at(self, target: str, message: Any) -> None:
        self._arrived.append(Arrival(target, message))
