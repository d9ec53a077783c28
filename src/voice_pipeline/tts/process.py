"""A Synthesizer whose work is done in a process of its own, which is started again when it dies."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from voice_pipeline.audio.formats import Int16, from_bytes
from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.child import Answer, Child
from voice_pipeline.tts.protocol import Cancellation

# The longest piece takes some 5 s on two slow cores; what takes this long hangs.
_ANSWER_TIMEOUT_S = 60.0
_WARM_UP = "Hello, it is nice to meet you."


class ProcessSynthesizer:
    """Sends text to the worker process and hands back sound.

    A worker that died is replaced once per piece of text; a second death in a row is the caller's error.

    Args:
        engine: name in worker.ENGINES.
        settings: what that engine needs (paths).
        threads: CPU threads of one inference.
        providers: ONNX Runtime execution providers in order of preference.
        default_voice: the voice to take when nobody says which; empty for the first.

    Raises:
        VoiceError: the worker does not start.
    """

    def __init__(
        self, engine: str, settings: dict[str, Any], threads: int, providers: Sequence[str], default_voice: str = ""
    ) -> None:
        self._default_voice = default_voice
        self._engine = engine
        self._settings = {**settings, "threads": threads, "providers": list(providers)}
        self._model = _described(Path(str(settings.get("model", ""))))
        self._lock = threading.Lock()  # one synthesis at a time
        self._orders = 0
        self._closed = False
        self.restarts = 0
        self._realtime_factor = 0.0
        self._child = Child(engine, self._settings)
        self._languages: dict[str, str] = self._child.ready["languages"]
        self._sample_rate: int = self._child.ready["sample_rate"]

    @property
    def sample_rate(self) -> int:
        """Hz of what synthesize() yields."""
        return self._sample_rate

    @property
    def default_voice(self) -> str:
        """The voice to take when nobody says which."""
        return self._default_voice or self.voices()[0]

    @property
    def notes(self) -> list[str]:
        """Why a provider that comes first was not used."""
        return list(self._child.ready["notes"])

    def voices(self) -> list[str]:
        """Names that synthesize() takes, sorted."""
        return sorted(self._languages)

    def language(self, voice: str) -> str:
        """espeak's name of the voice's language."""
        return self._languages[voice]

    def warm_up(self, voice: str) -> float:
        """One real inference; its seconds."""
        begun = time.monotonic()
        for _ in self.synthesize(_WARM_UP, voice, 1.0, Cancellation()):
            pass
        return time.monotonic() - begun

    def synthesize(self, text: str, voice: str, speed: float, cancellation: Cancellation) -> Iterator[Int16]:
        """One chunk int16[n]: the engines behind the pipe compute a piece as a whole.

        Raises:
            Cancelled: `cancellation` was set; the worker stops within some 50 ms.
            VoiceError: the engine failed, hangs, or died twice.
        """
        with self._lock:
            begun = time.monotonic()
            answer = self._order(text, voice, speed, cancellation)
            if answer is None:
                how = self._child.last_words()
                self._restart(how)
                answer = self._order(text, voice, speed, cancellation)
            if answer is None:
                raise VoiceError(
                    f"the synthesiser '{self._engine}' died twice: its process {self._child.last_words()}.",
                    "Check free memory (`free -m`); with a GPU provider try `providers: [CPUExecutionProvider]`.",
                )
            head, body = answer
            if head["op"] == "error":
                raise VoiceError(
                    f"the synthesiser '{self._engine}' failed: {head['message']}.",
                    "Try other words; if every text fails run `make models` again.",
                )
            samples = from_bytes(body)
            self._realtime_factor = (time.monotonic() - begun) / max(len(samples) / self._sample_rate, 0.01)
        yield samples

    def figures(self) -> dict[str, str | int | float]:
        """Model file and its size, process id, memory, provider, restarts, and seconds of computing per second of the last sound."""
        return {
            "engine": self._engine,
            "model": self._model,
            "worker_pid": self._child.pid,
            "worker_rss_mb": _rss_mb(self._child.pid),
            "provider": str(self._child.ready["providers"][0]),
            "worker_restarts": self.restarts,
            "realtime_factor": self._realtime_factor,
        }

    def close(self) -> None:
        """End the worker process; a synthesis that runs ends with VoiceError."""
        self._closed = True
        self._child.close()

    def _order(self, text: str, voice: str, speed: float, cancellation: Cancellation) -> Answer | None:
        """Send one order and wait for its answer; None when the worker died."""
        cancellation.check()
        child = self._child
        self._orders += 1
        order = self._orders

        def stop() -> None:
            child.send({"op": "cancel", "id": order})
            child.answers.put(({"op": "stopped", "id": order}, b""))

        child.send({"op": "synthesize", "id": order, "text": text, "voice": voice, "speed": speed})
        cancellation.on_set(stop)
        while True:
            try:
                answer = child.answers.get(timeout=_ANSWER_TIMEOUT_S)
            except queue.Empty:
                child.close()  # hangs: killed, and seen as dead
                return None
            if answer is None:
                return None
            if answer[0]["id"] != order:
                continue  # of an order that was given up
            cancellation.check()
            return answer

    def _restart(self, how: str) -> None:
        if self._closed:
            raise VoiceError(f"the synthesiser '{self._engine}' was closed.", "Activate the node again.")
        self._child.close()
        self.restarts += 1
        try:
            self._child = Child(self._engine, self._settings)
        except VoiceError as error:
            what = f"the synthesiser's process {how}; starting it again failed: {error.what}"
            raise VoiceError(what, error.cure) from error


def _described(model: Path) -> str:
    """Name and size: enough to tell one model file from another."""
    return f"{model.name}, {model.stat().st_size} bytes" if model.is_file() else ""


def _rss_mb(pid: int) -> float:
    """Resident memory of a process in MB; 0 when it is gone or this is no Linux."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
