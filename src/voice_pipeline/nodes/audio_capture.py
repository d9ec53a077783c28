"""Where the robot's hearing begins: a microphone, recordings or another topic, as 16 kHz mono chunks on `audio`."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from std_msgs.msg import String
from std_srvs.srv import Trigger

from voice_pipeline.audio.echo.protocol import EchoFigures
from voice_pipeline.audio.files import check_recording
from voice_pipeline.audio.formats import (
    SAMPLE_RATE,
    AudioChunk,
    AudioFormat,
    level_dbfs,
    to_bytes,
)
from voice_pipeline.audio.microphone_watch import MicrophoneWatch, WatchLimits
from voice_pipeline.audio.sources.device import Microphone, device_source
from voice_pipeline.audio.sources.file import FileSource, FileStarted
from voice_pipeline.audio.sources.playlist import PlaylistOptions
from voice_pipeline.audio.sources.protocol import AudioSource
from voice_pipeline.audio.sources.push import PushSource
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.audio.systems import choose_system
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes._audio_capture_parameters import PARAMETERS
from voice_pipeline.nodes._direction_output import DirectionOutput, check_direction
from voice_pipeline.nodes._echo_input import EchoInput, check_echo
from voice_pipeline.nodes._topic_input import TopicInput
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg
from voice_pipeline.ros.worker import Worker

_SILENT_SOURCE_S = 1.5  # without a chunk for so long the source counts as dead


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
        self._directions: DirectionOutput | None = None
        self._echo: EchoInput | None = None
        self._problem = ""
        self._problems = 0
        self._ended = False
        self._chunks = 0
        self._heard_at = 0.0  # monotonic time of the last chunk
        self._watch: MicrophoneWatch | None = None  # of a device only: recordings may be silent
        self._level = -math.inf

    def load(self) -> None:
        """Check recordings and canceller, so that a wrong path or a missing package fails before anything starts."""
        check_echo(self.p)
        check_direction(self.p)
        for path in self._files() if self.p["source"] == "file" else ():
            check_recording(path)

    def open(self) -> None:
        """Open the source and start to publish."""
        self._problem, self._ended, self._chunks, self._problems = "", False, 0, 0
        self._input = None
        self._heard_at = time.monotonic()
        self._watch = None
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
        echo = self._echo = EchoInput(self, self.p)
        self._made.append((EchoInput.destroy, echo))
        self._directions = DirectionOutput(self, self.p) if self.p["microphone_distance_m"] else None
        if self._directions is not None:
            self._made.append((DirectionOutput.destroy, self._directions))
        make: dict[str, Callable[[], AudioSource]] = {
            "file": self._file_source,
            "device": self._device_source,
            "topic": self._topic_source,
        }
        source = self._source = make[self.p["source"]]()
        self._format = source.open()
        self.get_logger().info(self._effective())
        self._worker = Worker("capture", 1, self._failed)
        self._worker.submit(self._pump, source, echo)

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
        if isinstance(source, ReopeningSource):
            values |= {"device": source.name, "reopened": source.reopened}
        echo = self._echo.figures() if self._echo else EchoFigures("", {})
        values |= {"echo": self.p["echo"], **echo.values}
        problem = self._problem or (self._input.problem if self._input else "") or echo.problem
        if self._directions is not None:
            values |= {"directions": self._directions.found}
            problem = problem or self._directions.problem
        if problem:
            return Health(ERROR if self._dead() else WARN, problem, values)
        if self._ended:
            return Health(OK, "the recordings are over (keep_open is false)", values)
        if self._dead():
            return Health(ERROR, self._why_dead(), values)
        if self._watch is not None and self._watch.problem:
            return Health(WARN, self._watch.problem, values)
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
        system = choose_system(p["audio_system"])
        self._watch = MicrophoneWatch(
            WatchLimits(p["silent_after_s"], p["clipped_percent"] / 100, p["offset_percent"] / 100)
        )
        pair = 1 + max(p["microphone_left"], p["microphone_right"]) if self._directions is not None else 0
        channels = p["channels"] or (max(pair, p["channel"] + 1) if pair else 0)
        what = Microphone(p["device"], p["sample_rate"], channels, p["channel"])
        return ReopeningSource(lambda: self._tapped(device_source(system, what)), self._device_problem)

    def _topic_source(self) -> PushSource:
        p = self.p
        source = self._tapped(PushSource(p["channel"]))
        self._input = TopicInput(self, source, p["channel"], p["input_topic"], p["input_info_topic"])
        self._made.append((TopicInput.destroy, self._input))
        return source

    def _tapped(self, source: PushSource) -> PushSource:
        """The same source, its channels heard before they are mixed when a direction is wanted."""
        source.tap = self._directions.hear if self._directions is not None else None
        return source

    # -- on the worker's thread
    def _pump(self, source: AudioSource, echo: EchoInput) -> None:
        for chunk in source.chunks():
            self._note(chunk)
            for ready in echo.process(chunk):
                self._publish(ready)
        for held in echo.flush():
            self._publish(held)
        self._ended = True

    def _publish(self, chunk: AudioChunk) -> None:
        message = AudioDataStamped(audio=AudioData(data=to_bytes(chunk.samples)))
        message.header.stamp = to_msg(chunk.stamp_ns)
        message.header.frame_id = self.p["frame_id"]
        self._audio.publish(message)

    def _note(self, chunk: AudioChunk) -> None:
        self._chunks += 1
        self._heard_at = time.monotonic()
        if self._directions is not None and self.p["source"] == "file":
            self._directions.follow(chunk)
        self._level = level_dbfs(chunk.samples)
        if self._watch is not None:
            self._watch.feed(chunk.samples)

    def _tell_file(self, started: FileStarted) -> None:
        body = {
            "file": started.path,
            "index": started.index,
            "first_sample_ns": started.first_sample_ns,
            "last_sample_ns": started.last_sample_ns,
        }
        if started.index >= 0:
            self._problem = ""
        if self._directions is not None:
            self._directions.begin(started.path, started.first_sample_ns)
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
