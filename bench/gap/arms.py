"""The five arms behind one face: start, play a recording and watch what comes of it, end. Each in fresh processes."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from bench.gap.conversation import prefix_json
from bench.gap.overhead import STAMPS
from bench.gap.processes import Child, cpu_seconds
from bench.gap.recordings import Recording
from bench.gap.settings import FLOOR_DBFS, HERE, MAX_TOKENS, PIPECAT, PROFILE, ROOT, TEMPERATURE, Models, ours_overrides
from bench.gap.turns import Observed, Row
from std_msgs.msg import String
from voice_pipeline.msg import PlaybackState, Reply, Transcript, TurnLatency, TurnState

from voice_pipeline.bringup.profile import load_profile
from voice_pipeline.bringup.session import Session
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_ns
from voice_pipeline.tts.kokoro import MODEL_FILES

_READY_S = 120.0  # models load and warm up, on a busy machine
_BEGIN_S = 20.0  # from the order to the recording's first sample
_LONGEST_TURN_S = 90.0
_POLL_S = 0.02


class Arm(Protocol):
    """One way from a person's voice to an answer."""

    settings: dict[str, Any]

    def __enter__(self) -> Arm: ...

    def __exit__(self, *_: object) -> None: ...

    def turn(self, recording: Recording, round_: int) -> Row:
        """Play it and return what came of it, once the answer is over.

        Raises:
            VoiceError: the arm ended, or does not play.
        """
        ...


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

    def __init__(self, name: str, models: Models, log_dir: Path) -> None:
        self._name = name
        self.settings: dict[str, Any] = ours_overrides(models, name, node_parameters(), fewest_turns())
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
        _follow(observed, self._alive, lambda: self._state != TurnState.LISTENING)
        used = cpu_seconds(pids) - before
        self._observed = None
        row = observed.row(self._name, round_, used)
        row.trace = _trace(self._traces, row)
        return row

    def _alive(self) -> None:
        self._session.drain(_POLL_S)
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


class Apart:
    """An arm in a process of its own that speaks the lines of wire.py: the plain sequence, and pipecat."""

    def __init__(self, name: str, command: list[str], log_dir: Path, env: dict[str, str] | None = None) -> None:
        self._name = name
        self._command = command
        self._log = log_dir / f"{name}.log"
        self._env = {**os.environ, **(env or {})}
        self._observed: Observed | None = None
        self._ready: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._pids: list[int] = []
        self._stack = ExitStack()
        self.settings: dict[str, Any] = {}

    def __enter__(self) -> Apart:
        try:
            self._child = self._start(self._command, self._log)
            answer = self.await_ready()
            self.settings = {**self.settings, **answer.get("settings", {})}
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self, command: list[str], log: Path) -> Child:
        child = self._stack.enter_context(Child(command, log, self._env, ROOT))
        self._pids.append(child.process.pid)
        threading.Thread(target=self._read, args=(child,), daemon=True).start()
        return child

    def await_ready(self) -> dict[str, Any]:
        """What the newest process said when it was ready.

        Raises:
            VoiceError: it ended, or takes too long.
        """
        try:
            answer = self._ready.get(timeout=_READY_S)
        except queue.Empty:
            answer = None
        if answer is None:
            raise VoiceError(f"{self._name} did not get ready.", f"Its log: {self._log.parent}")
        return answer

    def turn(self, recording: Recording, round_: int) -> Row:
        """See Arm."""
        observed = self._observed = Observed(recording)
        before = cpu_seconds(self._pids)
        self._child.send(json.dumps({"play": str(recording.path)}))
        _follow(observed, self._alive, lambda: False)
        used = cpu_seconds(self._pids) - before
        self._observed = None
        return observed.row(self._name, round_, used)

    def _alive(self) -> None:
        time.sleep(_POLL_S)
        if self._child.process.poll() is not None:
            raise self._child.ended()

    def _read(self, child: Child) -> None:
        assert child.process.stdout is not None
        for line in child.process.stdout:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            self._take(message)
        self._ready.put(None)

    def _take(self, message: dict[str, Any]) -> None:
        event, observed = message["event"], self._observed
        if event == "ready":
            self._ready.put(message)
        elif observed is None:
            return
        elif event == "started":
            observed.started(message["first_sample_ns"])
        elif event == "heard":
            observed.heard.append(message["text"])
            observed.active()
        elif event == "reply":
            observed.replies.append(message["text"])
        elif event == "audible":
            observed.audible(message["ns"])
        elif event == "playing":
            observed.playing(message["on"])
        elif event == "working":
            observed.working()


