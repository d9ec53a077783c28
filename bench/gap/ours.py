"""This pipeline as an arm: the profile's nodes, one process each, watched over their own topics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.gap.follow import POLL_S, follow
from bench.gap.processes import cpu_seconds
from bench.gap.recordings import Recording
from bench.gap.settings import PROFILE, Models, ours_overrides
from bench.gap.turns import Observed, Row
from std_msgs.msg import String
from voice_pipeline.msg import PlaybackState, Reply, Transcript, TurnLatency, TurnState

from voice_pipeline.bringup.session import Session
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.turn.stages import STAMPS


def fewest_turns() -> int:
    """How little the dialogue node can remember: turns must not depend on one another."""
    from voice_pipeline.nodes.dialogue import DialogueNode

    return next(int(p.minimum or 0) for p in DialogueNode.PARAMETERS if p.name == "history_turns")


def node_parameters() -> dict[str, set[str]]:
    """The parameters that each node of ours has."""
    from voice_pipeline.nodes.asr import AsrNode
    from voice_pipeline.nodes.dialogue import DialogueNode
    from voice_pipeline.nodes.vad import VadNode

    nodes = {"asr": AsrNode, "vad": VadNode, "dialogue": DialogueNode}
    return {name: {p.name for p in node.PARAMETERS} for name, node in nodes.items()}


class Ours:
    """The pipeline of this package: one process a node, recordings in place of a microphone, a sink in real time."""

    def __init__(
        self, name: str, models: Models, log_dir: Path, more: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._name = name
        self.settings: dict[str, Any] = ours_overrides(models, name, node_parameters(), fewest_turns())
        for node_name, values in (more or {}).items():
            self.settings[node_name] = {**self.settings.get(node_name, {}), **values}
        self._session = Session(PROFILE, log_dir / name, robot="none", audio="file", overrides=self.settings)
        self._observed: Observed | None = None
        self._path = ""
        self._state = TurnState.LISTENING
        self._traces: list[TurnLatency] = []

    def __enter__(self) -> Ours:
        self._session.__enter__()
        node = self._session.watcher.node
        for kind, topic, callback, qos in (
            (String, "audio_capture/file", self._on_file, LATCHED),
            (Transcript, "transcript", self._on_transcript, EVENTS),
            (Reply, "reply", self._on_reply, EVENTS),
            (PlaybackState, "playback", self._on_playback, AUDIO),
            (TurnState, "turn", self._on_state, LATCHED),
            (TurnLatency, "latency", self._on_latency, EVENTS),
        ):
            node.create_subscription(kind, topic, callback, qos)
        return self

    def __exit__(self, *error: object) -> None:
        self._session.__exit__(*error)

    def turn(self, recording: Recording, round_: int) -> Row:
        """See Arm."""
        self._traces.clear()
        self._path = str(recording.path)
        observed = self._observed = Observed(recording)
        pids = [p.pid for p in self._session.processes.running.values()]
        before = cpu_seconds(pids)
        self._session.watcher.play(recording.path)
        follow(observed, self._alive, lambda: self._state != TurnState.LISTENING)
        used = cpu_seconds(pids) - before
        self._observed = None
        row = observed.row(self._name, round_, used)
        row.trace = _trace(self._traces, row)
        return row

    def _alive(self) -> None:
        self._session.drain(POLL_S)
        if dead := self._session.processes.dead():
            raise VoiceError(f"{dead[0]} ended:\n{self._session.processes.log(dead[0])}", "See its log.")

    def _on_file(self, message: String) -> None:
        body = json.loads(message.data)
        if self._observed is not None and body["file"] == self._path and body["index"] >= 0:
            self._observed.started(body["first_sample_ns"])

    def _on_transcript(self, message: Transcript) -> None:
        if self._observed is not None and message.is_final and not getattr(message, "speculative", False):
            self._observed.heard.append(message.text)

    def _on_reply(self, message: Reply) -> None:
        if self._observed is not None:
            self._observed.replies.append(message.text)

    def _on_playback(self, message: PlaybackState) -> None:
        if self._observed is not None:
            on = message.state == PlaybackState.PLAYING
            if on or message.state != PlaybackState.IDLE:
                self._observed.playing(on)
            self._observed.audible(to_ns(message.first_audible))

    def _on_state(self, message: TurnState) -> None:
        self._state = message.state

    def _on_latency(self, message: TurnLatency) -> None:
        self._traces.append(message)


def _trace(traces: list[TurnLatency], row: Row) -> dict[str, Any]:
    """The trace of the turn whose answer was the first to be heard."""
    for message in traces:
        stamps = {name: to_ns(getattr(message, name)) for name in STAMPS}
        if row.audible_ns and abs(stamps["first_played"] - row.audible_ns) < 1_000_000:
            return {
                "stamps": stamps,
                "speculative": message.speculative,
                "guesses": message.guesses,
                "wasted_ms": message.wasted_ms,
                "prompt_tokens": message.prompt_tokens,
                "cached_tokens": message.cached_tokens,
            }
    return {}
