"""Parts of the dialogue node that need nothing of its state: what carries events over, the trace, ends of typed goals."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any, Protocol

from voice_pipeline.action import Converse
from voice_pipeline.dialogue.protocol import ModelTimeout
from voice_pipeline.dialogue.tools import Outcome, PendingCall, ValidCall
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import ToolCall, TurnLatency
from voice_pipeline.ros.action import Goal
from voice_pipeline.ros.stamps import to_msg
from voice_pipeline.ros.tool_dispatch import RosToolDispatcher
from voice_pipeline.turn.engine import TurnEngine
from voice_pipeline.turn.stages import STAMPS
from voice_pipeline.turn.state import NoFirstWord, Turn

_MOST = 2**32 - 1  # of a count in a message; a model server may tell anything


class Host(Protocol):
    """What the node is to its parts."""

    def post(self, call: Callable[[TurnEngine], None]) -> None:
        """Run something on the executor's thread, in order; from any thread."""

    def call_requested(self, turn: Turn, generation: int, call_id: str, call: ValidCall) -> None:
        """A call passed every check and is on its way."""

    def publish_call(self, *line: Any) -> None:
        """One line of the audit trail; from any thread."""

    def thinking_failed(self, generation: int, error: VoiceError) -> None:
        """The model could not answer."""

    def get_logger(self) -> Any:
        """The node's."""


class Reporter:
    """Listener of the mind: carries what happens on the model's thread to the executor's."""

    def __init__(self, node: Host, turn: Turn, generation: int) -> None:
        self._node = node
        self._turn = turn
        self._generation = generation

    def request(self) -> None:
        self._node.post(lambda e: e.model_asked(self._generation))

    def first_token(self) -> None:
        self._node.post(lambda e: e.first_token(self._generation))

    def clause(self, text: str, stock: bool) -> None:
        self._node.post(lambda e: e.clause(self._generation, text, stock))

    def requested(self, call_id: str, call: ValidCall) -> None:
        self._node.post(lambda _: self._node.call_requested(self._turn, self._generation, call_id, call))

    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None:
        self._node.publish_call(call_id, name, arguments_json, ToolCall.REFUSED, reason, self._turn.turn_id)


class LateDispatcher:
    """Stands in for the robot between configure (the mind is built) and activate (the clients are)."""

    def __init__(self) -> None:
        self.target: RosToolDispatcher | None = None

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        if self.target is not None:
            return self.target.start(call, call_id)
        pending = PendingCall(call_id, call)
        pending.finish(Outcome("failed", "the node is not active"))
        return pending


def arguments_json(call: ValidCall) -> str:
    return json.dumps(call.arguments, ensure_ascii=False)


def trace(turn: Turn) -> TurnLatency:
    message = TurnLatency(
        turn_id=turn.turn_id,
        utterance_id=turn.utterance_id,
        interrupted=turn.interrupted,
        speculative=turn.speculative,
        guesses=turn.guesses,
        wasted_ms=turn.wasted_ns / 1e6,
    )
    if turn.usage is not None:
        message.prompt_tokens = min(max(0, turn.usage.prompt_tokens), _MOST)
        message.cached_tokens = min(max(0, turn.usage.cached_tokens), _MOST)
    message.header.stamp = to_msg(time.time_ns())
    for name in STAMPS:
        setattr(message, name, to_msg(turn.marks.get(name, 0)))
    begin, end = turn.marks.get("speech_end"), turn.marks.get("first_played")
    message.gap_ms = (end - begin) / 1e6 if begin and end else math.nan
    message.tools = list(turn.tools)
    return message


def end_typed(goal: Goal, turn: Turn) -> None:
    """End a typed question's goal with what became of its turn."""
    marks = turn.marks
    first = marks.get("llm_first_token", 0)
    result = Converse.Result(reply=turn.reply, tools=list(turn.tools), turn_id=turn.turn_id)
    result.first_token_s = max(0, first - marks["commit"]) / 1e9
    result.total_s = (time.time_ns() - marks["commit"]) / 1e9
    if turn.error is not None:
        timeout = isinstance(turn.error, (ModelTimeout, NoFirstWord))
        result.error_code = Converse.Result.MODEL_TIMEOUT if timeout else Converse.Result.MODEL_UNAVAILABLE
        result.error_msg = str(turn.error)
        goal.abort(result)
    elif turn.interrupted:
        result.error_code = Converse.Result.CANCELLED
        result.error_msg = "cancelled." if goal.cancelled.is_set() else "a newer question took its place."
        goal.cancel(result)
    else:
        goal.succeed(result)
