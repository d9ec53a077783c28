"""The robot as `chat` sees it: questions, the tools that were called, and the dialogue node's parameters."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters

from voice_pipeline.action import Converse
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import ToolCall
from voice_pipeline.ros.ask import Asker
from voice_pipeline.ros.qos import EVENTS

_AUDIT_S = 5.0  # the audit trail may arrive later than the answer; waited for only where it does
_REFUSED_S = 0.3  # a call that was refused is not in the result: nobody knows whether one comes
_OVER = (ToolCall.SUCCEEDED, ToolCall.FAILED, ToolCall.REFUSED, ToolCall.CANCELLED)


class ChatRobot:
    """A context manager.

    Args:
        namespace: of the robot.
    """

    def __init__(self, namespace: str = "") -> None:
        self._asker = Asker("chat_command", Converse, "converse", namespace)
        self._calls: dict[str, list[ToolCall]] = {}  # by turn
        self._news = threading.Condition()
        self._audit = self._asker.node.create_subscription(ToolCall, "tool_calls", self._called, EVENTS)

    def __enter__(self) -> ChatRobot:
        self._asker.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asker.__exit__(kind, error, trace)

    def wait(self, timeout_s: float) -> None:
        """Raises VoiceError when the dialogue node is not there within the timeout."""
        self._asker.wait_for_server(timeout_s)
        # The action may be found first; without the audit, the calls of the first answer would not be told.
        deadline = time.monotonic() + min(timeout_s, _AUDIT_S)
        while not self._audit.get_publisher_count() and time.monotonic() < deadline:
            time.sleep(0.01)  # a graph query; there is no event for it

    def ask(self, text: str, speak: bool, on_text: Callable[[str], None]) -> Any:
        """The Converse result. Raises as Asker.ask."""
        return self._asker.ask(Converse.Goal(text=text, speak=speak), lambda f: on_text(f.text)).result

    def calls(self, turn_id: str, expected: int) -> list[ToolCall]:
        """What became of the tool calls of a turn, in order; waits a moment for the last of them."""
        with self._news:
            self._news.wait_for(
                lambda: len(self._over(turn_id)) >= max(expected, 1), _AUDIT_S if expected else _REFUSED_S
            )
            return self._over(turn_id)

    def parameter(self, name: str) -> str:
        """A text parameter of the dialogue node. Raises VoiceError when it does not answer."""
        response = self._asker.call(GetParameters, "dialogue/get_parameters", GetParameters.Request(names=[name]))
        return str(response.values[0].string_value) if response.values else ""

    def set_parameter(self, name: str, value: str) -> None:
        """Raises VoiceError with the node's reason when it refuses."""
        parameter = Parameter(name=name, value=ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value))
        request = SetParameters.Request(parameters=[parameter])
        result = self._asker.call(SetParameters, "dialogue/set_parameters", request).results[0]
        if not result.successful:
            raise VoiceError(f"{name} stays as it is: {result.reason or 'refused'}", "See the log of the node.")

    def _called(self, message: ToolCall) -> None:
        with self._news:
            self._calls.setdefault(message.turn_id, []).append(message)
            self._news.notify_all()

    def _over(self, turn_id: str) -> list[ToolCall]:
        return [m for m in self._calls.get(turn_id, ()) if m.status in _OVER]
