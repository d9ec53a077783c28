"""What `eval` prints: tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from voice_pipeline.commands._eval_bag import Pair
from voice_pipeline.commands._eval_result import Result


def percent(value: float | None) -> str:
    """A share as per cent."""
    return "-" if value is None else f"{100 * value:.1f} %"


def ms(values: dict[str, float] | None, absolute: bool = False) -> str:
    """Median and 95th percentile."""
    if values is None:
        return "-"
    prefix = "abs_" if absolute else ""
    return f"{values[prefix + 'p50']:.0f} / {values[prefix + 'p95']:.0f} ms"


def rates_table(summary: dict[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    """Rows: group, files, unit, pipeline, whole files, missed."""
    rows = []
    for title, key in (("category", "by_category"), ("condition", "by_condition"), ("language", "by_language")):
        found = summary[key]
        if len(found) > 1 or key == "by_category":
            rows += [
                (
                    f"{title}: {name}",
                    str(g["files"]),
                    g["unit"],
                    percent(g["rate"]),
                    percent(g["rate_whole_files"]),
                    str(g["missed"]),
                )
                for name, g in found.items()
            ]
    for name, key in (("words", "wer"), ("characters", "cer")):
        if summary[key] is not None:
            whole, missed = percent(summary[key + "_whole_files"]), str(summary["missed_utterances"])
            rows.append(("all", str(summary["spoken_files"]), name, percent(summary[key]), whole, missed))
    return rows


def figures(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Everything that is not an error rate, as (what, value)."""
    s = summary
    rows = [
        (
            f"on {s['silent_files']} recordings without words",
            f"{s['false_utterances']} with words passed on, {s['words_on_noise']} words "
            f"(whole files: {s['words_on_noise_whole_files']} words)",
        ),
        ("speech not detected at all", f"{s['not_detected']} of {s['spoken_files']}"),
        ("recordings heard as several utterances", str(s["split_utterances"])),
        ("false starts (voice activity took back)", str(s["false_starts"])),
        ("start of speech, late (p50 / p95)", f"{ms(s['start_error_ms'])}, size {ms(s['start_error_ms'], True)}"),
        ("end of speech, late (p50 / p95)", f"{ms(s['end_error_ms'])}, size {ms(s['end_error_ms'], True)}"),
        ("end of speech -> transcript (p50 / p95)", ms(s["latency_ms"])),
        ("whole file -> text (p50 / p95)", ms(s["whole_file_ms"])),
        ("rejected, by parameter", ", ".join(f"{k} {v}" for k, v in s["rejected"].items()) or "none"),
    ]
    if d := s["wer_difference"]:
        words = f"{100 * d['mean']:+.1f} points, 95 % interval {100 * d['low']:+.1f} .. {100 * d['high']:+.1f}"
        rows.insert(0, ("word errors, pipeline against whole files", words))
    if s["detection"]:
        d = s["detection"]
        rows.append(
            (
                f"speech against the turns of {d['files']} recordings",
                f"{d['missed_s']:.1f} s missed of {d['speech_s']:.1f} s, {d['false_s']:.1f} s found where nobody spoke",
            )
        )
    return rows


def print_summary(console: Console, results: Sequence[Result], summary: dict[str, Any]) -> None:
    """The tables of an evaluation from files or live."""
    rates = rates_table(summary)
    if rates:
        table = Table("", title="Errors", title_justify="left")
        for column in ("files", "unit", "pipeline", "whole files", "missed"):
            table.add_column(column, justify="right")
        for row in rates:
            table.add_row(*row)
        console.print(table)
    table = Table(show_header=False, title="Hearing", title_justify="left")
    for what, value in figures(summary):
        table.add_row(what, escape(value))
    console.print(table)
    for result in results:
        for line in result.rejected:
            console.print(f"rejected in {result.file}: {escape(line)}", style="bright_black", soft_wrap=True)


def print_pairs(console: Console, pairs: Sequence[Pair], summary: dict[str, Any]) -> None:
    """The table of a replayed recording."""
    table = Table("s", "recorded", "now", "", title="Replayed", title_justify="left")
    for p in pairs:
        old, new = (
            f"({reason}) {text}" if reason else text
            for text, reason in ((p.recorded, p.recorded_reason), (p.replayed, p.replayed_reason))
        )
        table.add_row(f"{p.seconds:.1f}", escape(old), escape(new), "equal" if p.equal else "[red]differs[/]")
    console.print(table)
    console.print(
        f"{summary['equal']} of {summary['utterances']} utterances equal, "
        f"WER against the recorded words {percent(summary['wer_to_recorded'])}; "
        f"end of speech -> transcript {ms(summary['latency_ms'])}"
    )
    if summary["cut_off"]:
        console.print(f"cut off (`recordings --recover` finishes them): {', '.join(summary['cut_off'])}")
