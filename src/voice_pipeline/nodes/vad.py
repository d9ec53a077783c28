"""Says on `voice_activity` when somebody starts, pauses, goes on and stops speaking."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo

from voice_pipeline.audio.formats import SAMPLE_RATE, AudioChunk, from_bytes
from voice_pipeline.msg import VoiceActivity
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import Param
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Event, Kind
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.registry import DETECTORS, make_detector
from voice_pipeline.vad.segmenter import Segmenter

_QUEUE = 256  # chunks: 8 s of a stalled machine
_WATCH_S = 0.25


def _seconds(name: str, default: float, description: str, minimum: float, maximum: float) -> Param:
    return Param(name, default, description, unit="s", minimum=minimum, maximum=maximum)


PARAMETERS = (
    Param(
        "engine",
        "silero",
        "The detector. silero: 0.2 ms a frame and no words on rain, kitchen, music or applause.",
        choices=tuple(DETECTORS),
    ),
    Param("model", "silero-vad", "Model id or path. silero-vad: the one `make models` fetches."),
    Param("frame_id", "microphone", "Frame of the messages. microphone: as audio_capture's."),
    Param(
        "onset",
        0.5,
        "Probability at which speech begins. 0.5: Silero's own; raise it where voices in the background disturb.",
        minimum=0.05,
        maximum=0.99,
    ),
    Param(
        "release",
        0.35,
        "Probability above which speech goes on. 0.35: 0.15 below onset, so that soft syllables do not end a word.",
        minimum=0.01,
        maximum=0.99,
    ),
    _seconds("start_speech_s", 0.064, "Speech before `start`. 0.064: two frames; one alone is a click.", 0.0, 1.0),
    _seconds(
        "min_speech_s",
        0.25,
        "Less speech is a false start. 0.25: 'up' and 'yes' pass, a click does not.",
        0.0,
        3.0,
    ),
    _seconds(
        "pause_silence_s",
        0.10,
        "Silence before `pause`, when work on the answer may begin. 0.1: hides recognition in the wait for the end.",
        0.032,
        3.0,
    ),
    _seconds(
        "min_silence_s",
        0.55,
        "Silence before `end`. 0.55: people pause half a second inside a sentence; 0.4 answers sooner, cuts more.",
        0.1,
        5.0,
    ),
    _seconds(
        "pre_roll_s",
        0.4,
        "Audio kept before the first speech. 0.4: soft first sounds (h, f, s) lie below the threshold.",
        0.0,
        3.0,
    ),
    _seconds(
        "post_roll_s",
        0.2,
        "Audio kept after the last speech. 0.2: final consonants lie below the threshold; more invites invented words.",
        0.0,
        3.0,
    ),
    _seconds(
        "max_utterance_s",
        20.0,
        "An utterance is cut here, in the quietest moment of its last 3 s. 20: Whisper hears 30 s at once.",
        4.0,
        29.0,
    ),
    Param(
        "min_level_dbfs",
        -65.0,
        "No utterance begins below this level. -65: under every real microphone's noise with a voice in it.",
        unit="dB",
        minimum=-120.0,
        maximum=0.0,
    ),
    _seconds(
        "source_timeout_s",
        1.0,
        "Without audio for so long an utterance ends. 1: longer than any stall seen, shorter than patience.",
        0.1,
        10.0,
    ),
)


class VadNode(VoiceNode):
    """Finds utterances in `audio`."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("vad", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._detector: VoiceActivityDetector | None = None
        self._worker: Worker | None = None
        self._heard_at = -math.inf  # monotonic time of the last chunk
        self._lost = 0  # chunks that the worker's queue had no room for
        self._utterances = 0
        self._wrong = ""  # what is wrong with the audio
        self._fault_text = ""  # of the detector

    def load(self) -> None:
        """Load the model and run it once."""
        self._detector = make_detector(self.p["engine"], self.p["model"])
        import numpy as np

        self._detector.probability(np.zeros(512, np.int16))
        self._detector.reset()

    def open(self) -> None:
        """Subscribe and start to listen."""
        assert self._detector is not None
        o = self.p
        options = EndpointerOptions(
            onset=o["onset"],
            release=min(o["release"], o["onset"]),
            start_speech=o["start_speech_s"],
            min_speech=o["min_speech_s"],
            pause_silence=o["pause_silence_s"],
            min_silence=max(o["min_silence_s"], o["pause_silence_s"]),
            pre_roll=o["pre_roll_s"],
            post_roll=o["post_roll_s"],
            max_utterance=o["max_utterance_s"],
            min_level=o["min_level_dbfs"],
            max_gap=o["source_timeout_s"],
        )
        self._detector.reset()
        self._segmenter = Segmenter(self._detector, Endpointer(options))
        self._wrong = self._fault_text = ""
        self._worker = Worker("vad", _QUEUE, self._failed)
        self._activity = self.create_publisher(VoiceActivity, "voice_activity", EVENTS)
        self._made = [
            (self.destroy_publisher, self._activity),
            (self.destroy_subscription, self.create_subscription(AudioDataStamped, "audio", self._on_audio, AUDIO)),
            (self.destroy_subscription, self.create_subscription(AudioInfo, "audio_info", self._on_info, LATCHED)),
            (self.destroy_timer, self.create_timer(_WATCH_S, self._watch)),
        ]
        self.get_logger().info(f"engine {o['engine']}: {options}")

    def close(self) -> None:
        """Stop listening; an open utterance is ended, so that nobody waits for it."""
        for destroy, entity in self._made[1:]:
            destroy(entity)
        if self._worker is not None:
            if self._worker.stop():
                self._tell(self._segmenter.source_ended())
            self._worker = None
        for destroy, entity in self._made[:1]:
            destroy(entity)
        self._made = []

    def unload(self) -> None:
        """Release the model."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None

    def health(self) -> Health:
        """Missing audio, wrong audio, lost audio."""
        silent_s = time.monotonic() - self._heard_at
        values: dict[str, str | int | float] = {
            "utterances": self._utterances,
            "speaking": str(self._segmenter.speaking).lower(),
            "probability": self._segmenter.probability,
            "gaps": self._segmenter.gaps,
            "lost_chunks": self._lost,
            "backlog": self._worker.backlog if self._worker else 0,
        }
        if self._fault_text or self._wrong:
            return Health(ERROR, self._fault_text or self._wrong, values)
        if silent_s > self.p["source_timeout_s"]:
            topic = self.resolve_topic_name("audio")
            return Health(WARN, f"no audio on {topic}: start audio_capture, or see what it says here.", values)
        return Health(OK, "ok", values)

    def _on_audio(self, message: AudioDataStamped) -> None:
        if self._worker is None or self._wrong:
            return
        self._heard_at = time.monotonic()
        if not self._worker.submit(self._process, to_ns(message.header.stamp), message.audio.data):
            self._lost += 1

    def _on_info(self, info: AudioInfo) -> None:
        good = info.sample_rate == SAMPLE_RATE and info.channels == 1
        self._wrong = (
            ""
            if good
            else (
                f"audio is {info.sample_rate} Hz with {info.channels} channel(s), vad needs 16000 Hz mono. "
                "Put audio_capture with source: topic in between."
            )
        )

    def _watch(self) -> None:
        """The end of the source shows only in that nothing comes any more."""
        late = time.monotonic() - self._heard_at > self.p["source_timeout_s"]
        if late and self._worker is not None and self._segmenter.speaking and self._worker.backlog == 0:
            self._worker.submit(self._source_ended)

    # -- on the worker's thread
    def _process(self, stamp_ns: int, data: Any) -> None:
        self._tell(self._segmenter.push(AudioChunk(stamp_ns, from_bytes(data))))
        self._fault_text = ""

    def _source_ended(self) -> None:
        self._tell(self._segmenter.source_ended())

    def _failed(self, error: BaseException) -> None:
        text = f"the detector failed: {type(error).__name__}: {error}"
        if text != self._fault_text:
            self.get_logger().error(text)
        self._fault_text = text

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._utterances += event.kind is Kind.END
            self._activity.publish(to_message(event, self.p["frame_id"]))


def to_message(event: Event, frame_id: str) -> VoiceActivity:
    """An Event as the message; the direction is unknown."""
    message = VoiceActivity(
        event=int(event.kind),
        reason=int(event.reason),
        utterance_id=event.utterance_id,
        generation=event.generation,
        audio_start=to_msg(event.audio_start_ns),
        speech_end=to_msg(event.speech_end_ns),
        audio_end=to_msg(event.audio_end_ns),
        probability=event.probability,
        level_dbfs=event.level_dbfs,
        direction_rad=math.nan,
    )
    message.header.stamp = to_msg(event.stamp_ns)
    message.header.frame_id = frame_id
    return message


def main() -> int:
    """Entry point."""
    return run(VadNode)


if __name__ == "__main__":
    sys.exit(main())
