"""Arms in processes of their own that speak the lines of wire.py: the plain sequence, and pipecat with its model server."""

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
from typing import Any

from bench.gap.conversation import prefix_json
from bench.gap.follow import POLL_S, follow
from bench.gap.processes import Child, cpu_seconds
from bench.gap.recordings import Recording
from bench.gap.settings import FLOOR_DBFS, HERE, MAX_TOKENS, PIPECAT, PROFILE, ROOT, TEMPERATURE, Models
from bench.gap.turns import Observed, Row

from voice_pipeline.bringup.profile import load_profile
from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model
from voice_pipeline.tts.kokoro import MODEL_FILES

_READY_S = 120.0  # models load and warm up, on a busy machine


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
        follow(observed, self._alive, lambda: False)
        used = cpu_seconds(self._pids) - before
        self._observed = None
        return observed.row(self._name, round_, used)

    def _alive(self) -> None:
        time.sleep(POLL_S)
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
        elif event == "idle":
            observed.idle()


class Pipecat(Apart):
    """pipecat's bot, and the model server it asks."""

    def __init__(self, name: str, models: Models, log_dir: Path, python: str) -> None:
        super().__init__(name, [], log_dir)
        self._models, self._python = models, python
        self.settings = {**asdict(PIPECAT[name])}

    def __enter__(self) -> Pipecat:
        profile = load_profile(PROFILE).parameters
        threads = profile["dialogue"].get("threads", 0) or max(1, (os.cpu_count() or 2) - 1)
        reading = profile["dialogue"].get("prompt_threads", 0) or threads
        prefix = prefix_json()
        module = [sys.executable, "-m", "bench.gap.model_server"]
        server = [*module, self._models.llm, str(threads), str(reading), json.dumps(prefix)]
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
