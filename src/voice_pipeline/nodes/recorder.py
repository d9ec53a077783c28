"""Keeps a conversation, sound and traces, in MCAP files. Runs only where somebody asked for it: `record:=true`."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import DurabilityPolicy, QoSProfile

from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import (
    EndOfTurn,
    MotionState,
    PlaybackState,
    Reply,
    SoundDirection,
    ToolCall,
    Transcript,
    TurnLatency,
    TurnState,
    VoiceActivity,
    WakeWord,
)
from voice_pipeline.nodes._recorder_parameters import PARAMETERS
from voice_pipeline.recording.folder import resolve
from voice_pipeline.recording.raw_audio import Sound, from_stamped, to_cdr
from voice_pipeline.recording.recording import MB, Recording, RecordingOptions
from voice_pipeline.recording.schemas import RAW_AUDIO
from voice_pipeline.ros.diagnostics import OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.worker import Worker

# States can follow each other within a millisecond; as dialogue publishes them.
_TURNS = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
# A recording is worth nothing with holes: a minute of chunks may wait here while this process does not get its turn.
_SOUND = QoSProfile(depth=2048)
# Everything a conversation says about itself but its sound.
_TOPICS: tuple[tuple[Any, str, Any], ...] = (
    (VoiceActivity, "voice_activity", EVENTS),
    (EndOfTurn, "end_of_turn", EVENTS),
    (Transcript, "transcript", EVENTS),
    (Transcript, "transcript/partial", EVENTS),
    (Transcript, "transcript/rejected", EVENTS),
    (Transcript, "translation", EVENTS),
    (TurnState, "turn", _TURNS),
    (TurnLatency, "latency", EVENTS),
    (ToolCall, "tool_calls", EVENTS),
    (Reply, "reply", EVENTS),
    (PlaybackState, "playback", AUDIO),
    (MotionState, "motion/state", EVENTS),
    (SoundDirection, "sound_direction", EVENTS),
    (WakeWord, "wake_word", EVENTS),
    (DiagnosticArray, "/diagnostics", AUDIO),
)
# A sound topic is kept as `<topic>/raw_audio`: another type under the same name would keep a played bag from the nodes.
_RAW = "/raw_audio"
_QUEUE = 8192  # messages: a minute of a stalled disk, about 8 MB
_FINISH_S = 1.5  # Ctrl-C ends every process within 3 s
_EARLY = 64  # chunks kept until their format is known


class RecorderNode(VoiceNode):
    """Writes what the other nodes publish into files; hurts nobody when it cannot."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("recorder", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._worker: Worker | None = None
        self._recording: Recording | None = None
        self._formats: dict[str, tuple[int, int]] = {}  # sound topic -> rate, channels
        self._early: dict[str, list[tuple[int, bytes]]] = {}
        self._dropped = 0  # the worker's queue had no room
        self._problem = ""

    def open(self) -> None:
        """Subscribe; a folder that cannot be written is told on /diagnostics and tried again."""
        p = self.p
        names = ("compression", "max_file_mb", "max_file_s", "keep_mb", "min_free_mb", "flush_s")
        options = RecordingOptions(resolve(p["folder"]), **{name: p[name] for name in names})
        self._recording = Recording(options)
        self._formats, self._early, self._dropped, self._problem = {}, {}, 0, ""
        self._worker = Worker("recorder", _QUEUE, self._failed)
        for kind, topic, qos in _TOPICS:
            name = self.resolve_topic_name(topic)
            self._subscribe(kind, topic, partial(self._on_message, name, _type_name(kind)), qos, raw=True)
        for topic, wanted in (("audio", p["microphone"]), ("playback/audio", p["playback"])):
            if wanted:
                name = self.resolve_topic_name(topic)
                self._subscribe(AudioInfo, topic + "_info", partial(self._on_info, name), LATCHED)
                self._subscribe(AudioDataStamped, topic, partial(self._on_sound, name), _SOUND, raw=True)
        self._made.append((self.destroy_timer, self.create_timer(0.5, self._tick_file)))
        sound = [w for w, wanted in (("microphone", p["microphone"]), ("playback", p["playback"])) if wanted]
        self.get_logger().warning(
            f"RECORDING to {options.folder}: what is said{', with the sound of ' + ' and '.join(sound) if sound else ''}; "
            f"{options.keep_mb} MB at most"
        )

    def close(self) -> None:
        """Write what came, and finish the file."""
        while self._made:
            destroy, entity = self._made.pop()
            destroy(entity)
        worker, self._worker = self._worker, None
        if worker is not None and self._recording is not None:
            done = threading.Event()
            worker.submit(self._finish, self._recording, done)
            if not done.wait(_FINISH_S):
                self.get_logger().warning("the recording could not be finished in time; `recordings --recover` does it")
            worker.stop(0.2)
            self._recording = None

    def health(self) -> Health:
        """Whether it records, where, and what was lost. Never worse than a warning: the robot works without it."""
        r = self._recording
        if r is None:
            return Health()
        values: dict[str, str | int | float] = {
            "file": str(r.path or ""),
            "file_mb": r.size / MB,
            "messages": r.messages,
            "files": r.files,
            "deleted_files": r.deleted,
            "lost": r.lost + self._dropped,
            "backlog": self._worker.backlog if self._worker else 0,
        }
        if fault := r.fault or self._problem:
            return Health(WARN, fault, values)
        return Health(OK, "recording", values)

    def _subscribe(self, kind: Any, topic: str, callback: Any, qos: Any, raw: bool = False) -> None:
        subscription = self.create_subscription(kind, topic, callback, qos, raw=raw)
        self._made.append((self.destroy_subscription, subscription))

    # -- microseconds: the bytes go to the worker as they came
    def _on_message(self, topic: str, type_name: str, data: bytes) -> None:
        self._submit(self._keep, topic, type_name, time.time_ns(), data)

    def _on_sound(self, topic: str, data: bytes) -> None:
        self._submit(self._keep_sound, topic, time.time_ns(), data)

    def _on_info(self, topic: str, info: AudioInfo) -> None:
        self._submit(self._learn, topic, info.sample_rate, info.channels)

    def _tick_file(self) -> None:
        if self._recording is not None:
            self._submit(self._recording.tick, time.time_ns())

    def _submit(self, call: Any, *args: Any) -> None:
        if self._worker is not None and not self._worker.submit(call, *args):
            self._dropped += 1

    # -- on the worker's thread
    def _keep(self, topic: str, type_name: str, now_ns: int, data: bytes, publish_ns: int = 0) -> None:
        if self._recording is not None:
            self._recording.add(topic, type_name, now_ns, publish_ns or now_ns, data)

    def _keep_sound(self, topic: str, now_ns: int, data: bytes) -> None:
        if topic not in self._formats:
            early = self._early.setdefault(topic, [])
            if len(early) < _EARLY:
                early.append((now_ns, data))
            return
        stamp_ns, samples = from_stamped(data)
        rate, channels = self._formats[topic]
        self._keep(topic + _RAW, RAW_AUDIO, now_ns, to_cdr(Sound(stamp_ns, samples, rate, channels)), stamp_ns)

    @staticmethod
    def _finish(recording: Recording, done: threading.Event) -> None:
        recording.close()
        done.set()

    def _learn(self, topic: str, rate: int, channels: int) -> None:
        self._formats[topic] = (rate, channels)
        for now_ns, data in self._early.pop(topic, []):
            self._keep_sound(topic, now_ns, data)

    def _failed(self, error: BaseException) -> None:
        text = str(error) if isinstance(error, VoiceError) else f"{type(error).__name__}: {error}"
        if text != self._problem:
            self.get_logger().error(text)
        self._problem = text


def _type_name(kind: Any) -> str:
    package = kind.__module__.split(".")[0]
    return f"{package}/msg/{kind.__name__}"


def main() -> int:
    """Entry point."""
    return run(RecorderNode)


if __name__ == "__main__":
    sys.exit(main())
