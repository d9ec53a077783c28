"""Says on `voice_activity` when somebody starts, pauses, goes on and stops speaking, and on `end_of_turn` what it makes of a pause."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped, AudioInfo

from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioChunk, Int16, from_bytes
from voice_pipeline.audio.ring import AudioRing
from voice_pipeline.msg import EndOfTurn as EndOfTurnMessage
from voice_pipeline.msg import Transcript, VoiceActivity
from voice_pipeline.nodes._vad_parameters import PARAMETERS, end_of_turn_options, endpointer_options
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.end_of_turn import Ask, EndOfTurn, Verdict
from voice_pipeline.turn.smart_turn import SmartTurn
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import Event, Kind
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter

_QUEUE = 256  # chunks: 8 s of a stalled machine
_QUESTIONS = 4  # to the end-of-turn model; all but the newest are stale
_WATCH_S = 0.25
_MODEL_HEARS_S = 8.0


class VadNode(VoiceNode):
    """Finds utterances in `audio`."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("vad", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._publishers: list[Any] = []
        self._detector: VoiceActivityDetector | None = None
        self._worker: Worker | None = None
        self._heard_at = -math.inf  # monotonic time of the last chunk
        self._lost = 0  # chunks that the worker's queue had no room for
        self._utterances = 0
        self._wrong = ""  # what is wrong with the audio
        self._fault_text = ""  # of the detector
        self._smart_turn: SmartTurn | None = None
        self._judge: Worker | None = None  # the end-of-turn model's thread
        self._judge_stopped = True  # no thread uses the end-of-turn model
        self._verdicts = self._complete = self._asked = 0
        self._model_s = 0.0  # all answers of the end-of-turn model together
        self._model_fault = ""

    def load(self) -> None:
        """Load the models and run each once."""
        self._detector = make_detector(self.p["engine"], self.p["model"])
        import numpy as np

        self._detector.probability(np.zeros(512, np.int16))
        self._detector.reset()
        if self.p["end_of_turn"] == "smart_turn":
            self._smart_turn = SmartTurn(self.p["end_of_turn_model"])
            self._smart_turn.probability(np.zeros(512, np.int16))

    def open(self) -> None:
        """Subscribe and start to listen."""
        assert self._detector is not None
        options = endpointer_options(self.p)
        self._detector.reset()
        self._segmenter = Segmenter(self._detector, Endpointer(options))
        self._turn = EndOfTurn(end_of_turn_options(self.p))
        self._ring = AudioRing(_MODEL_HEARS_S)
        self._wrong = self._fault_text = self._model_fault = ""
        self._worker = Worker("vad", _QUEUE, self._failed)
        self._activity = self.create_publisher(VoiceActivity, "voice_activity", EVENTS)
        self._verdict = self.create_publisher(EndOfTurnMessage, "end_of_turn", EVENTS)
        self._publishers = [self._activity, self._verdict]
        self._made = [
            (self.destroy_subscription, self.create_subscription(AudioDataStamped, "audio", self._on_audio, AUDIO)),
            (self.destroy_subscription, self.create_subscription(AudioInfo, "audio_info", self._on_info, LATCHED)),
            (self.destroy_timer, self.create_timer(_WATCH_S, self._watch)),
        ]
        if self.p["end_of_turn"] != "none":
            words = self.create_subscription(Transcript, "transcript/partial", self._on_words, EVENTS)
            self._made.append((self.destroy_subscription, words))
        if self._smart_turn is not None:
            self._judge = Worker("end_of_turn", _QUESTIONS, self._model_failed)
            self._judge_stopped = False
        self.get_logger().info(f"engine {self.p['engine']}, end of turn by {self.p['end_of_turn']}: {options}")

    def close(self) -> None:
        """Stop listening; an open utterance is ended, so that nobody waits for it."""
        for destroy, entity in self._made:
            destroy(entity)
        self._made = []
        if self._judge is not None:
            self._judge_stopped = self._judge.stop()
            self._judge = None
        if self._worker is not None:
            if self._worker.stop():
                self._tell(self._segmenter.source_ended())
            self._worker = None
        for publisher in self._publishers:
            self.destroy_publisher(publisher)
        self._publishers = []

    def unload(self) -> None:
        """Release the models; one whose thread would not end is left alone."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None
        if self._smart_turn is not None and self._judge_stopped:
            self._smart_turn.close()
        self._smart_turn = None

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
            "verdicts": self._verdicts,
            "complete": self._complete,
            "asked": self._asked,
            "asked_mean_ms": 1e3 * self._model_s / self._asked if self._asked else 0.0,
        }
        fault = self._fault_text or self._wrong or self._model_fault
        if fault:
            return Health(ERROR, fault, values)
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

    def _on_words(self, m: Transcript) -> None:
        if m.speculative and self._worker is not None:
            text = "" if m.rejected_reason else m.text
            self._worker.submit(self._hear_words, m.utterance_id, m.generation, text, m.language)

    def _watch(self) -> None:
        """The end of the source shows only in that nothing comes any more."""
        late = time.monotonic() - self._heard_at > self.p["source_timeout_s"]
        if late and self._worker is not None and self._segmenter.speaking and self._worker.backlog == 0:
            self._worker.submit(self._source_ended)

    # -- on the worker's thread
    def _process(self, stamp_ns: int, data: Any) -> None:
        chunk = AudioChunk(stamp_ns, from_bytes(data))
        self._ring.append(chunk)
        self._tell(self._segmenter.push(chunk))
        self._fault_text = ""
        self._act(self._turn.heard(chunk.end_ns))

    def _hear_words(self, utterance_id: str, generation: int, text: str, language: str) -> None:
        self._act(self._turn.words(utterance_id, generation, text, language))

    def _hear_model(self, ask: Ask, probability: float, seconds: float) -> None:
        self._asked += 1
        self._model_s += seconds
        self._model_fault = ""
        self._act(self._turn.judged(ask.utterance_id, ask.generation, probability, seconds))

    def _act(self, step: Ask | Verdict | None) -> None:
        """A question goes to the model with the audio so far, a verdict to the endpointer and to whoever listens."""
        if isinstance(step, Ask) and self._judge is not None:
            start_ns = max(step.audio_start_ns, self._ring.end_ns - round(_MODEL_HEARS_S * NS))
            self._judge.submit(self._ask_model, step, self._ring.cut(start_ns, self._ring.end_ns).samples)
        elif isinstance(step, Verdict):
            self._verdicts += 1
            self._complete += step.complete is True
            self._verdict.publish(to_verdict(step, self.p["frame_id"]))
            self._tell(self._segmenter.judge(step.utterance_id, step.generation, step.complete))

    def _source_ended(self) -> None:
        self._tell(self._segmenter.source_ended())

    def _failed(self, error: BaseException) -> None:
        text = f"the detector failed: {type(error).__name__}: {error}"
        if text != self._fault_text:
            self.get_logger().error(text)
        self._fault_text = text

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            if event.kind is Kind.PAUSE:
                self._turn.paused(event.utterance_id, event.generation, event.audio_start_ns, event.speech_end_ns)
            else:
                self._turn.moved_on()
            self._utterances += event.kind is Kind.END
            self._activity.publish(to_message(event, self.p["frame_id"]))

    # -- on the end-of-turn model's thread
    def _ask_model(self, ask: Ask, samples: Int16) -> None:
        worker, model = self._worker, self._smart_turn
        if worker is None or model is None or not self._turn.is_present(ask.utterance_id, ask.generation):
            return
        began = time.perf_counter()
        probability = model.probability(samples)
        worker.submit(self._hear_model, ask, probability, time.perf_counter() - began)

    def _model_failed(self, error: BaseException) -> None:
        text = f"the end-of-turn model failed: {type(error).__name__}: {error}"
        if text != self._model_fault:
            self.get_logger().error(text)
        self._model_fault = text


def to_verdict(verdict: Verdict, frame_id: str) -> EndOfTurnMessage:
    """A Verdict as the message: what nobody knows counts as not complete."""
    message = EndOfTurnMessage(
        utterance_id=verdict.utterance_id,
        generation=verdict.generation,
        complete=verdict.complete is True,
        probability=verdict.probability,
        reason=verdict.reason,
        processing_seconds=verdict.processing_s,
        decided=to_msg(time.time_ns()),
    )
    message.header.stamp = to_msg(verdict.speech_end_ns)
    message.header.frame_id = frame_id
    return message


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
