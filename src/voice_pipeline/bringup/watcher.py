"""A plain node that listens to every topic of the pipeline and turns messages into events for people and for reports."""

from __future__ import annotations

import json
import math
import os
import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.node import Node
from std_msgs.msg import Bool, String

from voice_pipeline.bringup.conversation import Turn, head_angle_deg
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import (
    MotionState,
    PlaybackState,
    Reply,
    SpeechAudio,
    ToolCall,
    Transcript,
    TurnLatency,
    TurnState,
    VoiceActivity,
)
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.spinning import Spinner
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.turn.stages import STAMPS

_FOUND_S = 10.0  # for audio_capture to be there

_TOOL_WORDS = {
    ToolCall.REQUESTED: "requested",
    ToolCall.SUCCEEDED: "succeeded",
    ToolCall.FAILED: "failed",
    ToolCall.REFUSED: "refused",
    ToolCall.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Event:
    """Something worth showing. `kind` is one of: ready, fault, speech, partial, heard, rejected, state, tool, reply,
    says, moved, turn."""

    kind: str
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)


class Watcher:
    """Listens on an executor thread of its own; events are read from `events`, turns from `turns`.

    Args:
        context: the ROS context to listen in.
        namespace: of the pipeline.
    """

    def __init__(self, context: Context, namespace: str = "") -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.turns: list[Turn] = []
        self.answered: list[Turn] = []  # turns whose trace has come
        self.ready = False
        self.state = TurnState.LISTENING
        self.motion: MotionState | None = None
        self.playing = False
        self.faults: dict[str, str] = {}
        self.node = Node("watcher", namespace=namespace, context=context)
        self._turn = Turn()
        self._rest: tuple[float, float, float] | None = None
        self._subscribe()
        self._play_file = self.node.create_publisher(String, "audio_capture/play_file", EVENTS)
        self._spinner = Spinner(self.node, context)
        self._spinner.start()

    def close(self) -> None:
        """Stop listening."""
        self._spinner.stop()
        self.node.destroy_node()

    def play(self, path: Path) -> None:
        """Have audio_capture play a recording, as soon as it is there to be asked.

        Raises:
            VoiceError: nobody listens on audio_capture/play_file.
        """
        deadline = time.monotonic() + _FOUND_S
        while self._play_file.get_subscription_count() == 0:
            if time.monotonic() > deadline:
                raise VoiceError("audio_capture takes no recordings.", "Set its `source` to file, and look at its log.")
            time.sleep(0.02)
        self._play_file.publish(String(data=str(path)))

    def begin_turn(self) -> Turn:
        """Start a fresh record; what is heard from now on belongs to it."""
        self._turn = Turn()
        self.turns.append(self._turn)
        self._rest = self._pose()
        return self._turn

    def _subscribe(self) -> None:
        for message_type, topic, callback, qos in (
            (Bool, "supervisor/ready", self._on_ready, LATCHED),
            (VoiceActivity, "voice_activity", self._on_activity, EVENTS),
            (Transcript, "transcript/partial", self._on_partial, EVENTS),
            (Transcript, "transcript", self._on_transcript, EVENTS),
            (Transcript, "transcript/rejected", self._on_rejected, EVENTS),
            (TurnState, "turn", self._on_state, LATCHED),
            (Reply, "reply", self._on_reply, EVENTS),
            (ToolCall, "tool_calls", self._on_tool, EVENTS),
            (SpeechAudio, "speech", self._on_speech, AUDIO),
            (PlaybackState, "playback", self._on_playback, AUDIO),
            (MotionState, "motion/state", self._on_motion, EVENTS),
            (TurnLatency, "latency", self._on_latency, EVENTS),
            (DiagnosticArray, "/diagnostics", self._on_diagnostics, EVENTS),
        ):
            self.node.create_subscription(message_type, topic, callback, qos)

    def _tell(self, kind: str, text: str = "", **data: Any) -> None:
        self.events.put(Event(kind, text, data))

    def _on_ready(self, message: Bool) -> None:
        self.ready = message.data
        if message.data:
            self._tell("ready")

    def _on_activity(self, message: VoiceActivity) -> None:
        if message.event == VoiceActivity.START:
            self._tell("speech", "start")
        elif message.event == VoiceActivity.END:
            self._tell("speech", "end", too_short=message.reason == VoiceActivity.REASON_TOO_SHORT)

    def _on_partial(self, message: Transcript) -> None:
        self._tell("partial", message.text, stable=message.stable_text)

    def _on_transcript(self, message: Transcript) -> None:
        turn = self._turn
        turn.transcript = (turn.transcript + " " + message.text).strip()
        turn.confidence, turn.asr_s = message.confidence, message.processing_seconds
        self._tell("heard", message.text, confidence=message.confidence, seconds=message.processing_seconds)

    def _on_rejected(self, message: Transcript) -> None:
        self._tell("rejected", message.text, reason=message.rejected_reason)

    def _on_state(self, message: TurnState) -> None:
        self.state = message.state
        if message.turn_id:
            self._turn.turn_id = message.turn_id
        self._tell("state", message.detail, state=message.state)

    def _on_reply(self, message: Reply) -> None:
        if message.text:
            self._turn.reply = (self._turn.reply + " " + message.text).strip()
            self._tell("reply", message.text)

    def _on_tool(self, message: ToolCall) -> None:
        status = _TOOL_WORDS.get(message.status, str(message.status))
        if message.status == ToolCall.REQUESTED or not any(t["id"] == message.call_id for t in self._turn.tools):
            self._turn.tools.append({"id": message.call_id, "name": message.name, "arguments": message.arguments_json})
        for tool in self._turn.tools:
            if tool["id"] == message.call_id:
                tool.update(status=status, result=message.result, seconds=message.duration_s)
        self._tell("tool", message.name, status=status, arguments=message.arguments_json, result=message.result)

    def _on_speech(self, message: SpeechAudio) -> None:
        if message.sequence == 0 and message.text:
            self._tell("says", message.text)

    def _on_playback(self, message: PlaybackState) -> None:
        self.playing = message.state == PlaybackState.PLAYING
        if message.state in (PlaybackState.FINISHED, PlaybackState.FLUSHED):
            self._turn.answer_seconds += message.seconds_played
        if message.state == PlaybackState.FAILED:
            self._tell("fault", message.detail, node="audio_player")

    def _on_motion(self, message: MotionState) -> None:
        self.motion = message
        if self._rest is None:
            self._rest = self._pose()
        pose = self._pose()
        if self._rest is not None and pose is not None:
            moved = head_angle_deg(self._rest, pose)
            if not math.isnan(moved) and moved > self._turn.head_moved_deg:
                self._turn.head_moved_deg = moved

    def _pose(self) -> tuple[float, float, float] | None:
        if self.motion is None or self.motion.state == MotionState.DISCONNECTED:
            return None
        rpy = self.motion.head_rpy
        return (rpy.x, rpy.y, rpy.z)

    def _on_latency(self, message: TurnLatency) -> None:
        turn = next((t for t in self.turns if t.turn_id == message.turn_id), self._turn)
        turn.stamps = {name: to_ns(getattr(message, name)) for name in STAMPS}
        for name in ("gap_ms", "interrupted", "speculative", "guesses", "wasted_ms", "prompt_tokens", "cached_tokens"):
            setattr(turn, name, getattr(message, name))
        self.answered.append(turn)
        self._tell("turn", json.dumps(turn.as_dict()), turn=turn)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            level = status.level if isinstance(status.level, int) else status.level[0]
            if level >= 2:
                if self.faults.get(status.name) != status.message:
                    self._tell("fault", status.message, node=status.name)
                self.faults[status.name] = status.message
            else:
                self.faults.pop(status.name, None)


def isolated_context(domain: int) -> Context:
    """A ROS context on a domain of its own, on this machine only: a demo or bench must not meet a robot on the network."""
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    context = Context()
    # Not rclpy.init: its signal handlers would take Ctrl-C away from who started the session.
    context.init(args=[], domain_id=domain)
    return context
