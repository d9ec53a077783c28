"""From turns to figures: percentiles, ratios with their intervals, word error rates, the table. Nothing runs in here."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import jiwer
from bench.gap.overhead import split
from bench.gap.settings import ARMS
from bench.gap.turns import Row
from rich.console import Console
from rich.table import Table
from whisper_normalizer.english import EnglishTextNormalizer

from voice_pipeline.turn.stages import percentile

_RESAMPLES = 4000
RATIOS = {"ratio_pipecat_tuned": "pipecat_tuned", "ratio_sequence": "sequence"}
_MORE_RATIOS = {"ratio_pipecat_default": "pipecat_default", "ratio_no_speculation": "ours_no_speculation"}


def summarise(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """Everything that is measured, by arm and between arms. What nobody measured is null."""
    by_arm = {arm: [r for r in rows if r.arm == arm] for arm in ARMS}
    summary: dict[str, Any] = {"arms": {arm: arm_figures(turns) for arm, turns in by_arm.items() if turns}}
    for key, other in {**RATIOS, **_MORE_RATIOS}.items():
        found = ratio(by_arm["ours"], by_arm[other], seed)
        summary[key] = found["ratio"] if found else None
        summary[f"{key}_interval"] = found["interval"] if found else None
        summary[f"{key}_pairs"] = found["pairs"] if found else 0
    return summary | overhead_figures(by_arm["ours"])


def arm_figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Figures of one arm. Gaps of turns cut off are counted, not averaged."""
    gaps = [r.gap_ms for r in rows if r.good]
    return {
        "turns": len(rows),
        "answered": sum(r.answered for r in rows),
        "cut_off": sum(r.cut_off for r in rows),
        "split": sum(r.segments > 1 for r in rows),
        "p50_ms": _rounded(percentile(gaps, 0.5)),
        "p95_ms": _rounded(percentile(gaps, 0.95)),
        "wer": word_error_rate(rows),
        "cpu_s": _rounded(statistics.fmean([r.cpu_s for r in rows]) if rows else math.nan, 2),
        "reply_words": _rounded(statistics.fmean([len(r.reply.split()) for r in rows]) if rows else math.nan, 1),
    }


def ratio(ours: Sequence[Row], theirs: Sequence[Row], seed: int) -> dict[str, Any] | None:
    """Median of ours over median of theirs on the recordings that both answered after their end, with its 95 % interval.

    Bootstrap over recordings: what varies between them (length, voice, how the sentence ends) varies for both at once.
    """
    theirs_by_file = {r.file: r.gap_ms for r in theirs if r.good}
    pairs = [(r.gap_ms, theirs_by_file[r.file]) for r in ours if r.good and r.file in theirs_by_file]
    if len(pairs) < 2:
        return None
    dice = random.Random(seed)
    drawn = sorted(_median_ratio([dice.choice(pairs) for _ in pairs]) for _ in range(_RESAMPLES))
    interval = [round(percentile(drawn, q), 3) for q in (0.025, 0.975)]
    return {"ratio": round(_median_ratio(pairs), 3), "interval": interval, "pairs": len(pairs)}


def _median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    below = statistics.median(p[1] for p in pairs)
    return statistics.median(p[0] for p in pairs) / below if below else math.nan


def overhead_figures(rows: Sequence[Row]) -> dict[str, Any]:
    """What our machinery costs; see overhead.py for what that is."""
    splits = [s for r in rows if r.good and (s := split(r.trace.get("stamps", {})))]
    figures: dict[str, Any] = {"overhead_turns": len(splits)}
    for name, values in (
        ("overhead_ms", [s.overhead for s in splits]),
        ("overhead_with_wait_ms", [s.overhead_with_wait for s in splits]),
        ("compute_ms", [s.compute for s in splits]),
        ("decision_wait_ms", [s.decision_wait for s in splits]),
    ):
        for share, label in ((0.5, "p50"), (0.95, "p95")):
            figures[f"{name}_{label}"] = _rounded(percentile(values, share), 1)
    return figures


def word_error_rate(rows: Sequence[Row]) -> float | None:
    """Over all turns of an arm, after Whisper's own normalising of English; a turn without words counts as all missed."""
    clean = EnglishTextNormalizer()
    pairs = [(clean(r.reference), clean(r.heard)) for r in rows]
    pairs = [p for p in pairs if p[0]]
    if not pairs:
        return None
    return round(float(jiwer.wer([a for a, _ in pairs], [b for _, b in pairs])), 4)


def _rounded(value: float, digits: int = 0) -> float | int | None:
    if math.isnan(value):
        return None
    return round(value, digits) if digits else round(value)


def show(console: Console, summary: Mapping[str, Any]) -> None:
    """Print the table and the ratios."""
    table = Table(title="Response gap: last speech sample to first audible sample of the answer", title_justify="left")
    columns = ("arm", "p50 ms", "p95 ms", "WER", "CPU s/turn", "answered", "cut off", "split", "words")
    for column in columns:
        table.add_column(column, justify="left" if column == "arm" else "right")
    for arm, f in summary["arms"].items():
        wer = "-" if f["wer"] is None else f"{100 * f['wer']:.1f} %"
        counts = (f"{f['answered']}/{f['turns']}", str(f["cut_off"]), str(f["split"]))
        table.add_row(
            arm, *(_cell(f[k]) for k in ("p50_ms", "p95_ms")), wer, _cell(f["cpu_s"]), *counts, _cell(f["reply_words"])
        )
    console.print(table)
    for arm in summary["arms"]:
        console.print(f"{arm}: {ARMS[arm]}", style="dim")
    for key, other in {**RATIOS, **_MORE_RATIOS}.items():
        if summary[key] is not None:
            low, high = summary[f"{key}_interval"]
            console.print(
                f"ours / {other}: {summary[key]:.2f} (95 % {low:.2f} to {high:.2f}, {summary[f'{key}_pairs']} recordings)"
            )
    if summary["overhead_turns"]:
        s = summary
        console.print(
            f"our own machinery: {s['overhead_ms_p50']} ms p50, {s['overhead_ms_p95']} ms p95; with the silence that must "
            f"pass first {s['overhead_with_wait_ms_p50']} and {s['overhead_with_wait_ms_p95']} ms; models "
            f"{s['compute_ms_p50']} ms p50; waiting for the decision {s['decision_wait_ms_p50']} ms p50"
        )


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
