"""What the pipeline says it hears, collected with the time at which it said so."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from std_msgs.msg import String

from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.msg import Transcript, VoiceActivity
from voice_pipeline.ros.qos import EVENTS, LATCHED
from voice_pipeline.ros.stamps import NS, to_ns

_MARGIN_NS = NS // 2  # an utterance's pre-roll may reach before its file


@dataclass
class Final:
    """One transcript, passed on or not. Times are ns since the epoch; `came_ns` is when it was received."""

    utterance_id: str
    stamp_ns: int
    speech_end_ns: int
    came_ns: int
    text: str
    rejected_reason: str = ""
    rejected_by: str = ""

    @property
    def latency_ms(self) -> float:
        """From the end of speech until it was here."""
        return round((self.came_ns - self.speech_end_ns) / 1e6, 1)

    @staticmethod
    def of(message: Transcript, came_ns: int) -> Final:
        """A final Transcript."""
        return Final(
            message.utterance_id,
            to_ns(message.header.stamp),
            to_ns(message.speech_end),
            came_ns,
            message.text,
            message.rejected_reason,
            message.rejected_by,
        )


@dataclass
class Heard:
    """An utterance of voice activity: its start and end of speech, and whether it was a false start."""

    start_ns: int
    end_ns: int = 0
    false_start: bool = False


@dataclass
class Ears:
    """Collects utterances, transcripts, and the times at which each file was played."""

    session: Session
    pre_roll_s: float = 0.4
    open: set[str] = field(default_factory=set)  # utterances that began and have no transcript yet
    finals: list[Final] = field(default_factory=list)
    utterances: dict[str, Heard] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        node = self.session.watcher.node
        node.create_subscription(VoiceActivity, "voice_activity", self._on_activity, EVENTS)
        node.create_subscription(Transcript, "transcript", self._on_final, EVENTS)
        node.create_subscription(Transcript, "transcript/rejected", self._on_final, EVENTS)
        node.create_subscription(String, "audio_capture/file", self._on_file, LATCHED)

    def _on_activity(self, message: VoiceActivity) -> None:
        name = message.utterance_id
        if message.event == VoiceActivity.START:
            self.open.add(name)
            # The message says where the audio begins; the speech begins a pre-roll later.
            self.utterances[name] = Heard(to_ns(message.audio_start) + round(self.pre_roll_s * NS))
        elif message.event == VoiceActivity.END and name in self.utterances:
            heard = self.utterances[name]
            heard.end_ns = to_ns(message.speech_end)
            heard.start_ns = min(heard.start_ns, heard.end_ns)
            heard.false_start = message.reason == VoiceActivity.REASON_TOO_SHORT
            if heard.false_start:
                self.open.discard(name)

    def _on_final(self, message: Transcript) -> None:
        if message.is_final:
            self.finals.append(Final.of(message, time.time_ns()))
            self.open.discard(message.utterance_id)

    def _on_file(self, message: String) -> None:
        body = json.loads(message.data)
        if body["index"] >= 0:
            self.spans[body["file"]] = (body["first_sample_ns"], body["last_sample_ns"])

    def collect(self, result: Result, first_ns: int, last_ns: int) -> None:
        """Put what was heard between two times into a result."""
        for final in list(self.finals):
            if first_ns - _MARGIN_NS <= final.stamp_ns <= last_ns:
                result.utterances += 1
                if final.rejected_reason:
                    result.rejected.append(f"{final.text!r}: {final.rejected_reason}")
                    result.rejected_by.append(final.rejected_by)
                else:
                    result.heard = f"{result.heard} {final.text}".strip()
                    result.latency_ms.append(final.latency_ms)
        for heard in list(self.utterances.values()):
            if first_ns - _MARGIN_NS <= heard.start_ns <= last_ns and heard.end_ns:
                if heard.false_start:
                    result.false_starts += 1
                else:
                    span = ((heard.start_ns - first_ns) / NS, (heard.end_ns - first_ns) / NS)
                    result.spans.append((round(span[0], 3), round(span[1], 3)))
        result.spans.sort()
