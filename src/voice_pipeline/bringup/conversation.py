"""What happened in a conversation, turn by turn, put together from the pipeline's own messages; no ROS in here."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from voice_pipeline.turn.critical_path import critical_path
from voice_pipeline.turn.stages import durations_ms


@dataclass
class Turn:
    """One exchange. Seconds and degrees; stamps in nanoseconds since the epoch."""

    turn_id: str = ""
    transcript: str = ""
    confidence: float = math.nan
    asr_s: float = math.nan
    reply: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    answer_seconds: float = 0.0
    head_moved_deg: float = 0.0
    gap_ms: float = math.nan
    stamps: dict[str, int] = field(default_factory=dict)
    interrupted: bool = False
    speculative: bool = False
    guesses: int = 0
    wasted_ms: float = 0.0
    prompt_tokens: int = 0
    cached_tokens: int = 0

    def stages_ms(self) -> list[tuple[str, float]]:
        """What the answer waited for, in order, in milliseconds; adds up to the gap. Empty when nothing was heard."""
        return list(durations_ms(critical_path(self.stamps)).items())

    def as_dict(self) -> dict[str, Any]:
        """For JSON: NaN becomes null."""
        raw = asdict(self)
        raw["stages_ms"] = {word: round(ms, 1) for word, ms in self.stages_ms()}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in raw.items()}


def head_angle_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Largest difference of roll, pitch or yaw between two head poses given in rad, in degrees."""
    return math.degrees(max(abs(x - y) for x, y in zip(a, b, strict=True)))
