"""Turns utterances into words: `transcript`, `transcript/partial`, and `transcript/rejected` for what is held back."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from audio_common_msgs.msg import AudioDataStamped

from voice_pipeline.asr.jobs import Result, Segment
from voice_pipeline.asr.own_voice import OwnVoice
from voice_pipeline.asr.partial_schedule import PartialSchedule
from voice_pipeline.asr.protocol import Transcriber, TranscriberOptions
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.registry import make_transcriber as make_engine
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.formats import AudioChunk, from_bytes
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import Transcript, VoiceActivity
from voice_pipeline.nodes._asr_attention import AsrAttention
from voice_pipeline.nodes._asr_losses import Losses
from voice_pipeline.nodes._asr_own_voice import OwnVoiceInput
from voice_pipeline.nodes._asr_parameters import PARAMETERS
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import AUDIO, EVENTS
from voice_pipeline.ros.stamps import to_msg, to_ns
from voice_pipeline.ros.worker import Worker
from voice_pipeline.turn.words import is_command_to_stop

_NO_AUDIO_S = 2.0
_WATCH_S = 0.25
_BACKLOG_WARN, _BACKLOG_ERROR = 2, 32


def parameters(values: dict[str, Any]) -> dict[str, Any]:
    """All parameters of the node: `values` of a profile, checked, and defaults for the rest.

    Raises:
        VoiceError: a value breaks its declaration.
    """
    return {p.name: p.check(values.get(p.name, p.default), "asr") for p in PARAMETERS}


def make_transcriber(p: dict[str, Any]) -> Transcriber:
    """The engine that these parameters ask for.

    Raises:
        VoiceError: package or model missing, or a setting that the engine does not know.
    """
    names = ("model", "device", "compute_type", "cpu_threads", "beam_size", "encoder_window_s")
    options = TranscriberOptions(languages=languages(p), **{name: p[name] for name in names})
    return make_engine(p["engine"], options)


def languages(p: dict[str, Any]) -> tuple[str, ...]:
    """Those that may be heard; empty for all that the model knows."""
    return tuple(p["languages"]) if spoken(p) == "" else (spoken(p),)


def spoken(p: dict[str, Any]) -> str:
    """The language to tell the engine; empty where it has to guess."""
    return "" if p["language"] in ("", "auto") else str(p["language"])


def rejection_rules(p: dict[str, Any]) -> RejectionRules:
    """What these parameters hold back."""
    names = ("level_dbfs", "compression_ratio", "repetitions", "words_per_second", "seconds_per_word", "credibility")
    return RejectionRules(
        **{name: p[f"reject_{name}"] for name in names},
        no_speech=p["reject_no_speech"],
        confidence=p["reject_confidence"],
        floor_confidence=p["reject_below_confidence"],
        phantom_phrases=tuple(p["phantom_phrases"]),
    )


class AsrNode(VoiceNode):
    """Transcribes each utterance once, and shows what it hears meanwhile."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("asr", **kwargs)
        self._made: list[tuple[Any, Any]] = []
        self._transcriber: Transcriber | None = None
        self._recognizer: Recognizer | None = None
        self._attention: AsrAttention | None = None
        self._own_voice: OwnVoiceInput | None = None
        self._losses = Losses()
        self._worker: Worker | None = None
        self._stopped = True  # no thread uses the engine
        self._heard_at = -math.inf
        self._wrong = ""  # of the worker
        self._wrong_audio = ""  # of the newest message
        self._processing_s = math.nan  # of the last final

    def load(self) -> None:
        """Load the engine and run it once."""
        self._transcriber = make_transcriber(self.p)
        began = time.monotonic()
        self._transcriber.warm_up()
        self.get_logger().info(
            f"engine {self.p['engine']}, model {self.p['model'] or 'default'}, {self.p['compute_type']} on "
            f"{self.p['device']}, {self.p['cpu_threads']} threads; warm-up {time.monotonic() - began:.2f} s"
        )

    def open(self) -> None:
        """Subscribe and start to listen."""
        assert self._transcriber is not None
        p = self.p
        self._final = self.create_publisher(Transcript, "transcript", EVENTS)
        self._partial = self.create_publisher(Transcript, "transcript/partial", EVENTS)
        self._rejected = self.create_publisher(Transcript, "transcript/rejected", EVENTS)
        self._attention = AsrAttention(self, p)
        own_voice = OwnVoice(p["reject_own_voice"], is_command_to_stop)
        self._own_voice = OwnVoiceInput(self, own_voice)
        self._losses = Losses()
        self._recognizer = Recognizer(
            self._transcriber,
            rejection_rules(p),
            self._publish,
            language=spoken(p),
            own_voice=own_voice,
            speculate=p["speculate"],
            partials=PartialSchedule(p["first_partial_s"], p["partial_period_s"]),
        )
        self._worker = Worker("asr", 2, self._failed)
        self._stopped = False
        self._wrong = self._wrong_audio = ""
        subscribe = self.create_subscription
        self._made = [
            (self.destroy_subscription, subscribe(AudioDataStamped, "audio", self._on_audio, AUDIO)),
            (self.destroy_subscription, subscribe(VoiceActivity, "voice_activity", self._on_activity, EVENTS)),
            (self.destroy_timer, self.create_timer(_WATCH_S, self._look)),
            *((self.destroy_publisher, publisher) for publisher in (self._final, self._partial, self._rejected)),
        ]

    def close(self) -> None:
        """Stop listening; what was not transcribed yet is given up."""
        if self._recognizer is not None:
            self._recognizer.give_up()
        if self._worker is not None:
            self._stopped = self._worker.stop()
            self._worker = None
        if self._attention is not None:
            self._attention.destroy()
            self._attention = None
        if self._own_voice is not None:
            self._own_voice.destroy()
            self._own_voice = None
        for destroy, entity in self._made:
            destroy(entity)
        self._made = []

    def unload(self) -> None:
        """Release the engine, unless a transcription that would not end still uses it."""
        if self._transcriber is not None and self._stopped:
            self._transcriber.close()
        self._transcriber = None

    def health(self) -> Health:
        """Missing neighbours, a failing or overloaded engine."""
        r = self._recognizer
        assert r is not None
        backlog = r.backlog
        values: dict[str, str | int | float] = {
            "finals": r.counters.finals,
            "speculation_hits": r.counters.speculation_hits,
            "rejected": r.counters.rejected,
            "failures": r.counters.failures,
            "incomplete": r.counters.incomplete,
            "audio_gaps": r.ring.gaps,
            "backlog": backlog,
            "processing_s": self._processing_s,
        }
        if fault := r.counters.last_error or self._wrong or self._wrong_audio:
            return Health(ERROR, fault, values)
        if backlog > _BACKLOG_WARN:
            level = ERROR if backlog > _BACKLOG_ERROR else WARN
            return Health(level, f"{backlog} utterances wait. Use a smaller model or free the processor.", values)
        attention = self._attention
        assert attention is not None
        values.update(attention.values())
        lost = self._losses.look(r.ring, r.counters, time.monotonic())
        values.update(self._losses.values())
        missing = [problem for problem in (attention.missing(), lost) if problem]
        if time.monotonic() - self._heard_at > _NO_AUDIO_S:
            missing.append(f"no audio on {self.resolve_topic_name('audio')}: start audio_capture")
        if self.count_publishers("voice_activity") == 0:
            missing.append(f"nobody publishes {self.resolve_topic_name('voice_activity')}: start vad")
        return Health(WARN, "; ".join(missing) + ".", values) if missing else Health(OK, "ok", values)

    def _on_audio(self, message: AudioDataStamped) -> None:
        if self._recognizer is None or not self.active:
            return
        self._heard_at = time.monotonic()
        try:
            samples = from_bytes(message.audio.data)
        except VoiceError as error:
            self._wrong_audio = f"audio: {error}"
            return
        self._wrong_audio = ""
        self._work_if(self._recognizer.append(AudioChunk(to_ns(message.header.stamp), samples)))

    def _on_activity(self, m: VoiceActivity) -> None:
        if self._recognizer is None or not self.active:
            return
        segment = Segment(
            m.utterance_id,
            m.generation,
            to_ns(m.audio_start),
            to_ns(m.audio_end),
            to_ns(m.speech_end),
            m.level_dbfs,
        )
        if self._attention is not None:
            self._attention.activity(m)
        if m.event == VoiceActivity.START:
            self._recognizer.started(m.utterance_id, segment.audio_start_ns)
        elif m.event == VoiceActivity.PAUSE:
            self._work_if(self._recognizer.paused(segment))
        elif m.event == VoiceActivity.RESUME:
            self._recognizer.resumed(m.utterance_id)
        elif m.event == VoiceActivity.SPLIT:
            self._work_if(self._recognizer.split(segment))
        elif m.reason == VoiceActivity.REASON_TOO_SHORT:
            self._recognizer.dropped(m.utterance_id)
        else:
            self._work_if(self._recognizer.ended(segment))

    def _look(self) -> None:
        if self._recognizer is not None:
            self._work_if(self._recognizer.tick())

    def _work_if(self, wanted: bool) -> None:
        # A full queue is no loss: a call that has not begun yet will find the new job too.
        if wanted and self._worker is not None and self._recognizer is not None:
            self._worker.submit(self._recognizer.work)

    def _publish(self, result: Result) -> None:
        """From the worker's thread, or from the executor's when the words were ready before the end."""
        addressed = self._attention.filter(result) if self._attention is not None else result
        if addressed is None:
            return
        result = addressed
        if result.is_final:
            self._processing_s = result.heard.processing_s
            publisher = self._rejected if result.rejected_reason else self._final
        else:
            publisher = self._partial
        publisher.publish(to_message(result))
        self._wrong = ""

    def _failed(self, error: BaseException) -> None:
        self._wrong = f"{type(error).__name__}: {error}"
        self.get_logger().error(self._wrong)


def to_message(result: Result) -> Transcript:
    """A Result as the message; turn_id is dialogue's to fill."""
    message = Transcript(
        utterance_id=result.segment.utterance_id,
        generation=result.segment.generation,
        is_final=result.is_final,
        speculative=result.is_speculative,
        text=result.heard.text,
        stable_text=result.stable_text,
        confidence=result.heard.confidence,
        no_speech_probability=result.heard.no_speech_probability,
        language=result.heard.language,
        audio_seconds=result.audio_seconds,
        processing_seconds=result.heard.processing_s,
        rejected_reason=result.rejected_reason,
        rejected_by=result.rejected_by,
        speech_end=to_msg(result.segment.speech_end_ns),
        asr_start=to_msg(result.asr_start_ns),
        asr_end=to_msg(result.asr_end_ns),
        vad_end=to_msg(result.vad_end_ns),
    )
    message.header.stamp = to_msg(result.segment.audio_start_ns)
    return message


def main() -> int:
    """Entry point."""
    return run(AsrNode)


if __name__ == "__main__":
    sys.exit(main())
