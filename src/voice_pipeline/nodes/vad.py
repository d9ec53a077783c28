"""Says on `voice_activity` when somebody starts, pauses, goes on and stops speaking, and on `end_of_turn` what it makes of a pause."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np
from audio_common_msgs.msg import AudioDataStamped, AudioInfo

from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, SAMPLE_RATE, AudioChunk, from_bytes
from voice_pipeline.msg import EndOfTurn, MotionState, PlaybackState, SoundDirection, Transcript, VoiceActivity
from voice_pipeline.nodes._vad_judge import PauseJudge
from voice_pipeline.nodes._vad_messages import to_activity, to_verdict
from voice_pipeline.nodes._vad_parameters import PARAMETERS, bar_options, end_of_turn_options, endpointer_options
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.end_of_turn import Verdict
from voice_pipeline.vad.bar import Bar
from voice_pipeline.vad.direction import VoiceDirection
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import Event, Kind
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter

_QUEUE = 256  # chunks: 8 s of a stalled machine
_WATCH_S = 0.25
_LOSS_TOLD_S = 10.0  # lost audio is a warning for so long


class VadNode(VoiceNode):
    """Finds utterances in `audio`."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("vad", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._publishers: list[Any] = []
        self._detector: VoiceActivityDetector | None = None
        self._judge: PauseJudge | None = None
        self._worker: Worker | None = None
        self._heard_at = -math.inf  # monotonic time of the last chunk
        self._utterances = 0
        self._wrong = ""  # what is wrong with the audio
        self._fault_text = ""  # of the detector

    def load(self) -> None:
        """Load the models and run each once."""
        self._detector = make_detector(self.p["engine"], self.p["model"])
        self._detector.probability(np.zeros(CHUNK_SAMPLES, np.int16))
        self._detector.reset()
        self._judge = PauseJudge(
            end_of_turn_options(self.p), self.p["end_of_turn_model"], self._tell_verdict, self.get_logger().error
        )

    def open(self) -> None:
        """Subscribe and start to listen."""
        assert self._detector is not None
        assert self._judge is not None
        options = endpointer_options(self.p)
        self._detector.reset()
        self._bar = Bar(bar_options(self.p))
        self._segmenter = Segmenter(self._detector, Endpointer(options), self._bar)
        self._direction = VoiceDirection()
        self._newest_ns = 0  # end of the newest audio that was judged
        self._lost = 0  # chunks that the worker's queue had no room for
        self._lost_at = -math.inf  # monotonic time of the last loss, here or before
        self._wrong = self._fault_text = ""
        self._late = False  # at the last look nothing had come for too long
        self._worker = Worker("vad", _QUEUE, self._failed)
        self._judge.open(self._worker)
        self._activity = self.create_publisher(VoiceActivity, "voice_activity", EVENTS)
        self._verdict = self.create_publisher(EndOfTurn, "end_of_turn", EVENTS)
        self._publishers = [self._activity, self._verdict]
        inputs = [
            (AudioDataStamped, "audio", self._on_audio, AUDIO),
            (AudioInfo, "audio_info", self._on_info, LATCHED),
            (MotionState, "motion/state", self._on_motion, EVENTS),
            (PlaybackState, "playback", self._on_playback, EVENTS),
            (SoundDirection, "sound_direction", self._on_direction, EVENTS),
        ]
        if self.p["end_of_turn"] != "none":
            inputs.append((Transcript, "transcript/partial", self._on_words, EVENTS))
        self._made = [(self.destroy_subscription, self.create_subscription(*i)) for i in inputs]
        self._made.append((self.destroy_timer, self.create_timer(_WATCH_S, self._watch)))
        self.get_logger().info(f"engine {self.p['engine']}, end of turn by {self.p['end_of_turn']}: {options}")

    def close(self) -> None:
        """Stop listening; an open utterance is ended, so that nobody waits for it."""
        for destroy, entity in self._made:
            destroy(entity)
        self._made = []
        if self._judge is not None:
            self._judge.close()
        if self._worker is not None:
            if self._worker.stop():
                self._tell(self._segmenter.source_ended())
            self._worker = None
        for publisher in self._publishers:
            self.destroy_publisher(publisher)
        self._publishers = []

    def unload(self) -> None:
        """Release the models."""
        if self._detector is not None:
            self._detector.close()
            self._detector = None
        if self._judge is not None:
            self._judge.unload()
            self._judge = None

    def health(self) -> Health:
        """Missing audio, wrong audio, lost audio."""
        now = time.monotonic()
        segmenter, judge = self._segmenter, self._judge
        assert judge is not None
        values: dict[str, str | int | float] = {
            "utterances": self._utterances,
            "speaking": str(segmenter.speaking).lower(),
            "probability": segmenter.probability,
            "raised_for": self._bar.reason(self._newest_ns),
            "gaps": segmenter.gaps,
            "lost_chunks": self._lost,
            "lost_s": segmenter.missing_s,
            "backlog": self._worker.backlog if self._worker else 0,
            **judge.values,
        }
        fault = self._fault_text or self._wrong or judge.fault
        if fault:
            return Health(ERROR, fault, values)
        if now - self._heard_at > self.p["source_timeout_s"]:
            topic = self.resolve_topic_name("audio")
            return Health(WARN, f"no audio on {topic}: start audio_capture, or see what it says here.", values)
        if now - self._lost_at < _LOSS_TOLD_S:
            return Health(WARN, self._loss(), values)
        return Health(OK, "ok", values)

    def _loss(self) -> str:
        return (
            f"audio was lost: {self._segmenter.missing_s:.2f} s since activation ({self._lost} chunks here), words may be "
            "missing. The machine is too busy: give the engines fewer threads, or see what audio_capture says here."
        )

    def _on_audio(self, message: AudioDataStamped) -> None:
        if self._worker is None or self._wrong:
            return
        self._heard_at = time.monotonic()
        if not self._worker.submit(self._process, to_ns(message.header.stamp), message.audio.data):
            self._lost += 1
            self._lost_at = self._heard_at

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

    # What else comes goes the way of the audio, so that it is weighed with the audio of its time.
    def _on_words(self, m: Transcript) -> None:
        if m.speculative and self._worker is not None and self._judge is not None:
            text = "" if m.rejected_reason else m.text
            self._worker.submit(self._judge.words, m.utterance_id, m.generation, text, m.language)

    def _on_motion(self, m: MotionState) -> None:
        if self._worker is not None:
            moving = m.state == MotionState.MOVING
            self._worker.submit(lambda: self._bar.moved(self._newest_ns, moving))

    def _on_playback(self, m: PlaybackState) -> None:
        if self._worker is not None:
            playing, level = m.state == PlaybackState.PLAYING, m.level_dbfs
            self._worker.submit(lambda: self._bar.played(self._newest_ns, playing, level))

    def _on_direction(self, m: SoundDirection) -> None:
        if self._worker is not None:
            told = to_ns(m.header.stamp), m.direction_rad, m.ambiguous, m.confidence, m.speech
            self._worker.submit(self._direction.told, *told)

    def _watch(self) -> None:
        """The end of the source shows only in that nothing comes any more."""
        was_late, self._late = self._late, time.monotonic() - self._heard_at > self.p["source_timeout_s"]
        # Twice: after a stall of the machine this timer comes before the audio that waits.
        if (
            was_late
            and self._late
            and self._worker is not None
            and self._segmenter.speaking
            and self._worker.backlog == 0
        ):
            self._worker.submit(self._source_ended)

    # -- on the worker's thread
    def _process(self, stamp_ns: int, data: Any) -> None:
        judge = self._judge
        assert judge is not None
        chunk = AudioChunk(stamp_ns, from_bytes(data))
        judge.append(chunk)
        missing_s = self._segmenter.missing_s
        self._newest_ns = chunk.end_ns
        self._tell(self._segmenter.push(chunk))
        if self._segmenter.missing_s > missing_s:
            self._lost_at = time.monotonic()
        self._fault_text = ""
        judge.heard(chunk.end_ns)

    def _tell_verdict(self, verdict: Verdict) -> None:
        self._verdict.publish(to_verdict(verdict, self.p["frame_id"]))
        self._tell(self._segmenter.judge(verdict.utterance_id, verdict.generation, verdict.complete))

    def _source_ended(self) -> None:
        self._tell(self._segmenter.source_ended())

    def _failed(self, error: BaseException) -> None:
        text = f"the detector failed: {type(error).__name__}: {error}"
        if text != self._fault_text:
            self.get_logger().error(text)
        self._fault_text = text

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            if self._judge is not None:
                self._judge.follow(event)
            if event.kind is Kind.START:
                self._direction.began(event.audio_start_ns + round(self.p["pre_roll_s"] * NS))
            until_ns = event.speech_end_ns or self._newest_ns
            self._utterances += event.kind is Kind.END
            self._activity.publish(to_activity(event, self._direction.until(until_ns), self.p["frame_id"]))


def main() -> int:
    """Entry point."""
    return run(VadNode)


if __name__ == "__main__":
    sys.exit(main())
