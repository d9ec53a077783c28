"""What the dialogue node publishes: the state, the answer in writing, tool calls, traces, orders to voice and player."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from voice_pipeline.msg import PlaybackControl, PrepareSpeech, Reply, ToolCall, TurnLatency, TurnState
from voice_pipeline.nodes._dialogue_parts import trace
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.turn.state import State, Turn

# Latched, but deeper than one: states can follow each other within a millisecond and none may be lost on the way.
TURNS = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# A whole answer may be asked for at once.
PREPARE = QoSProfile(depth=64)
# Kokoro takes about a second for a short text on one slow core.
_STOCK_PERIOD_S, _STOCK_QUIET_S = 1.0, 3.0


class DialogueOutput:
    """The publishers of the node, by what they say. `call` may come from any thread, the rest from the executor's."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._turn = node.create_publisher(TurnState, "turn", TURNS)
        self._reply = node.create_publisher(Reply, "reply", EVENTS)
        self._calls = node.create_publisher(ToolCall, "tool_calls", EVENTS)
        self._latency = node.create_publisher(TurnLatency, "latency", EVENTS)
        self._prepare = node.create_publisher(PrepareSpeech, "prepare_speech", PREPARE)
        self._control = node.create_publisher(PlaybackControl, "playback_control", EVENTS)

    def destroy(self) -> None:
        """Remove the publishers."""
        for publisher in (self._turn, self._reply, self._calls, self._latency, self._prepare, self._control):
            self._node.destroy_publisher(publisher)

    def show(self, state: State, turn: Turn | None, detail: str) -> None:
        """Where the conversation stands."""
        message = TurnState(state=int(state), detail=detail)
        message.header.stamp = self._now()
        if turn is not None:
            message.turn_id, message.utterance_id = turn.turn_id, turn.utterance_id
        self._turn.publish(message)

    def reply(self, turn: Turn, index: int, text: str, is_final: bool) -> None:
        """A clause in writing."""
        message = Reply(turn_id=turn.turn_id, utterance_id=turn.utterance_id, index=index, text=text, is_final=is_final)
        message.header.stamp = self._now()
        self._reply.publish(message)

    def call(
        self, call_id: str, name: str, arguments: str, status: int, result: str, turn_id: str, seconds: float = 0.0
    ) -> None:
        """One line of the audit trail."""
        message = ToolCall(
            call_id=call_id,
            name=name,
            arguments_json=arguments,
            status=status,
            result=result,
            turn_id=turn_id,
            duration_s=seconds,
        )
        message.header.stamp = self._now()
        self._calls.publish(message)

    def latency(self, turn: Turn) -> None:
        """Where the time of a turn went."""
        self._latency.publish(trace(turn))

    def prepare(self, turn: Turn, text: str, voice: str = "") -> None:
        """Have the sound of a clause made; without a text, give up what was asked for."""
        self._prepare.publish(PrepareSpeech(text=text, voice=voice, turn_id=turn.turn_id, generation=turn.generation))

    def keep(self, text: str) -> None:
        """Have the sound of a fixed text made and kept."""
        self._prepare.publish(PrepareSpeech(text=text, keep=True))

    @property
    def makers(self) -> int:
        """How many listen to what should be prepared."""
        return int(self._prepare.get_subscription_count())

    def playback(self, command: int) -> None:
        """An order to the player: PlaybackControl.PAUSE or RESUME."""
        self._control.publish(PlaybackControl(command=command))

    def _now(self) -> Any:
        return self._node.get_clock().now().to_msg()


class Stock:
    """Sends the fixed texts to whoever makes speech, when it appears: one at a time and never into a conversation, because
    the first time each of them takes as long to make as an answer."""

    def __init__(self, output: DialogueOutput, phrases: Sequence[str]) -> None:
        self._output = output
        self._phrases = phrases
        self._makers = 0
        self._next_at = 0.0
        self.waiting: list[str] = []

    def tick(self, now: float, idle: bool) -> None:
        """now: monotonic s; idle: nobody speaks and nothing is answered."""
        makers = self._output.makers
        if makers > self._makers:
            self.waiting = list(self._phrases)
        self._makers = makers
        if not idle:
            self._next_at = now + _STOCK_QUIET_S
        elif self.waiting and now >= self._next_at:
            self._next_at = now + _STOCK_PERIOD_S
            self._output.keep(self.waiting.pop(0))