class Pipecat(Apart):
    """pipecat's bot, and the model server it asks."""

    def __init__(self, name: str, models: Models, log_dir: Path, python: str) -> None:
        super().__init__(name, [], log_dir)
        self._models, self._python = models, python
        self.settings = {**asdict(PIPECAT[name])}

    def __enter__(self) -> Pipecat:
        profile = load_profile(PROFILE).parameters
        threads = profile["dialogue"].get("threads", 0) or max(1, (os.cpu_count() or 2) - 1)
        prefix = prefix_json()
        server = [sys.executable, "-m", "bench.gap.model_server", self._models.llm, str(threads), json.dumps(prefix)]
        try:
            self._start(server, self._log.with_name(f"{self._name}-server.log"))
            address = self.await_ready()["address"]
            config = {
                **self._config(profile),
                "server": address,
                "prefix": prefix,
                "settings": asdict(PIPECAT[self._name]),
            }
            self._command = [self._python, str(HERE / "pipecat_bot.py"), json.dumps(config)]
            # Nothing of our environment: its site-packages would come first.
            self._env = {
                k: v for k, v in self._env.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
            }
        except BaseException:
            self._stack.close()
            raise
        super().__enter__()
        return self

    def _config(self, profile: dict[str, dict[str, Any]]) -> dict[str, Any]:
        models = self._models
        folder = find_model(models.voice_model)
        if models.tts == "kokoro":
            files, rate = {k: str(folder / f) for k, f in zip(("model", "voices"), MODEL_FILES, strict=True)}, 24_000
        else:
            model = next(folder.glob("*.onnx"))
            files = {"model": str(model)}
            rate = json.loads(model.with_name(model.name + ".json").read_text())["audio"]["sample_rate"]
        return {
            "whisper": str(find_model(models.whisper)),
            "tts": models.tts,
            "voice": models.voice,
            "voice_files": files,
            "voice_rate": rate,
            "asr_threads": profile["asr"].get("cpu_threads", 2),
            "tts_threads": profile["tts"].get("threads", 2),
            "temperature": TEMPERATURE,
            "max_tokens": MAX_TOKENS,
            "floor_dbfs": FLOOR_DBFS,
        }


def pipecat_python() -> str:
    """The Python of pipecat's environment, built first where it is missing.

    Raises:
        VoiceError: it cannot be built.
    """
    done = subprocess.run([str(ROOT / "scripts" / "bench_gap_env.sh")], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise VoiceError(
            "pipecat's environment could not be built (above).", "Or leave pipecat out: --arms ours,sequence"
        )
    return done.stdout.strip().splitlines()[-1]


def make_arm(name: str, models: Models, model_set: str, log_dir: Path, python: str) -> Arm:
    """The arm of that name; `python` is pipecat's."""
    if name.startswith("ours"):
        return Ours(name, models, log_dir)
    if name == "sequence":
        return Apart(name, [sys.executable, "-m", "bench.gap.sequence", model_set], log_dir)
    return Pipecat(name, models, log_dir, python)


def _follow(observed: Observed, wait: Any, busy: Any) -> None:
    """Until the turn is over. `wait` lets some time pass and raises when the arm is gone; `busy` says that it works."""
    begun = time.monotonic()
    while not observed.over:
        wait()
        spent = time.monotonic() - begun
        if not observed.first_sample_ns and spent > _BEGIN_S:
            raise VoiceError("the recording was not played.", "See the logs beside the summary.")
        if busy():
            observed.active()
        if spent > _LONGEST_TURN_S:
            return
