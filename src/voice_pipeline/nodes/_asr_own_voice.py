"""What the robot says and what of it is audible, from `speech` and `playback`, for the recogniser of the asr node."""

from __future__ import annotations

from typing import Any

from voice_pipeline.asr.own_voice import OwnVoice
from voice_pipeline.msg import PlaybackState, SpeechAudio
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import EVENTS, SPEECH
from voice_pipeline.ros.stamps import to_ns


class OwnVoiceInput:
    """Two subscriptions of a node that fill an OwnVoice; `destroy` ends them."""

    def __init__(self, node: VoiceNode, own_voice: OwnVoice) -> None:
        self._own_voice = own_voice
        self._node = node
        self._made = [
            node.create_subscription(SpeechAudio, "speech", self._on_speech, SPEECH),
            node.create_subscription(PlaybackState, "playback", self._on_playback, EVENTS),
        ]

    def destroy(self) -> None:
        """End both subscriptions."""
        for made in self._made:
            self._node.destroy_subscription(made)
        self._made = []

    def _on_speech(self, m: Any) -> None:
        frame = 2 * max(1, m.channels)  # S16LE
        self._own_voice.said(m.say_id, m.text, len(m.audio.data) / frame / max(1, m.sample_rate))

    def _on_playback(self, m: Any) -> None:
        self._own_voice.played(m.say_id, to_ns(m.header.stamp), to_ns(m.first_sample), m.seconds_played)
