"""Tells where a voice comes from when the source has two channels: takes them before they are mixed and publishes
`sound_direction`. Apart from audio_capture.py, which it does not slow down when it is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import soundfile
from rclpy.node import Node

from voice_pipeline.audio.direction import DirectionFinder
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioChunk, AudioFormat, Int16, to_int16
from voice_pipeline.audio.resample import resample
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import SoundDirection
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg


def check_direction(p: Mapping[str, Any]) -> None:
    """Raises VoiceError when the parameters of the two microphones cannot be meant."""
    if p["microphone_distance_m"]:
        DirectionFinder(p["microphone_distance_m"], SAMPLE_RATE)
        if p["microphone_left"] == p["microphone_right"]:
            raise VoiceError(
                f"microphone_left and microphone_right are both channel {p['microphone_left']}.", "Give two channels."
            )


class DirectionOutput:
    """One publisher and the finder that feeds it. All but the constructor is called on the capture thread.

    Args:
        node: owns the publisher.
        p: its parameters; microphone_distance_m is above 0.
    """

    def __init__(self, node: Node, p: Mapping[str, Any]) -> None:
        self._node, self._p = node, p
        self._left, self._right = p["microphone_left"], p["microphone_right"]
        self._finder: DirectionFinder | None = None
        self._format = AudioFormat()
        self._recording: Int16 = np.zeros((0, 2), np.int16)  # what file source plays now, both channels at 16 kHz
        self._begins_ns = 0
        self.found = 0
        self.problem = ""
        self._publisher = node.create_publisher(SoundDirection, "sound_direction", EVENTS)

    def destroy(self) -> None:
        """Take the publisher back."""
        self._node.destroy_publisher(self._publisher)

    def hear(self, samples: Int16, source: AudioFormat, captured_ns: int) -> None:
        """int16[n] interleaved as the device or topic delivers it, its first sample captured at `captured_ns`."""
        if max(self._left, self._right) >= source.channels or len(samples) % source.channels:
            self.problem = (
                f"no direction: the source has {source.channels} channel(s). Correct microphone_left and "
                "microphone_right, or set microphone_distance_m to 0."
            )
            return
        both = samples.reshape(-1, source.channels)[:, [self._left, self._right]]
        self._find(both, source.sample_rate, captured_ns)

    def begin(self, path: str, first_sample_ns: int) -> None:
        """A recording is about to be played; the chunks follow. Empty: nothing is."""
        self._recording, self._begins_ns = np.zeros((0, 2), np.int16), first_sample_ns
        if not path:
            return
        try:
            frames, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except (OSError, soundfile.LibsndfileError):
            return  # the source tells what is wrong with it
        if max(self._left, self._right) < frames.shape[1]:
            sides = [resample(to_int16(frames[:, c]), rate) for c in (self._left, self._right)]
            self._recording = np.stack(sides, axis=1)

    def follow(self, chunk: AudioChunk) -> None:
        """A chunk of the recording is played: the same part of both channels is heard."""
        start = round((chunk.stamp_ns - self._begins_ns) * SAMPLE_RATE / NS)
        part = self._recording[max(start, 0) : max(start + len(chunk.samples), 0)]
        if len(part):
            self._find(part, SAMPLE_RATE, chunk.stamp_ns + max(-start, 0) * NS // SAMPLE_RATE)

    def _find(self, both: Int16, rate: int, stamp_ns: int) -> None:
        if self._finder is None or self._format.sample_rate != rate:
            self._finder = DirectionFinder(self._p["microphone_distance_m"], rate)
            self._format = AudioFormat(rate, 2)
        for direction in self._finder.push(both, stamp_ns):
            message = SoundDirection(
                direction_rad=direction.yaw, ambiguous=True, confidence=direction.confidence, speech=True
            )
            message.header.stamp, message.header.frame_id = to_msg(direction.stamp_ns), self._p["frame_id"]
            self._publisher.publish(message)
            self.found += 1
        self.problem = (
            "no direction: both channels are the same. The microphone is a mono one; set microphone_distance_m to 0."
            if self._finder.same
            else ""
        )
