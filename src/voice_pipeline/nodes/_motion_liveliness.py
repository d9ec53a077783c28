"""What the body's own accord needs to know, over ROS: how the conversation stands and what is audible. Apart from
motion.py, which serves orders. That somebody speaks comes through MotionHearing, which keeps all of the body still."""

from __future__ import annotations

import math
import time
from typing import Any

from rclpy.node import Node

from voice_pipeline.motion.liveliness import Liveliness
from voice_pipeline.msg import PlaybackState, TurnState
from voice_pipeline.ros.qos import EVENTS, LATCHED

_STATES = {
    TurnState.LISTENING: "idle",  # nobody is being answered
    TurnState.PAUSE: "listening",  # the person may go on
    TurnState.COMMITTED: "thinking",
    TurnState.THINKING: "thinking",
    TurnState.SPEAKING: "speaking",
    TurnState.INTERRUPTED: "listening",
}


class MotionLiveliness:
    """Subscriptions that feed a Liveliness; none while nothing moves of its own accord.

    `playback` tells 20 times a second how loud the last 50 ms were that went to the loudspeaker, volume and ducking
    included: what is heard now, not what was synthesised ahead.

    Args:
        node: owns them.
        liveliness: of the body; None: there is none.
    """

    def __init__(self, node: Node, liveliness: Liveliness | None) -> None:
        self._node, self._liveliness = node, liveliness
        self._subscriptions: list[Any] = []
        if liveliness is not None:
            self._subscriptions = [
                node.create_subscription(TurnState, "turn", self._on_turn, LATCHED),
                node.create_subscription(PlaybackState, "playback", self._on_playback, EVENTS),
            ]

    def destroy(self) -> None:
        """Take the subscriptions back."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())

    def _on_turn(self, m: TurnState) -> None:
        if self._liveliness is not None:
            self._liveliness.turn(_STATES.get(m.state, "idle"), time.monotonic())

    def _on_playback(self, m: PlaybackState) -> None:
        if self._liveliness is not None:
            level = m.level_dbfs if m.state == PlaybackState.PLAYING else -math.inf
            self._liveliness.loudness(level, time.monotonic())
