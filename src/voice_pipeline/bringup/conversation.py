"""What happened in a conversation, turn by turn, put together from the pipeline's own messages; no ROS in here."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

# Stages of TurnLatency in the order of time, and the word for what lies between one and the next.
STAGES = (
    ("speech_end", ""),
    ("vad_end", "end of speech"),
    ("asr_final", "recognition"),
    ("commit", "hand-over"),
    ("llm_request", "prompt"),
    ("llm_first_token", "first token"),
    ("first_clause", "first clause"),
    ("tts_request", "queue"),
    ("first_audio", "synthesis"),
    ("first_played", "playback"),
)


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

    def stages_ms(self) -> list[tuple[str, float]]:
        """Milliseconds each stage took; stages that did not take place are left out, their time goes to the next one.

        A stage that ended before the one ahead of it (recognition that ran while the end of speech was still open) took
        no time of the gap.
        """
        result = []
        last = self.stamps.get("speech_end", 0)
        for name, word in STAGES[1:]:
            at = self.stamps.get(name, 0)
            if at and last:
                result.append((word, max(0, at - last) / 1e6))
                last = max(last, at)
        return result

    def as_dict(self) -> dict[str, Any]:
        """For JSON: NaN becomes null."""
        raw = asdict(self)
        raw["stages_ms"] = {word: round(ms, 1) for word, ms in self.stages_ms()}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in raw.items()}


def head_angle_deg(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Largest difference of roll, pitch or yaw between two head poses given in rad, in degrees."""
    return math.degrees(max(abs(x - y) for x, y in zip(a, b, strict=True)))


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie, by linear interpolation; NaN when there are none."""
    ordered = sorted(v for v in values if not math.isnan(v))
    if not ordered:
        return math.nan
    position = share * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)
