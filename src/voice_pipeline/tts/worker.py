"""The process that synthesises: `python -m voice_pipeline.tts.worker ENGINE JSON`. A process of its own because the
phonemizer and espeak-ng it imports are GPL-3, and because a crash in native code then takes no node down."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

import numpy as np

from voice_pipeline.audio.formats import Float32, to_bytes, to_int16
from voice_pipeline.tts.wire import read_frame, write_frame


class WorkerEngine(Protocol):
    """What runs in this process."""

    sample_rate: int
    providers: list[str]  # that ONNX Runtime really uses
    languages: dict[str, str]  # voice -> espeak language
    notes: list[str]  # for people: why another provider was not used

    def synthesize(self, text: str, voice: str, speed: float, run_options: Any) -> Float32:
        """float32[n] in -1..1; `run_options.terminate` may be set from another thread."""
        ...


def _kokoro(settings: dict[str, Any]) -> WorkerEngine:
    from voice_pipeline.tts.worker_kokoro import KokoroEngine

    return KokoroEngine(settings)


def _piper(settings: dict[str, Any]) -> WorkerEngine:
    from voice_pipeline.tts.worker_piper import PiperEngine

    return PiperEngine(settings)


ENGINES: dict[str, Callable[[dict[str, Any]], WorkerEngine]] = {"kokoro": _kokoro, "piper": _piper}


class Desk:
    """Takes orders from the pipe on a thread of its own, so that a cancel reaches a running inference."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._orders: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lock = threading.Lock()
        self._cancelled = 0  # every order up to this id is given up
        self._running = 0
        self._options: Any = None
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def next(self) -> dict[str, Any]:
        """Wait for the next order."""
        return self._orders.get()

    def begin(self, order: int, options: Any) -> bool:
        """Say which order is computed and what stops it; False when it was given up already."""
        with self._lock:
            self._running, self._options = order, options
            return order > self._cancelled

    def given_up(self, order: int) -> bool:
        """True when nobody wants the result any more."""
        return order <= self._cancelled

    def _listen(self) -> None:
        while True:
            try:
                frame = read_frame(self._pipe)
            except (OSError, ValueError):
                frame = None
            if frame is None:
                os._exit(0)  # the node is gone; a running inference must not keep this process
            head = frame[0]
            if head["op"] != "cancel":
                self._orders.put(head)
                continue
            with self._lock:
                self._cancelled = max(self._cancelled, head["id"])
                if self._running <= self._cancelled and self._options is not None:
                    self._options.terminate = True


def serve(engine: WorkerEngine, desk: Desk, answers: BinaryIO) -> None:
    """Answer orders one after another until the pipe closes."""
    import onnxruntime

    while True:
        order = desk.next()
        options = onnxruntime.RunOptions()
        options.log_severity_level = 4  # a terminated run is no error worth a line
        if not desk.begin(order["id"], options):
            continue
        try:
            samples = engine.synthesize(order["text"], order["voice"], order["speed"], options)
        except Exception as error:
            if not desk.given_up(order["id"]):
                traceback.print_exc()
                write_frame(answers, {"op": "error", "id": order["id"], "message": f"{type(error).__name__}: {error}"})
            continue
        if not desk.given_up(order["id"]):
            write_frame(answers, {"op": "audio", "id": order["id"]}, to_bytes(to_int16(np.asarray(samples))))


def main() -> int:
    """Load the engine, say "ready" (or "failed"), serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the node; it closes the pipe when it is done
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between the frames
    desk = Desk(os.fdopen(os.dup(0), "rb"))
    try:
        engine = ENGINES[sys.argv[1]](json.loads(sys.argv[2]))
    except Exception as error:
        write_frame(answers, {"op": "failed", "message": f"{type(error).__name__}: {error}"})
        return 1
    ready = {"op": "ready", "sample_rate": engine.sample_rate, "languages": engine.languages}
    write_frame(answers, {**ready, "providers": engine.providers, "notes": engine.notes})
    serve(engine, desk, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
