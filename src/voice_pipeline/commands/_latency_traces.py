"""The trace of one turn as the `latency` command keeps it: from a message or a file, to a file, as a line of text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.critical_path import critical_path
from voice_pipeline.turn.stages import STAMPS, StageStatistics, durations_ms, gap_ms


@dataclass(frozen=True)
class Trace:
    """As TurnLatency tells it; stamps by name in nanoseconds since the epoch, 0 for what did not take place."""

    turn_id: str
    stamps: dict[str, int]
    interrupted: bool = False
    speculative: bool = False
    guesses: int = 0
    wasted_ms: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    tools: tuple[str, ...] = ()

    @property
    def gap_ms(self) -> float:
        """End of speech to first audible sample; NaN when there was no answer to hear."""
        return gap_ms(self.stamps)

    def held_up_ms(self) -> dict[str, float]:
        """What the answer waited for, in order; adds up to the gap."""
        return durations_ms(critical_path(self.stamps))

    def line(self) -> str:
        """The turn on one line."""
        gap = "no answer was heard" if math.isnan(self.gap_ms) else f"gap {self.gap_ms:.0f} ms"
        path = " + ".join(f"{stage} {ms:.0f}" for stage, ms in self.held_up_ms().items() if ms >= 0.5)
        return f"{self.turn_id or 'turn'}: {gap}{' = ' + path if path else ''}{self.notes()}"

    def notes(self) -> str:
        """What was special, in brackets; empty when nothing was."""
        notes = ["the guess was kept"] if self.speculative else []
        if self.guesses:
            notes.append(f"{self.guesses} guess{'es' if self.guesses > 1 else ''}, {self.wasted_ms:.0f} ms wasted")
        if self.prompt_tokens:
            notes.append(f"{self.prompt_tokens} prompt tokens read, {self.cached_tokens} from the cache")
        notes += [*self.tools, *(["interrupted"] if self.interrupted else [])]
        return f" ({'; '.join(notes)})" if notes else ""


def statistics_of(traces: Sequence[Trace]) -> StageStatistics:
    """Over all of them."""
    statistics = StageStatistics(window=max(1, len(traces)))
    for trace in traces:
        add(statistics, trace)
    return statistics


def add(statistics: StageStatistics, trace: Trace) -> None:
    """One more turn."""
    statistics.add(
        trace.stamps,
        speculative=trace.speculative,
        guesses=trace.guesses,
        wasted_ms=trace.wasted_ms,
        interrupted=trace.interrupted,
    )


def save(path: Path, traces: Iterable[Trace]) -> None:
    """As a JSON list; NaN becomes null."""
    turns = [{**asdict(t), "gap_ms": None if math.isnan(t.gap_ms) else round(t.gap_ms, 3)} for t in traces]
    path.write_text(json.dumps(turns, indent=2) + "\n")


def load(path: Path) -> list[Trace]:
    """What `save` wrote, or the turns.json of demo and bench; turns without stamps are left out.

    Raises:
        VoiceError: there is no such file, it is no JSON, or no turn in it has stamps.
    """
    cure = "Name a turns.json that `latency` or `make demo` wrote."
    try:
        raw = json.loads(path.read_text())
        turns = raw["turns"] if isinstance(raw, dict) else raw
        traces = [_trace(turn) for turn in turns if turn.get("stamps")]
    except OSError as error:
        raise VoiceError(f"cannot read {path}: {error.strerror}.", cure) from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise VoiceError(f"{path} holds no turns ({type(error).__name__}: {error}).", cure) from None
    if not traces:
        raise VoiceError(f"no turn in {path} has stamps.", cure)
    return traces


def _trace(turn: dict[str, Any]) -> Trace:
    stamps = {name: int(turn["stamps"].get(name, 0)) for name in STAMPS}
    tools = tuple(str(t["name"]) if isinstance(t, dict) else str(t) for t in turn.get("tools", ()))
    return Trace(
        turn_id=str(turn.get("turn_id", "")),
        stamps=stamps,
        interrupted=bool(turn.get("interrupted", False)),
        speculative=bool(turn.get("speculative", False)),
        guesses=int(turn.get("guesses", 0)),
        wasted_ms=float(turn.get("wasted_ms", 0.0)),
        prompt_tokens=int(turn.get("prompt_tokens", 0)),
        cached_tokens=int(turn.get("cached_tokens", 0)),
        tools=tools,
    )
