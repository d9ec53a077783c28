"""Audio of another topic, in whatever format its AudioInfo says, pushed into a source."""

from __future__ import annotations

import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from voice_pipeline.audio.formats import AudioFormat, from_bytes, samples_to_ns
from voice_pipeline.audio.sources.push import PushSource
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.qos import LATCHED
from voice_pipeline.ros.stamps import to_ns

# Best effort and volatile match every publisher, reliable and latched ones included.
_ANY_AUDIO = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=64, reliability=ReliabilityPolicy.BEST_EFFORT)
_ANY_INFO = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_PCM16 = ("", "S16LE", "S16_LE")
_RATES = range(4_000, 192_001)  # Hz; anything else is a mistake in the message


class TopicInput:
    """Subscribes to `topic` and its AudioInfo and pushes what comes into a source.

    Args:
        node: owns the subscriptions.
        source: gets the audio: only what it can take, since it ends with what it cannot.
        channel: that it takes; MIX for all.
        topic: AudioDataStamped.
        info_topic: AudioInfo; empty takes `topic` + "_info".
    """

    def __init__(self, node: Node, source: PushSource, channel: int, topic: str, info_topic: str = "") -> None:
        self.problem = ""  # what is wrong with what comes, and the cure
        self._node = node
        self._source = source
        self._channel = channel
        self._topic = topic
        self._info_topic = info_topic or topic + "_info"
        self._format: AudioFormat | None = None
        # Two for the info: one gets what a latching publisher sent before, one matches a publisher that does not latch.
        self._subscriptions: list[Any] = [
            node.create_subscription(AudioInfo, self._info_topic, self._on_info, LATCHED),
            node.create_subscription(AudioInfo, self._info_topic, self._on_info, _ANY_INFO),
            node.create_subscription(AudioDataStamped, topic, self._on_audio, _ANY_AUDIO),
        ]

    @property
    def missing(self) -> str:
        """Why no audio comes, for people."""
        if self._format is None:
            return f"waiting for {self._info_topic}: start its publisher, or set `input_info_topic`."
        return f"no audio on {self._topic}: start its publisher, or check `input_topic`."

    def destroy(self) -> None:
        """Unsubscribe."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())

    def _on_info(self, info: AudioInfo) -> None:
        self._format = None
        if info.sample_format.upper() in _PCM16 and info.channels and info.sample_rate in _RATES:
            if self._channel >= info.channels:
                self.problem = (
                    f"{self._topic} has {info.channels} channel(s) and `channel` {self._channel} was asked for. "
                    "Set it to one of them, or to -1 for the mean of all."
                )
                return
            self.problem = ""
            self._format = AudioFormat(info.sample_rate, info.channels)
            return
        self.problem = (
            f"{self._topic} is '{info.sample_format}' at {info.sample_rate} Hz, {info.channels} channel(s). "
            "Let its publisher send bare 16-bit little-endian samples (S16LE)."
        )

    def _on_audio(self, message: AudioDataStamped) -> None:
        if self._format is None:
            return
        try:
            samples = from_bytes(message.audio.data)
        except VoiceError as error:
            self.problem = f"{self._topic}: {error}"
            return
        if len(samples) % self._format.channels:
            self.problem = (
                f"{self._topic}: {len(samples)} samples are no whole number of frames of {self._format.channels} channels. "
                "Check that the audio and its AudioInfo belong together."
            )
            return
        self.problem = ""
        stamp = to_ns(message.header.stamp)
        if stamp == 0:  # not stamped: it ended about now
            stamp = time.time_ns() - samples_to_ns(len(samples) // self._format.channels, self._format.sample_rate)
        self._source.push(samples, self._format, stamp)
