"""An ONNX Runtime session with threads of our own and runs that can be stopped; only imported in the worker process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnxruntime

from voice_pipeline.onnx_session import session_options

# Piper's graph draws noise for the length of every sound and for the voice; ONNX Runtime begins its dice with the time of
# day. So the same words in the same order sound the same after every start, and what a test or a bench measured comes again.
_SEED = 1


class StoppableSession(onnxruntime.InferenceSession):  # type: ignore[misc]
    """Passes `run_options` to every run, also to those of a library that knows none."""

    run_options: Any = None

    def run(self, output_names: Any, input_feed: Any, run_options: Any = None) -> Any:
        """As InferenceSession.run; raises when `run_options.terminate` gets set meanwhile."""
        return super().run(output_names, input_feed, run_options or self.run_options)


def make_session(model: str, threads: int, providers: Sequence[str]) -> tuple[StoppableSession, list[str]]:
    """Load a model on the first provider that takes it; the second value says why others were passed over."""
    onnxruntime.set_seed(_SEED)
    available = onnxruntime.get_available_providers()
    wanted = [p for p in providers if p in available]
    notes = [f"this onnxruntime has no {p}" for p in providers if p not in available]
    try:
        return StoppableSession(model, session_options(threads), providers=wanted or ["CPUExecutionProvider"]), notes
    except Exception as error:
        if wanted in ([], ["CPUExecutionProvider"]):
            raise
        notes.append(f"{wanted[0]} does not load the model ({error})")
        return StoppableSession(model, session_options(threads), providers=["CPUExecutionProvider"]), notes
