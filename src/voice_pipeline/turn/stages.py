"""The stages of a turn: when each worked, which of them the answer waited for, and both over many turns.

Pure: stamps in, milliseconds out. Nodes, sessions and commands share it; the critical path has a file of its own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from voice_pipeline.turn.critical_path import HAND_OVER, STEPS, Span, critical_path

# The stamps of TurnLatency in the usual order. Nanoseconds since the epoch; 0 or absent: did not take place.
STAMPS = (
    "speech_end",
    "pause",
    "verdict",
    "vad_end",
    "asr_start",
    "asr_final",
    "commit",
    "llm_request",
    "llm_first_token",
    "first_clause",
    "tts_request",
    "first_audio",
    "first_played",
)
# In the order of a picture, from top to bottom.
STAGES = (*(step.stage for step in STEPS if step.begin), HAND_OVER)


def gap_ms(stamps: Mapping[str, int]) -> float:
    """End of speech to first audible sample; NaN when either is missing."""
    begin, end = stamps.get("speech_end", 0), stamps.get("first_played", 0)
    return (end - begin) / 1e6 if begin and end else math.nan


def waterfall(stamps: Mapping[str, int]) -> list[Span]:
    """When each stage worked, in the order of STAGES; with speculation they overlap.

    Stages that did not take place are left out. Without an end of speech (a typed question) time counts from the first
    stamp there is.
    """
    origin = stamps.get("speech_end", 0) or min((t for t in stamps.values() if t), default=0)
    spans = []
    for step in STEPS:
        begin = max((stamps.get(name, 0) for name in step.begin), default=0)
        if step.stamp == "vad_end" and not begin:  # no pause was told of: one wait from the end of speech on
            begin = stamps.get("speech_end", 0)
        end = stamps.get(step.stamp, 0)
        if begin and end:
            spans.append(Span(step.stage, begin - origin, max(begin, end) - origin))
    return spans


def durations_ms(spans: Iterable[Span]) -> dict[str, float]:
    """Milliseconds a stage, added up over its spans, in order of first appearance."""
    total: dict[str, int] = {}
    for span in spans:
        total[span.stage] = total.get(span.stage, 0) + span.end - span.begin
    return {stage: ns / 1e6 for stage, ns in total.items()}


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie, by linear interpolation; NaN when there are none."""
    ordered = sorted(v for v in values if not math.isnan(v))
    if not ordered:
        return math.nan
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


@dataclass(frozen=True)
class _Times:
    gap_ms: float
    worked: dict[str, float]
    held_up: dict[str, float]
    speculative: bool
    guesses: int
    wasted_ms: float
    interrupted: bool


@dataclass
class StageStatistics:
    """Stages over the last `window` turns. One thread may add while another reads.

    Hand-overs have no work of their own: for them `worked` is what the answer waited for.
    """

    window: int = 100
    _turns: deque[_Times] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._turns = deque(maxlen=self.window)

    def add(
        self,
        stamps: Mapping[str, int],
        *,
        speculative: bool = False,
        guesses: int = 0,
        wasted_ms: float = 0.0,
        interrupted: bool = False,
    ) -> None:
        """One turn, as TurnLatency tells it; `stamps` by name in nanoseconds."""
        held_up = durations_ms(critical_path(stamps))
        worked = {HAND_OVER: held_up[HAND_OVER]} if HAND_OVER in held_up else {}
        worked |= durations_ms(waterfall(stamps))
        gap = gap_ms(stamps)
        self._turns.append(_Times(gap, worked, held_up, speculative, guesses, wasted_ms, interrupted))

    @property
    def turns(self) -> int:
        """How many are in the window."""
        return len(self._turns)

    @property
    def interrupted(self) -> int:
        """How many of them the person spoke over."""
        return sum(t.interrupted for t in list(self._turns))

    @property
    def hit_rate(self) -> float:
        """Of the turns that were guessed at, the share whose guess was kept; NaN when none was."""
        tried = [t.speculative for t in list(self._turns) if t.guesses or t.speculative]
        return sum(tried) / len(tried) if tried else math.nan

    @property
    def wasted_ms(self) -> float:
        """Time the language model spent on guesses that were dropped, all turns together."""
        return math.fsum(t.wasted_ms for t in list(self._turns))

    def gaps(self) -> list[float]:
        """Milliseconds from the end of speech to the first sound, of the turns that were answered aloud."""
        return [t.gap_ms for t in list(self._turns) if not math.isnan(t.gap_ms)]

    def worked(self, stage: str) -> list[float]:
        """Milliseconds the stage took, in the turns in which it took place."""
        return [t.worked[stage] for t in list(self._turns) if stage in t.worked]

    def held_up(self, stage: str) -> list[float]:
        """Milliseconds the answer waited for the stage, in the turns that were answered aloud; 0 where it did not."""
        return [t.held_up.get(stage, 0.0) for t in list(self._turns) if t.held_up]

    def values(self) -> dict[str, float]:
        """For /diagnostics: `gap_ms_p50`, `recognition_ms_p95`, ... (what was not seen is left out), `turns`,
        `speculation_hit_rate` (0..1), `wasted_ms_per_turn`."""
        result = {"turns": float(self.turns)}
        for name, values in (("gap", self.gaps()), *((stage, self.worked(stage)) for stage in STAGES)):
            key = name.replace("-", "_").replace(" ", "_")
            if values:
                result[f"{key}_ms_p50"] = round(percentile(values, 0.5), 1)
                result[f"{key}_ms_p95"] = round(percentile(values, 0.95), 1)
        if not math.isnan(self.hit_rate):
            result["speculation_hit_rate"] = round(self.hit_rate, 3)
        if self.turns:
            result["wasted_ms_per_turn"] = round(self.wasted_ms / self.turns, 1)
        return result
