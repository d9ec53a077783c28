"""Writes report.html of an evaluation: one page that needs nothing else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from voice_pipeline.commands._audio_folder import NOTHING, WORDS
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.commands._eval_tables import figures, ms, percent, rates_table
from voice_pipeline.commands._eval_words import difference

_WORST = 25
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>What the pipeline hears</title>
<style>
body {{ font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }}
td.n, th.n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
del {{ background: #fdd; color: #900; }}
ins {{ background: #dfd; color: #060; text-decoration: none; }}
pre {{ background: #f4f4f4; padding: .6em; overflow-x: auto; }}
.note {{ color: #666; }}
</style>
</head>
<body>
<h1>What the pipeline hears</h1>
<p>{what}</p>
{sections}
</body>
</html>
"""


def write_report(path: Path, summary: dict[str, Any], results: Sequence[Result], what: str) -> None:
    """Write the page; `what` is a line on the engine and where the sound came from.

    Raises:
        OSError: it cannot be written.
    """
    sections = []
    if summary.get("pairs") is not None:
        sections.append(_pairs(summary))
    elif results:
        sections += [_rates(summary), _figures(summary), _worst(results), _noise(results), _rejected(results)]
    if summary.get("settings"):
        lines = [f"{node}.{k} = {v!r}" for node, values in summary["settings"].items() for k, v in values.items()]
        sections.append(f"<h2>Settings</h2><pre>{html.escape(chr(10).join(lines))}</pre>")
    path.write_text(_PAGE.format(what=html.escape(what), sections="\n".join(sections)), encoding="utf-8")


def _rates(summary: dict[str, Any]) -> str:
    rows = [
        (_text(group), _number(files), _text(unit), _number(mine), _number(whole), _number(missed))
        for group, files, unit, mine, whole, missed in rates_table(summary)
    ]
    return "<h2>Errors</h2>" + _table(("", "#files", "unit", "#pipeline", "#whole files", "#missed"), rows)


def _figures(summary: dict[str, Any]) -> str:
    return "<h2>Hearing</h2>" + _table((), [(_text(a), _text(b)) for a, b in figures(summary)])


def _worst(results: Sequence[Result]) -> str:
    """Recordings with most errors; struck out: said and not heard, green: heard and not said."""
    wrong = [(r, *r.errors()) for r in results if r.speech == WORDS]
    wrong = sorted((w for w in wrong if w[1]), key=lambda w: -w[1])[:_WORST]
    rows = [
        (_text(r.file), _number(f"{count}/{units}"), _number(str(r.errors("whole")[0])), f"<td>{_marked(r)}</td>")
        for r, count, units in wrong
    ]
    note = (
        '<p class="note"><del>said and not heard</del> <ins>heard and not said</ins>, after Whisper\'s normaliser; '
        "errors of the same engine on the whole file beside it.</p>"
    )
    return "<h2>Most errors</h2>" + note + _table(("file", "#errors", "#whole file", "words"), rows)


def _marked(result: Result) -> str:
    parts = []
    for kind, said, heard in difference(result.reference or "", result.heard, result.language):
        if kind == "equal":
            parts.append(html.escape(said))
            continue
        if said:
            parts.append(f"<del>{html.escape(said)}</del>")
        if heard:
            parts.append(f"<ins>{html.escape(heard)}</ins>")
    return " ".join(parts)


def _noise(results: Sequence[Result]) -> str:
    rows = [
        (_text(r.file), _text(r.heard or "-"), _text(r.whole or "-"), _number(str(r.false_starts)))
        for r in results
        if r.speech == NOTHING
    ]
    if not rows:
        return ""
    return "<h2>Without words</h2>" + _table(("file", "passed on", "whole file", "#false starts"), rows)


def _rejected(results: Sequence[Result]) -> str:
    rows = [
        (_text(r.file), _text(line), _text(by))
        for r in results
        for line, by in zip(r.rejected, r.rejected_by, strict=True)
    ]
    return "<h2>Rejected</h2>" + _table(("file", "what and why", "parameter"), rows) if rows else ""


def _pairs(summary: dict[str, Any]) -> str:
    rows = [
        (
            _number(f"{p['seconds']:.1f}"),
            _text(p["recorded"], p["recorded_reason"]),
            _text(p["replayed"], p["replayed_reason"]),
            _text("equal" if p["equal"] else "differs"),
        )
        for p in summary["pairs"]
    ]
    line = (
        f"<p>{summary['equal']} of {summary['utterances']} utterances equal; WER against the recorded words "
        f"{percent(summary['wer_to_recorded'])}; end of speech to transcript {ms(summary['latency_ms'])} (p50 / p95).</p>"
    )
    return "<h2>Replayed</h2>" + line + _table(("#s", "recorded", "now", ""), rows)


def _text(text: str, note: str = "") -> str:
    more = f' <span class="note">({html.escape(note)})</span>' if note else ""
    return f"<td>{html.escape(text)}{more}</td>"


def _number(text: str) -> str:
    return f'<td class="n">{html.escape(text)}</td>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Heads with # in front stand above numbers; rows are finished cells."""
    cells = (f'<th class="n">{h[1:]}</th>' if h.startswith("#") else f"<th>{h}</th>" for h in heads)
    head = f"<tr>{''.join(cells)}</tr>" if heads else ""
    return f"<table>{head}{''.join(f'<tr>{chr(32).join(row)}</tr>' for row in rows)}</table>"
