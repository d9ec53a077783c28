"""What the body has to do with hearing, over ROS: it tells where its microphones hear a sound, turns to who speaks, and
keeps still meanwhile. Apart from motion.py, which serves orders."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from rclpy.node import Node

from voice_pipeline.motion.attention import Attention, AttentionSettings
from voice_pipeline.motion.bearings import Bearings
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.protocol import Bearing
from voice_pipeline.msg import PlaybackState, SoundDirection, VoiceActivity
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg

_AUDIBLE_DBFS = -60.0  # what is played below this, nobody hears
_WATCH_S = 1.0
# Ends without a word in them: a cough, a source that broke.
_NO_SPEECH = (VoiceActivity.REASON_TOO_SHORT, VoiceActivity.REASON_SOURCE_ENDED)


class MotionHearing:
    """Subscriptions, one publisher, and the attention that they feed.

    Args:
        node: owns them; its executor's thread calls the attention.
        controller: of the body.
        p: the node's parameters.
    """

    def __init__(self, node: Node, controller: Controller, p: Mapping[str, Any]) -> None:
        self._node, self._controller = node, controller
        self._frame: str = p["base_frame"]
        self._speed = math.radians(p["look_at_speaker_speed_deg_s"])
        settings = AttentionSettings(
            look=p["look_at_speaker"] == "on",
            period=p["look_at_speaker_period_s"],
            dead_zone=math.radians(p["look_at_speaker_dead_zone_deg"]),
            still=p["still_while_listening"],
        )
        self.attention = Attention(settings, self._turn, self._facing, controller.keep_still)
        self.heard = 0  # directions that were published
        self._bearings = None if p["microphone_array"] == "off" else Bearings(p["microphone_array"])
        self._directions = node.create_publisher(SoundDirection, "sound_direction", EVENTS)
        self._subscriptions: list[Any] = [
            node.create_subscription(VoiceActivity, "voice_activity", self._on_voice, EVENTS),
            node.create_subscription(PlaybackState, "playback", self._on_playback, EVENTS),
        ]
        self._timer = node.create_timer(_WATCH_S, lambda: self.attention.watch(time.monotonic()))

    def destroy(self) -> None:
        """Take everything back. The robot no longer hears then."""
        self._node.destroy_timer(self._timer)
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())
        self._node.destroy_publisher(self._directions)

    @property
    def wants_bearings(self) -> bool:
        """The robot shall be asked what its microphones hear."""
        return self._bearings is not None

    def on_bearing(self, bearing: Bearing) -> None:
        """On the robot's thread."""
        yaw = self._bearings.hear(bearing) if self._bearings is not None else None
        if yaw is None:
            return
        message = SoundDirection(direction_rad=yaw, ambiguous=True, confidence=math.nan, speech=bearing.speech)
        message.header.stamp, message.header.frame_id = to_msg(bearing.stamp_ns), self._frame
        self._directions.publish(message)
        self.heard += 1

    def _turn(self, yaw: float) -> bool:
        return self._controller.turn_to(yaw, self._speed)

    def _facing(self) -> float:
        state = self._controller.robot.state
        return math.nan if state is None else state.head.yaw

    def _on_voice(self, m: VoiceActivity) -> None:
        now = time.monotonic()
        if m.event == VoiceActivity.START:
            self.attention.started(m.direction_rad, now)
        elif m.event == VoiceActivity.END:
            self.attention.ended(m.direction_rad, m.reason not in _NO_SPEECH, now)
        else:
            self.attention.goes_on(m.direction_rad, now)

    def _on_playback(self, m: PlaybackState) -> None:
        audible = m.state == PlaybackState.PLAYING and m.level_dbfs > _AUDIBLE_DBFS
        self.attention.played(audible, time.monotonic())
