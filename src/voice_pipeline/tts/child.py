"""A running worker process and the pipes to it. Apart from process.py, which decides when to start another."""

from __future__ import annotations

import collections
import json
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import voice_pipeline
from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.wire import read_frame, write_frame

Answer = tuple[dict[str, Any], bytes]

# Loading Kokoro takes 1.3 s here; a cold disk on a small board may take twenty times that, a hang takes for ever.
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 1.0
_STDERR_LINES = 20


class Child:
    """One worker process.

    It ends by itself when its stdin closes, however this process ends; PR_SET_PDEATHSIG is not used because it fires
    when the *thread* that started the child ends.

    Raises:
        VoiceError: it did not start or could not load the model; holds its last words.
    """

    def __init__(self, engine: str, settings: dict[str, Any]) -> None:
        self.answers: queue.Queue[Answer | None] = queue.Queue()  # None: the child is gone
        self._stderr: collections.deque[str] = collections.deque(maxlen=_STDERR_LINES)
        self._write_lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "voice_pipeline.tts.worker", engine, json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
        )
        self._threads = [
            threading.Thread(target=self._read, name=f"{engine}-answers", daemon=True),
            threading.Thread(target=self._read_stderr, name=f"{engine}-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.ready = self._wait_ready(engine)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process ended."""
        return self._process.poll() is None

    def send(self, head: dict[str, Any]) -> None:
        """Send an order; quietly nothing when the child is gone (its `None` among the answers tells)."""
        assert self._process.stdin is not None
        with self._write_lock, suppress(OSError, ValueError):
            write_frame(self._process.stdin, head)  # type: ignore[arg-type]

    def last_words(self) -> str:
        """How it ended and the end of what it wrote to stderr."""
        code = self._process.poll()
        how = "is running" if code is None else f"ended with code {code}"
        if code is not None and code < 0:
            how = f"was ended by signal {-code}"
        words = " / ".join(list(self._stderr)[-3:])
        return f"{how}: {words}" if words else how

    def close(self) -> None:
        """End the process: ask by closing its stdin, kill after a second. Any number of times, from any thread."""
        with self._write_lock, suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_STOP_TIMEOUT_S)

    def _wait_ready(self, engine: str) -> dict[str, Any]:
        try:
            answer = self.answers.get(timeout=_START_TIMEOUT_S)
        except queue.Empty:
            answer = ({"op": "failed", "message": f"not ready after {_START_TIMEOUT_S:.0f} s"}, b"")
        if answer is not None and answer[0]["op"] == "ready":
            return answer[0]
        self.close()
        why = answer[0]["message"] if answer else self.last_words()
        raise VoiceError(
            f"the speech synthesiser '{engine}' does not start: {why}.",
            "If a package is missing install the `tts` extra; if the model is damaged run `make models` again.",
        )

    def _read(self) -> None:
        assert self._process.stdout is not None
        with suppress(OSError, ValueError):
            while (frame := read_frame(self._process.stdout)) is not None:  # type: ignore[arg-type]
                self.answers.put(frame)
        self.answers.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        with suppress(OSError, ValueError):
            for line in self._process.stderr:
                self._stderr.append(line.decode(errors="replace").strip())


def _environment() -> dict[str, str]:
    """This process's, with the package found where it was found here, and no thread pool besides ONNX Runtime's."""
    where = str(Path(voice_pipeline.__path__[0]).parent)
    others = os.environ.get("PYTHONPATH")
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **one, "PYTHONPATH": f"{where}{os.pathsep}{others}" if others else where}
