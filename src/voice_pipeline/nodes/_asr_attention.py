"""Attention of the asr node in ROS: what opens it (`wake_word`, `listen`, `turn`), and `attention`, which shows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from voice_pipeline.asr.attention import MODES, NONE, Attention
from voice_pipeline.asr.jobs import Result
from voice_pipeline.asr.wake_phrases import WakePhrases
from voice_pipeline.msg import TurnState, VoiceActivity, WakeWord
from voice_pipeline.ros.parameters import Param
from voice_pipeline.ros.qos import EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.turn.words import is_command_to_stop

# States can follow each other within a millisecond; as dialogue publishes them.
_TURNS = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# Not COMMITTED, which every utterance comes to, also one that was said to somebody else.
_ANSWERING = (TurnState.THINKING, TurnState.SPEAKING)
_SHOW_S = 0.1

ATTENTION = (
    Param(
        "wake_word",
        NONE,
        "When what is said is passed on. none: always. phrase: when a transcript begins with one of wake_phrases. engine: "
        "after a message on `wake_word` (node wake_word). push_to_talk: what begins while topic or service `listen` is "
        "true. What is not goes to transcript/rejected. none: a robot at home is spoken to; in company choose phrase.",
        choices=MODES,
    ),
    Param(
        "wake_phrases",
        ["hey reachy"],
        "What a transcript begins with in mode phrase; it is not passed on. A greeting stands for all of them (hi, okay, "
        "hello), and the name is compared by sound: Whisper writes Richie, Ricci, Reaching. Mode engine takes it away too.",
    ),
    Param(
        "wake_window_s",
        8.0,
        "How long people may go on without the phrase after it, after an utterance that was passed on, and after an answer. "
        "8: time to think of a next question; longer, and a talk to somebody else is answered.",
        unit="s",
        minimum=1.0,
        maximum=600.0,
    ),
)


class AsrAttention:
    """Owns the topics. `filter` may be called from any thread, the rest from the executor's.

    Args:
        node: asr.
        p: its parameters.

    Raises:
        VoiceError: a phrase of wake_phrases has no word in it.
    """

    def __init__(self, node: Node, p: dict[str, Any], now_s: Callable[[], float] = time.monotonic) -> None:
        self._mode: str = p["wake_word"]
        self._node = node
        phrases = WakePhrases(p["wake_phrases"])
        self.attention = Attention(self._mode, phrases, p["wake_window_s"], is_command_to_stop, now_s)
        self._shown: bool | None = None
        self._since_ns = node.get_clock().now().nanoseconds
        self._publisher = node.create_publisher(Bool, "attention", LATCHED)
        self._made: list[tuple[Callable[[Any], Any], Any]] = [
            (node.destroy_subscription, node.create_subscription(WakeWord, "wake_word", self._on_word, EVENTS)),
            (node.destroy_subscription, node.create_subscription(Bool, "listen", self._on_listen, EVENTS)),
            (node.destroy_service, node.create_service(SetBool, "listen", self._on_request)),
            (node.destroy_subscription, node.create_subscription(TurnState, "turn", self._on_turn, _TURNS)),
            (node.destroy_timer, node.create_timer(_SHOW_S, self._show)),
            (node.destroy_publisher, self._publisher),
        ]
        self._show()

    def destroy(self) -> None:
        """Remove the topics."""
        while self._made:
            destroy, entity = self._made.pop(0)
            destroy(entity)

    def activity(self, message: VoiceActivity) -> None:
        """Somebody began to speak, or had not spoken."""
        if message.event == VoiceActivity.START:
            self.attention.began(message.utterance_id)
        elif message.event == VoiceActivity.END and message.reason == VoiceActivity.REASON_TOO_SHORT:
            self.attention.dropped(message.utterance_id)

    def filter(self, result: Result) -> Result | None:
        """The result without the wake phrase, or with the reason why it is not passed on; None for provisional words
        that nobody should see."""
        if self._mode == NONE:
            return result
        # What was rejected for another reason is judged too: its utterance is over.
        heard = self.attention.judge(result.segment.utterance_id, result.heard.text, final=result.is_final)
        if result.rejected_reason:
            return result
        if not heard.reason:
            cut = len(result.heard.text) - len(heard.text)
            return replace(
                result,
                heard=replace(result.heard, text=heard.text),
                stable_text=_rest(result.stable_text, heard.text, cut),
            )
        if result.is_final:
            return replace(result, rejected_reason=heard.reason, rejected_by=heard.parameter)
        if not result.is_speculative:
            return None
        return replace(
            result,
            heard=replace(result.heard, text=""),
            stable_text="",
            rejected_reason=heard.reason,
            rejected_by=heard.parameter,
        )

    def values(self) -> dict[str, str | int | float]:
        """For diagnostics."""
        if self._mode == NONE:
            return {}
        return {
            "attention": "open" if self.attention.open else "closed",
            "not_addressed": self.attention.not_addressed,
        }

    def missing(self) -> str:
        """What the mode needs and nobody offers; empty when all is there."""
        if self._mode == "engine" and self._node.count_publishers("wake_word") == 0:
            return f"nobody publishes {self._node.resolve_topic_name('wake_word')}: start wake_word"
        return ""

    def _on_word(self, _: WakeWord) -> None:
        self.attention.wake_word()
        self._show()

    def _on_listen(self, message: Bool) -> None:
        self.attention.listen(message.data)
        self._show()

    def _on_request(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self.attention.listen(request.data)
        self._show()
        response.success = self._mode == "push_to_talk"
        response.message = (
            ("listening" if request.data else "not listening")
            if response.success
            else f"no effect: `wake_word` of asr is '{self._mode}'. Set it to push_to_talk."
        )
        return response

    def _on_turn(self, message: TurnState) -> None:
        # The topic is latched: what was before this node came up is told again.
        news = not 0 < to_ns(message.header.stamp) < self._since_ns
        self.attention.turn(message.state in _ANSWERING, message.state == TurnState.SPEAKING, news=news)
        self._show()

    def _show(self) -> None:
        is_open = self.attention.open
        if is_open != self._shown:
            self._shown = is_open
            self._publisher.publish(Bool(data=is_open))


def _rest(stable: str, text: str, cut: int) -> str:
    """The stable part of a text from whose beginning `cut` characters were taken."""
    kept = max(0, len(stable) - max(0, cut))
    return text[:kept].rstrip()
