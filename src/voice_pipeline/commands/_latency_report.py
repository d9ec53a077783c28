"""Writes the latency report: one HTML page with its pictures inside, and each picture as a file of its own."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from voice_pipeline.commands._latency_traces import Trace, statistics_of
from voice_pipeline.commands._latency_view import summary
from voice_pipeline.commands._stage_colours import COLOURS
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.stages import STAGES, StageStatistics, percentile

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Where the time of a turn goes</title>
<style>
body {{ font: 15px/1.5 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }}
table {{ border-collapse: collapse; }}
th, td {{ padding: .2em .8em; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums; }}
th:first-child, td:first-child, td.text {{ text-align: left; }}
figure {{ margin: 1.5em 0; }}
svg {{ width: 100%; height: auto; }}
.swatch {{ display: inline-block; width: .9em; height: .9em; margin-right: .5em; vertical-align: -.1em; }}
</style>
</head>
<body>
<h1>Where the time of a turn goes</h1>
<p>{summary}.</p>
<p>The gap runs from the last sample of the person's speech to the first audible sample of the answer. With speculation,
stages overlap: <b>took</b> is a stage's own time, <b>waited</b> is the part of the gap in which the answer waited for
it and for nothing later. What was waited for adds up to the gap.</p>
{stages}
{pictures}
<h2>Turns</h2>
{turns}
</body>
</html>
"""


def missing_library() -> str:
    """Why no picture can be drawn, with the cure; empty when the library is there."""
    if find_spec("matplotlib") is not None:
        return ""
    return "matplotlib is not installed. Run `make setup`, or `pip install 'voice_pipeline[report]'` (from the checkout: .[report])."


def write_report(folder: Path, traces: Sequence[Trace]) -> Path:
    """Write report.html and its pictures into a folder that exists; returns the page's path.

    Raises:
        VoiceError: the plotting library is not installed.
        OSError: the folder cannot be written.
    """
    if why := missing_library():
        raise VoiceError(
            f"no report: {why}", f"The turns are kept: latency --from {folder / 'turns.json'} makes it afterwards."
        )
    from voice_pipeline.commands import _latency_figures as draw  # takes a second and 60 MB: only for a report

    statistics = statistics_of(traces)
    figures = {name: draw.waterfall_figure(trace, title) for name, trace, title in _chosen(traces)}
    figures["stages"] = draw.stages_figure(statistics)
    if statistics.gaps():
        figures["gap"] = draw.gap_figure(traces)
    pictures = {name: draw.svg(figure) for name, figure in figures.items()}
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture)
    page = folder / "report.html"
    page.write_text(
        _PAGE.format(
            summary=html.escape(summary(statistics)),
            stages=_stage_table(statistics),
            pictures="\n".join(f"<figure>\n{_inline(n, p)}</figure>" for n, p in pictures.items()),
            turns=_turn_table(traces),
        )
    )
    return page


def _chosen(traces: Sequence[Trace]) -> list[tuple[str, Trace, str]]:
    """The turns to draw: file name, turn, title. The last one when no answer was heard at all."""
    heard = sorted((t for t in traces if not math.isnan(t.gap_ms)), key=lambda t: t.gap_ms)
    if not heard:
        return [("last", traces[-1], f"Last turn {traces[-1].turn_id} (no answer was heard)")]
    median, slowest = heard[(len(heard) - 1) // 2], heard[-1]
    if len(heard) == 1:
        return [("median", median, f"The only answered turn {median.turn_id}: {median.gap_ms:.0f} ms")]
    return [
        ("median", median, f"Median turn {median.turn_id}: {median.gap_ms:.0f} ms"),
        ("slowest", slowest, f"Slowest turn {slowest.turn_id}: {slowest.gap_ms:.0f} ms"),
    ]


def _inline(name: str, svg: str) -> str:
    """The <svg> element alone, its ids made unique: several share one page."""
    element = svg[svg.index("<svg") :]
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", element)


def _stage_table(statistics: StageStatistics) -> str:
    rows = ["<tr><th>stage</th><th>took p50</th><th>p95</th><th>waited p50</th><th>p95 (ms)</th></tr>"]
    for stage in STAGES:
        worked, waited = statistics.worked(stage), statistics.held_up(stage)
        if worked or any(waited):
            swatch = f'<span class="swatch" style="background:{COLOURS[stage]}"></span>'
            rows.append(_row(swatch + stage, *_p50_p95(worked), *_p50_p95(waited)))
    rows.append(_row("<b>gap</b>", "", "", *_p50_p95(statistics.gaps())))
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _turn_table(traces: Sequence[Trace]) -> str:
    rows = ["<tr><th>turn</th><th>gap (ms)</th><th>waited longest for</th><th>notes</th></tr>"]
    for trace in traces:
        path = trace.held_up_ms()
        longest = max(path, key=lambda stage: path[stage]) if path else ""
        gap = "" if math.isnan(trace.gap_ms) else f"{trace.gap_ms:.0f}"
        most = f"{longest} {path[longest]:.0f}" if path else ""
        rows.append(_row(html.escape(trace.turn_id), gap, most, html.escape(trace.notes().strip(" ()"))))
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _p50_p95(values: Sequence[float]) -> tuple[str, str]:
    return (f"{percentile(values, 0.5):.0f}", f"{percentile(values, 0.95):.0f}") if values else ("", "")
