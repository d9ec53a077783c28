"""Where the robot's hearing begins: a microphone, recordings or another topic, as 16 kHz mono chunks on `audio`."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String
from std_srvs.srv import Trigger

from voice_pipeline.audio.files import check_recording
from voice_pipeline.audio.formats import (
    SAMPLE_RATE,
    AudioChunk,
    AudioFormat,
    from_bytes,
    level_dbfs,
    samples_to_ns,
    to_bytes,
)
from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.sources.device import DeviceSource
from voice_pipeline.audio.sources.file import FileSource, FileStarted
from voice_pipeline.audio.sources.playlist import PlaylistOptions
from voice_pipeline.audio.sources.protocol import AudioSource
from voice_pipeline.audio.sources.push import PushSource
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import Param
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker

_SILENT_SOURCE_S = 1.5  # without a chunk for so long the source counts as dead
_MUTED_S = 10.0  # a microphone that gives exact zeros for so long is muted or not connected


PARAMETERS = (
    Param(
        "source",
        "device",
        "Where sound comes from. device: a robot hears through its microphone.",
        choices=("device", "file", "topic"),
    ),
    Param(
        "frame_id",
        "microphone",
        "Frame of the messages. microphone: the name REP-155 users expect; set it to a link of the robot.",
    ),
    # device
    Param(
        "device",
        "",
        "Microphone: name, part of a name, or number (an unknown one lists all). Empty: the system's default.",
    ),
    Param(
        "sample_rate",
        0,
        "Rate to open the device with. 0: 16000 if it can, else its own, resampled.",
        unit="Hz",
        minimum=0,
        maximum=192_000,
    ),
    Param(
        "channels",
        0,
        "Channels to open the device with. 0: 1, or as many as `channel` needs.",
        minimum=0,
        maximum=64,
    ),
    Param(
        "channel",
        MIX,
        "Which channel to hear, -1 for the mean of all. -1: right for mono and for stereo recordings; "
        "set it to the processed channel of a microphone array.",
        minimum=MIX,
        maximum=63,
    ),
    # file
    Param("file", "", "A recording to play (WAV, FLAC, OGG, MP3). Empty: none, ~/play_file asks for them."),
    Param("files", [], "Recordings to play after `file`, in order. Empty: none."),
    Param(
        "gap_s",
        1.0,
        "Silence between recordings. 1: longer than any wait for the end of speech.",
        unit="s",
        minimum=0.0,
        maximum=60.0,
    ),
    Param(
        "silence_before_s",
        0.5,
        "Silence before the first recording. 0.5: room for the pre-roll of an utterance that starts at once.",
        unit="s",
        minimum=0.0,
        maximum=600.0,
    ),
    Param(
        "silence_after_s",
        1.0,
        "Silence after the last recording. 1: longer than any wait for the end of speech.",
        unit="s",
        minimum=0.0,
        maximum=600.0,
    ),
    Param("loop", False, "Play the list again and again. False: a conversation does not repeat itself."),
    Param(
        "keep_open",
        True,
        "Send silence after the last recording, as a quiet microphone. True: the pipeline stays awake for ~/play_file.",
    ),
    Param(
        "autoplay",
        True,
        "Start the list on activation; otherwise on the ~/start service. True: one node with one file just plays it.",
    ),
    # topic
    Param(
        "input_topic",
        "audio_raw",
        "AudioDataStamped to take sound from. audio_raw: not `audio`, which is this node's own.",
    ),
    Param(
        "input_info_topic",
        "",
        "AudioInfo of input_topic. Empty: its name with _info behind, as here.",
    ),
)


# Best effort and volatile match every publisher, reliable and latched ones included.
_ANY_AUDIO = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=64, reliability=ReliabilityPolicy.BEST_EFFORT)
_ANY_INFO = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_PCM16 = ("", "S16LE", "S16_LE")


class TopicInput:
    """Subscribes to `topic` and its AudioInfo and pushes what comes into a source.

    Args:
        node: owns the subscriptions.
        source: gets the audio.
        topic: AudioDataStamped.
        info_topic: AudioInfo; empty takes `topic` + "_info".
    """

    def __init__(self, node: Node, source: PushSource, topic: str, info_topic: str = "") -> None:
        self.problem = ""  # what is wrong with what comes, and the cure
        self._node = node
        self._source = source
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
        if info.sample_format.upper() in _PCM16 and info.channels and info.sample_rate:
            self.problem = ""
            self._format = AudioFormat(info.sample_rate, info.channels)
            return
        self._format = None
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
        stamp = to_ns(message.header.stamp)
        if stamp == 0:  # not stamped: it ended about now
            stamp = time.time_ns() - samples_to_ns(len(samples) // self._format.channels, self._format.sample_rate)
        self._source.push(samples, self._format, stamp)


class AudioCaptureNode(VoiceNode):
    """Publishes what a microphone hears, or recordings in its place, at real-time pace."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("audio_capture", **kwargs)
        self._made: list[tuple[Any, Any]] = []  # (destroy, entity), undone in close()
        self._source: AudioSource | None = None
        self._worker: Worker | None = None
        self._format = AudioFormat()
        self._input: TopicInput | None = None
        self._problem = ""
        self._problems = 0
        self._ended = False
        self._chunks = 0
        self._heard_at = 0.0  # monotonic time of the last chunk
        self._sound_at = 0.0  # and of the last one that was not all zeros
        self._level = -math.inf

    def load(self) -> None:
        """Check the recordings, so that a wrong path fails before anything starts."""
        for path in self._files() if self.p["source"] == "file" else ():
            check_recording(path)

    def open(self) -> None:
        """Open the source and start to publish."""
        self._problem, self._ended, self._chunks, self._problems = "", False, 0, 0
        self._input = None
        self._heard_at = self._sound_at = time.monotonic()
        self._audio = self._keep(self.destroy_publisher, self.create_publisher(AudioDataStamped, "audio", AUDIO))
        info = self._keep(self.destroy_publisher, self.create_publisher(AudioInfo, "audio_info", LATCHED))
        info.publish(
            AudioInfo(
                channels=1,
                sample_rate=SAMPLE_RATE,
                sample_format="S16LE",
                bitrate=16 * SAMPLE_RATE,
                coding_format="wave",
            )
        )
        make: dict[str, Callable[[], AudioSource]] = {
            "file": self._file_source,
            "device": self._device_source,
            "topic": self._topic_source,
        }
        source = self._source = make[self.p["source"]]()
        self._format = source.open()
        self.get_logger().info(self._effective())
        self._worker = Worker("capture", 1, self._failed)
        self._worker.submit(self._pump, source)

    def close(self) -> None:
        """Release the source and everything that was published."""
        if self._source is not None:
            self._source.close()
            self._source = None
        if self._worker is not None:
            self._worker.stop()
            self._worker = None
        while self._made:
            destroy, entity = self._made.pop()
            destroy(entity)

    def health(self) -> Health:
        """Dead, muted or faulty sources, and what was lost."""
        source = self._source
        values: dict[str, str | int | float] = {
            "source": self.p["source"],
            "chunks": self._chunks,
            "level_dbfs": self._level,
            "problems": self._problems,
        }
        if source is None:
            return Health(ERROR, "no source", values)
        values |= {"overruns": source.counters.overruns, "gaps": source.counters.gaps}
        problem = self._problem or (self._input.problem if self._input else "")
        if problem:
            return Health(ERROR if self._dead() else WARN, problem, values)
        if self._ended:
            return Health(OK, "the recordings are over (keep_open is false)", values)
        if self._dead():
            return Health(ERROR, self._why_dead(), values)
        if self.p["source"] == "device" and time.monotonic() - self._sound_at > _MUTED_S:
            return Health(WARN, "the microphone gives digital silence. Unmute it, or choose another `device`.", values)
        return Health(OK, "ok", values)

    # -- sources
    def _file_source(self) -> FileSource:
        p = self.p
        self._file = self._keep(self.destroy_publisher, self.create_publisher(String, "~/file", LATCHED))
        source = FileSource(
            self._files(),
            PlaylistOptions(p["gap_s"], p["silence_before_s"], p["silence_after_s"], p["loop"]),
            keep_open=p["keep_open"],
            hold=not p["autoplay"],
            on_file=self._tell_file,
            on_problem=self._tell_problem,
        )

        def start(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            source.start()
            response.success = True
            return response

        def request(message: String) -> None:
            source.request(message.data)

        self._keep(self.destroy_service, self.create_service(Trigger, "~/start", start))
        self._keep(self.destroy_subscription, self.create_subscription(String, "~/play_file", request, EVENTS))
        return source

    def _device_source(self) -> ReopeningSource:
        p = self.p

        def make() -> AudioSource:
            return DeviceSource(p["device"], p["sample_rate"], p["channels"], p["channel"])

        return ReopeningSource(make, self._device_problem)

    def _topic_source(self) -> PushSource:
        p = self.p
        source = PushSource(p["channel"])
        self._input = TopicInput(self, source, p["input_topic"], p["input_info_topic"])
        self._made.append((TopicInput.destroy, self._input))
        return source

    # -- on the worker's thread
    def _pump(self, source: AudioSource) -> None:
        for chunk in source.chunks():
            self._publish(chunk)
        self._ended = True

    def _publish(self, chunk: AudioChunk) -> None:
        message = AudioDataStamped(audio=AudioData(data=to_bytes(chunk.samples)))
        message.header.stamp = to_msg(chunk.stamp_ns)
        message.header.frame_id = self.p["frame_id"]
        self._audio.publish(message)
        self._chunks += 1
        self._heard_at = time.monotonic()
        self._level = level_dbfs(chunk.samples)
        if self._level > -math.inf:
            self._sound_at = self._heard_at

    def _tell_file(self, started: FileStarted) -> None:
        body = {
            "file": started.path,
            "index": started.index,
            "first_sample_ns": started.first_sample_ns,
            "last_sample_ns": started.last_sample_ns,
        }
        if started.index >= 0:
            self._problem = ""
        self._file.publish(String(data=json.dumps(body)))

    def _tell_problem(self, problem: VoiceError | str) -> None:
        self._problems += 1
        self._problem = str(problem)
        self.get_logger().error(f"recording not played: {problem}" if isinstance(problem, VoiceError) else problem)

    def _device_problem(self, problem: str) -> None:
        self._problem = problem
        if problem:
            self._problems += 1
            self.get_logger().error(problem)
        else:
            self.get_logger().info("the microphone delivers sound")

    def _failed(self, error: BaseException) -> None:
        self._problem = str(error) if isinstance(error, VoiceError) else f"{type(error).__name__}: {error}"
        self.get_logger().error(self._problem)

    # -- small things
    def _keep(self, destroy: Any, entity: Any) -> Any:
        self._made.append((destroy, entity))
        return entity

    def _files(self) -> list[str]:
        return [f for f in (self.p["file"], *self.p["files"]) if f]

    def _dead(self) -> bool:
        return time.monotonic() - self._heard_at > _SILENT_SOURCE_S

    def _why_dead(self) -> str:
        if self._input is not None:
            return self._input.missing
        return f"no sound for {_SILENT_SOURCE_S:g} s; the machine is overloaded or the source hangs."

    def _effective(self) -> str:
        f = self._format
        what = {"file": f"{len(self._files())} recordings", "topic": self.p["input_topic"]}
        return (
            f"source {self.p['source']}: {what.get(self.p['source'], self.p['device'] or 'default device')}, "
            f"{f.sample_rate} Hz, {f.channels} channel(s) -> {SAMPLE_RATE} Hz mono"
        )


def main() -> int:
    """Entry point."""
    return run(AudioCaptureNode)


if __name__ == "__main__":
    sys.exit(main())
