"""Recordings through the running pipeline in real time, and the same engine on the whole files beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from voice_pipeline.bringup.plan import Plan
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._audio_folder import Recording
from voice_pipeline.commands._eval_ears import Ears
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.stamps import NS

_SETTLE_S = 1.2  # silence after a file: longer than any end-of-speech wait in a profile
_PATIENCE_S = 20.0


def effective(plan: Plan, node: str) -> dict[str, Any]:
    """What a node of the plan is told: the profile, and what was set over it."""
    spec = next((n for n in plan.nodes if n.name == node), None)
    told = {**plan.profile.parameters.get(node, {}), **(spec.overrides if spec else {})}
    return {key: value for key, value in told.items() if key != "autostart"}


def pre_roll_s(plan: Plan) -> float:
    """Of the plan's vad."""
    from voice_pipeline.nodes._vad_parameters import PARAMETERS

    default = next(p.default for p in PARAMETERS if p.name == "pre_roll_s")
    return float(effective(plan, "vad").get("pre_roll_s", default))  # type: ignore[arg-type]


def play(session: Session, recordings: Sequence[Recording], results: list[Result], console: Console) -> None:
    """Append a result for each recording as it has been heard; Ctrl-C leaves those that were.

    Raises:
        VoiceError: a recording is not played.
    """
    ears = Ears(session, pre_roll_s(session.plan))
    jobs: Any = track(recordings, "real time", console=console, disable=not console.is_terminal)
    for recording in jobs:
        path = recording.path.resolve()
        _play_one(session, ears, path)
        result = Result.of(recording)
        ears.collect(result, *ears.spans[str(path)])
        result.compare(recording)
        results.append(result)
        if not console.is_terminal:
            console.print(f"{result.file}: {result.heard or '-'}", soft_wrap=True)


def _play_one(session: Session, ears: Ears, path: Path) -> None:
    ears.spans.pop(str(path), None)
    session.watcher.play(path)
    deadline = time.monotonic() + _PATIENCE_S
    while str(path) not in ears.spans:
        session.drain(0.05)
        if time.monotonic() > deadline:
            faults = "; ".join(session.watcher.faults.values()) or "audio_capture did not begin to play it"
            raise VoiceError(f"{path.name} was not played: {faults}.", "See the logs beside the summary.")
    settle(session, ears, ears.spans[str(path)][1])


def settle(session: Session, ears: Ears, last_ns: int) -> None:
    """Wait until what was said by then has been transcribed (or some time has passed)."""
    end_ns = last_ns + int(_SETTLE_S * NS)
    deadline_ns = end_ns + int(_PATIENCE_S * NS)
    while time.time_ns() < end_ns or (ears.open and time.time_ns() < deadline_ns):
        session.drain(0.05)


def whole_files(
    recordings: Sequence[Recording], results: Sequence[Result], settings: dict[str, Any], console: Console
) -> None:
    """The same engine with the same settings on each whole file: what the pipeline is measured against."""
    from voice_pipeline.audio.files import read_recording
    from voice_pipeline.audio.formats import to_float
    from voice_pipeline.nodes.asr import make_transcriber, parameters, spoken

    settings = parameters(settings)
    transcriber = make_transcriber(settings)
    jobs: Any = list(zip(recordings, results, strict=False))
    for recording, result in track(jobs, "whole files", console=console, disable=not console.is_terminal):
        samples = to_float(read_recording(recording.path).samples)
        began = time.monotonic()
        result.whole = transcriber.transcribe(samples, spoken(settings)).text
        result.whole_ms = round(1e3 * (time.monotonic() - began), 1)
