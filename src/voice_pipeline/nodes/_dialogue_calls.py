"""The tool calls of the dialogue node that are under way: whose they are, the audit trail, what is said when they end."""

from __future__ import annotations

from typing import Any, Protocol

from voice_pipeline.dialogue.tools import Outcome, PendingCall, ValidCall
from voice_pipeline.msg import ToolCall
from voice_pipeline.nodes._dialogue_parts import arguments_json
from voice_pipeline.turn.engine import TurnEngine
from voice_pipeline.turn.state import Turn

_STATUS = {"succeeded": ToolCall.SUCCEEDED, "failed": ToolCall.FAILED, "cancelled": ToolCall.CANCELLED}


class CallsHost(Protocol):
    """What the node is to them."""

    def publish_call(self, *line: Any) -> None:
        """One line of the audit trail; from any thread."""

    def call_ended(self, call: ValidCall, outcome: Outcome) -> None:
        """Whatever became of it."""

    def get_logger(self) -> Any:
        """The node's."""


class Calls:
    """On the executor's thread.

    Args:
        cannot_move: said when a movement that had begun broke off.
    """

    def __init__(self, node: CallsHost, cannot_move: str) -> None:
        self._node, self._cannot_move = node, cannot_move
        self._turns: dict[str, Turn] = {}  # of the calls under way, by call id
        self._broke_off: list[Turn] = []  # a call of theirs failed after it had begun
        self._arrivals: list[str] = []  # to be said of actions that are over, when nobody speaks
        self.latest: Turn | None = None

    def of(self, turn: Turn) -> list[str]:
        """The ids of a turn's calls that are under way."""
        return [call_id for call_id, owner in self._turns.items() if owner is turn]

    def requested(self, turn: Turn, call_id: str, call: ValidCall) -> None:
        """One is on its way."""
        self._turns[call_id] = turn
        self._node.publish_call(call_id, call.tool.name, arguments_json(call), ToolCall.REQUESTED, "", turn.turn_id)

    def finished(self, pending: PendingCall) -> None:
        """One is over."""
        outcome, call = pending.outcome, pending.call
        assert outcome is not None
        self._node.call_ended(call, outcome)
        turn = self._turns.pop(pending.call_id, None)
        turn_id = turn.turn_id if turn else ""
        status = _STATUS[outcome.status]
        arguments = arguments_json(call)
        self._node.publish_call(
            pending.call_id, call.tool.name, arguments, status, outcome.result, turn_id, outcome.duration_s
        )
        if outcome.status == "succeeded" and call.tool.say_after:
            self._arrivals.append(call.tool.arrival(call.arguments, outcome.result))
        if outcome.status == "failed":
            self._node.get_logger().warning(f"tool {call.tool.name}: {outcome.result}")
            # It had begun, the robot said so, and nothing newer was asked: say that it did not work out.
            if turn is not None and pending.was_accepted:
                self._broke_off.append(turn)

    def tell(self, engine: TurnEngine) -> None:
        """Say what waits to be said of them, where it may be said now."""
        self._tell_what_broke_off(engine)
        if self._arrivals and engine.announce(self._arrivals[0]):
            del self._arrivals[0]

    def _tell_what_broke_off(self, engine: TurnEngine) -> None:
        """Once the answer is complete: a movement may fail before it is, and the mind may have said so itself."""
        for turn in list(self._broke_off):
            if turn is self.latest and not turn.model_done and not turn.interrupted:
                continue
            self._broke_off.remove(turn)
            if turn is self.latest and all(c.text != self._cannot_move for c in turn.clauses):
                engine.announce(self._cannot_move)
