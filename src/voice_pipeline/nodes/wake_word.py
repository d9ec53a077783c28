"""Node wake_word: listens for a word in `audio` and says on `wake_word` when it was spoken."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np
from audio_common_msgs.msg import AudioDataStamped, AudioInfo

from voice_pipeline.audio.formats import SAMPLE_RATE, AudioChunk, from_bytes
from voice_pipeline.msg import WakeWord
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import Param
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.wake.listener import Detection, WakeWordListener
from voice_pipeline.wake.protocol import WakeWordEngine
from voice_pipeline.wake.registry import WAKE_WORD_ENGINES, make_wake_word_engine

_QUEUE = 256  # chunks: 8 s of a stalled machine
_NO_AUDIO_S = 2.0


class WakeWordNode(VoiceNode):
    """Hears wake words. What it does to the conversation is asr's affair (`wake_word: engine` there)."""

    PARAMETERS = (
        Param(
            "engine",
            "openwakeword",
            "The detector. openwakeword: words can be trained for it from synthetic speech, and it needs no account.",
            choices=tuple(WAKE_WORD_ENGINES),
        ),
        Param(
            "models",
            ["openwakeword-hey-jarvis"],
            "One ONNX model a word: id in the model store, folder or file. There is none for hey reachy yet; hey jarvis "
            "is there to try it with, and its licence forbids commercial use.",
        ),
        Param("features", "openwakeword", "Folder or id of the two models that all words share."),
        Param(
            "threshold",
            0.5,
            "Score from which a word counts. 0.5: upstream's; docs/hearing.md has the curve.",
            minimum=0.01,
            maximum=1.0,
        ),
        Param(
            "patience",
            1,
            "Frames of 80 ms in a row that have to reach it. 1: soonest; 2 where noise wakes the robot.",
            "frames",
            1,
            20,
        ),
        Param(
            "refractory_s",
            2.0,
            "After a word the same is not reported for so long. 2: the score stays high for half a second after it.",
            "s",
            0.0,
            60.0,
        ),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("wake_word", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._engine: WakeWordEngine | None = None
        self._worker: Worker | None = None
        self._stopped = True  # no thread uses the engine
        self._heard_at = -math.inf
        self._lost = self._detections = 0
        self._last = ""
        self._wrong = self._fault_text = ""

    def load(self) -> None:
        """Load the models and run each once."""
        p = self.p
        engine = self._engine = make_wake_word_engine(p["engine"], p["models"], p["features"])
        begin = time.monotonic()
        engine.scores(np.zeros(engine.frame_samples, np.int16))
        engine.reset()
        self.get_logger().info(
            f"engine {p['engine']}, listens for {', '.join(engine.words)}; one frame takes "
            f"{1e3 * (time.monotonic() - begin):.1f} ms"
        )

    def open(self) -> None:
        """Subscribe and start to listen."""
        assert self._engine is not None
        p = self.p
        self._engine.reset()
        self._listener = WakeWordListener(self._engine, p["threshold"], p["refractory_s"], p["patience"])
        self._wrong = self._fault_text = ""
        self._worker = Worker("wake_word", _QUEUE, self._failed)
        self._stopped = False
        self._publisher = self.create_publisher(WakeWord, "wake_word", EVENTS)
        self._made = [
            (self.destroy_subscription, self.create_subscription(AudioDataStamped, "audio", self._on_audio, AUDIO)),
            (self.destroy_subscription, self.create_subscription(AudioInfo, "audio_info", self._on_info, LATCHED)),
        ]

    def close(self) -> None:
        """Stop listening."""
        for destroy, entity in self._made:
            destroy(entity)
        self._made = []
        if self._worker is not None:
            self._stopped = self._worker.stop()
            self._worker = None
            self.destroy_publisher(self._publisher)

    def unload(self) -> None:
        """Release the engine, unless its thread would not end."""
        if self._engine is not None and self._stopped:
            self._engine.close()
        self._engine = None

    def health(self) -> Health:
        """Missing audio, wrong audio, a failing engine, and nobody who acts on it."""
        values: dict[str, str | int | float] = {
            "detections": self._detections,
            "last": self._last,
            "best_score": self._listener.take_best(),
            "gaps": self._listener.gaps,
            "lost_chunks": self._lost,
            "backlog": self._worker.backlog if self._worker else 0,
        }
        if fault := self._fault_text or self._wrong:
            return Health(ERROR, fault, values)
        if time.monotonic() - self._heard_at > _NO_AUDIO_S:
            return Health(WARN, f"no audio on {self.resolve_topic_name('audio')}: start audio_capture.", values)
        if self._publisher.get_subscription_count() == 0:
            return Health(WARN, "nobody listens on `wake_word`: start asr.", values)
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
            else f"audio is {info.sample_rate} Hz with {info.channels} channel(s), wake_word needs 16000 Hz mono. "
            "Put audio_capture with source: topic in between."
        )

    # -- on the worker's thread
    def _process(self, stamp_ns: int, data: Any) -> None:
        heard = self._listener.push(AudioChunk(stamp_ns, from_bytes(data)))
        self._fault_text = ""
        for detection in heard:
            self._tell(detection)

    def _tell(self, detection: Detection) -> None:
        self._detections += 1
        self._last = f"{detection.word} ({detection.score:.2f})"
        message = WakeWord(word=detection.word, score=detection.score)
        message.header.stamp = to_msg(detection.stamp_ns)
        self._publisher.publish(message)

    def _failed(self, error: BaseException) -> None:
        text = f"the wake word engine failed: {type(error).__name__}: {error}"
        if text != self._fault_text:
            self.get_logger().error(text)
        self._fault_text = text


def main() -> int:
    """Entry point."""
    return run(WakeWordNode)


if __name__ == "__main__":
    sys.exit(main())
