"""What the robot plays, taken from `playback/audio`, and the stage that keeps it out of the microphone."""

from __future__ import annotations

from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from rclpy.node import Node

from voice_pipeline.audio.echo.gate import HalfDuplexGate
from voice_pipeline.audio.echo.protocol import EchoFigures, EchoStage
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.echo.registry import make_canceller
from voice_pipeline.audio.echo.software import SoftwareEcho
from voice_pipeline.audio.formats import AudioChunk, AudioFormat, from_bytes
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.qos import AUDIO, LATCHED
from voice_pipeline.ros.stamps import to_ns

_TOPIC = "playback/audio"
_PCM16 = ("", "S16LE", "S16_LE")
_RATES = range(4_000, 192_001)  # Hz; anything else is a mistake in the message
_CHANNELS = range(1, 9)


def check_echo(p: dict[str, Any]) -> None:
    """Raises VoiceError when the parameters ask for a canceller that is not installed."""
    if p["echo"] == "software":
        make_canceller()


class EchoInput:
    """Subscribes to what is played and runs chunks of the microphone through the stage that `echo` names.

    With `hardware` and `off` nothing is subscribed, so the player need not publish, and every chunk passes.

    Args:
        node: owns the subscriptions.
        p: parameters of audio_capture.
    """

    def __init__(self, node: Node, p: dict[str, Any]) -> None:
        self._node = node
        self._problem = ""
        self._told = ""
        self._format: AudioFormat | None = None
        self._subscriptions: list[Any] = []
        self._reference = PlayedReference()
        self._stage: EchoStage | None = None
        if p["echo"] == "gate":
            self._stage = HalfDuplexGate(self._reference, p["echo_gate_tail_s"])
        elif p["echo"] == "software":
            self._stage = SoftwareEcho(make_canceller(), self._reference, p["echo_wait_s"])
        if self._stage is not None:
            self._subscriptions = [
                node.create_subscription(AudioInfo, f"{_TOPIC}_info", self._on_info, LATCHED),
                node.create_subscription(AudioDataStamped, _TOPIC, self._on_audio, AUDIO),
            ]

    def destroy(self) -> None:
        """Unsubscribe."""
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())

    def process(self, chunk: AudioChunk) -> list[AudioChunk]:
        """One chunk of the microphone in; those that are ready, each with its own stamp."""
        return [chunk] if self._stage is None else self._stage.process(chunk)

    def flush(self) -> list[AudioChunk]:
        """The source is over: what was held back."""
        return [] if self._stage is None else self._stage.flush()

    def figures(self) -> EchoFigures:
        """For /diagnostics. A new problem is logged once."""
        if self._stage is None:
            return EchoFigures("", {})
        of_stage = self._stage.figures()
        problem = of_stage.problem or self._problem
        if problem and problem != self._told:
            self._node.get_logger().error(problem)
        self._told = problem
        return EchoFigures(problem, of_stage.values)

    def _on_info(self, info: AudioInfo) -> None:
        pcm = info.sample_format.upper() in _PCM16
        if pcm and info.channels in _CHANNELS and info.sample_rate in _RATES:
            self._format, self._problem = AudioFormat(info.sample_rate, info.channels), ""
            return
        self._format = None
        self._complain(f"is '{info.sample_format}' at {info.sample_rate} Hz, {info.channels} channel(s).")

    def _on_audio(self, message: AudioDataStamped) -> None:
        stamp_ns = to_ns(message.header.stamp)
        if self._format is None or stamp_ns == 0:
            self._complain("has no stamp." if self._format else "came without its AudioInfo.")
            return
        try:
            samples = from_bytes(message.audio.data)
        except VoiceError as error:
            self._complain(f"is malformed: {error.what}")
            return
        if len(samples) % self._format.channels:
            self._complain(f"is malformed: {len(samples)} samples for {self._format.channels} channels.")
            return
        self._reference.push(samples, self._format, stamp_ns)

    def _complain(self, what: str) -> None:
        if self._format is None and self._problem:
            return  # the first reason is the one to mend
        self._problem = (
            f"{_TOPIC} {what} The robot may hear itself: let the player publish 16-bit samples (S16LE) with the "
            "time at which the first is heard, or set `echo` to off."
        )
