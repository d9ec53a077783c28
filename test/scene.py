"""A conversation in this process with real parts: capture from recordings, voice activity, recognition, synthesis, player.

Only the language model is scripted, so that the robot speaks long enough to be spoken over, and always the same.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from audio_common_msgs.msg import AudioDataStamped
from std_msgs.msg import String
from voice_pipeline.msg import PlaybackState, SpeechAudio, TurnLatency, VoiceActivity

from scripted_model import ScriptedModel
from voice_pipeline.audio.formats import from_bytes
from voice_pipeline.nodes import asr, audio_capture, audio_player, dialogue, tts, vad
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.turn.state import TurnSettings

LOUD = 32768 * 10 ** (-50 / 20)  # the floor of "audible" everywhere


@dataclass
class Heard:
    """What came out of the loudspeaker: blocks with their wall time."""

    stamps: list[int] = field(default_factory=list)
    blocks: list[Any] = field(default_factory=list)

    def last_loud_ns(self, before_ns: int) -> int:
        """When the last audible sample before a time ended."""
        for stamp, block in zip(reversed(self.stamps), reversed(self.blocks), strict=True):
            loud = np.flatnonzero(np.abs(block.astype(np.int32)) > LOUD)
            if stamp < before_ns and len(loud):
                return int(stamp + (loud[-1] + 1) * 1e9 / 24000)
        return 0


class Scene:
    """See the module. `say` is what the model answers to everything; `player`, `capture`: parameters of their own.

    devices: player and capture hold sound devices, so they are processes of their own as on a robot. Here they would wait
    for the interpreter with everything else, and a loudspeaker that stutters is another thing to test.
    """

    def __init__(
        self,
        ros: Any,
        monkeypatch: Any,
        say: str,
        *,
        engine: str = "piper",
        ears: bool = True,
        player: dict[str, Any] | None = None,
        capture: dict[str, Any] | None = None,
        devices: bool = False,
    ) -> None:
        self.ros = ros
        self.model = ScriptedModel(lambda question: [say] if "stop" not in question.lower() else ["Okay."])
        monkeypatch.setattr(dialogue, "create", lambda *_: self.model)
        # A stalled machine tells late what was heard of an answer, and what a person said: both are waited for.
        patient = partial(TurnSettings, settle_s=20.0, hold_s=30.0)
        monkeypatch.setattr(dialogue, "TurnSettings", patient)
        monkeypatch.setattr(tts, "_FLUSH_S", 20.0)
        peer = ros.peer()
        self.heard = Heard()
        self.states: list[tuple[float, Any]] = []
        self.activity: list[tuple[float, Any]] = []
        self.files: dict[str, tuple[int, int]] = {}
        sound = ros.start_process if devices else ros.start
        self.player = sound(
            "audio_player" if devices else audio_player.AudioPlayerNode,
            {"stream_timeout": 120.0, **(player or {"sink": "null", "sample_rate": 24000})},
        )
        self.tts = ros.start(tts.TtsNode, {"engine": engine, "threads": 1, "player_timeout": 60.0})
        self.dialogue = ros.start(dialogue.DialogueNode, {"language": "en"})
        if ears:
            ros.start(asr.AsrNode, {"model": "whisper-tiny.en-ct2", "compute_type": "int8"})
            self.vad = ros.start(vad.VadNode)
            file = {"source": "file", "silence_before_s": 0.1, "echo": "off"}
            sound("audio_capture" if devices else audio_capture.AudioCaptureNode, capture or file)
        node = peer.node
        played = node.create_subscription(AudioDataStamped, "playback/audio", self._on_audio, AUDIO)
        node.create_subscription(PlaybackState, "playback", lambda m: self.states.append((time.time(), m)), EVENTS)
        node.create_subscription(
            VoiceActivity, "voice_activity", lambda m: self.activity.append((time.time(), m)), EVENTS
        )
        node.create_subscription(String, "audio_capture/file", self._on_file, LATCHED)
        self.speech = peer.record(SpeechAudio, "speech", AUDIO)
        self.traces = peer.record(TurnLatency, "latency")
        self._play = peer.publisher(String, "audio_capture/play_file") if ears and capture is None else None
        ready = lambda: hasattr(self.dialogue, "_say") and self.dialogue._say.ready  # noqa: E731
        ros.wait(lambda: ready() and played.get_publisher_count(), what="the voice")

    def ask(self, question: str = "Tell me something.") -> None:
        """A typed question whose answer is spoken; returns when it is audible."""
        from voice_pipeline.action import Converse

        self.states.clear()
        self.ros.peer().send_goal(Converse, "converse", Converse.Goal(text=question, speak=True))
        audible = lambda: any(to_ns(m.first_audible) for _, m in list(self.states))  # noqa: E731
        self.ros.wait(audible, what="the first sound")

    def play(self, path: Path) -> tuple[int, int]:
        """Play a recording into the microphone; wall ns of its first and last sample."""
        self.files.pop(str(path), None)
        assert self._play is not None
        self._play.publish(String(data=str(path)))
        return self.ros.wait(lambda: self.files.get(str(path)), what="the recording to begin")

    @property
    def interrupted(self) -> int:
        """Answers given up so far."""
        return int(self.dialogue._counts["interrupted"])

    def _on_audio(self, message: Any) -> None:
        self.heard.stamps.append(to_ns(message.header.stamp))
        self.heard.blocks.append(from_bytes(message.audio.data).copy())

    def _on_file(self, message: Any) -> None:
        body = json.loads(message.data)
        if body["index"] >= 0:
            self.files[body["file"]] = (body["first_sample_ns"], body["last_sample_ns"])
