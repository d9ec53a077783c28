"""The pictures of the latency report, as SVG. The only file that imports matplotlib; without pyplot, so without a display."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from voice_pipeline.commands._latency_traces import Trace
from voice_pipeline.commands._stage_colours import COLOURS
from voice_pipeline.turn.critical_path import Span, critical_path
from voice_pipeline.turn.stages import STAGES, StageStatistics, percentile, waterfall

_WIDTH = 9.0  # inches; the page scales it
_ROW, _MARGIN = 0.34, 1.3  # inches a row, and for title and axis
_PATH = "the answer waited for"
# Text stays text (to search and to copy); the salt makes the same turns give the same file.
_STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "voice_pipeline", "font.size": 9, "axes.axisbelow": True}
_KINDS = (
    ("guess kept", "o", "#0072b2"),
    ("no guess kept", "s", "#e69f00"),
    ("interrupted", "X", "#d55e00"),
)


def waterfall_figure(trace: Trace, title: str) -> Figure:
    """One turn: a row a stage on a common time axis, what the answer waited for in full colour, and that as one bar."""
    works, holds = waterfall(trace.stamps), critical_path(trace.stamps)
    rows = [stage for stage in STAGES if any(s.stage == stage for s in (*works, *holds))]
    figure, axes = _canvas(len(rows) + 1, title)
    for y, stage in enumerate(rows):
        mine = [s for s in works if s.stage == stage]
        held = [s for s in holds if s.stage == stage]
        _bars(axes, mine, y, alpha=0.3)
        _bars(axes, held, y, edgecolor="black", linewidth=0.8)
        last = max(span.end for span in (*mine, *held)) / 1e6
        _note(axes, _amount(mine, held), last, y)
    _bars(axes, holds, len(rows), height=0.8, edgecolor="black", linewidth=0.8)
    _label_wide(axes, holds, len(rows))
    axes.set_yticks(range(len(rows) + 1), [*rows, _PATH])
    axes.get_yticklabels()[-1].set_fontweight("bold")
    axes.invert_yaxis()
    axes.set_xlabel("ms after the end of speech")
    end = max((s.end for s in (*works, *holds)), default=1) / 1e6
    axes.set_xlim(min(0.0, end), end * 1.14)
    if not math.isnan(trace.gap_ms):
        axes.axvline(trace.gap_ms, color="black", linestyle=":", linewidth=1)
    _legend(
        figure,
        [
            Patch(facecolor="#777777", edgecolor="black", label="the answer waited for it"),
            Patch(facecolor="#777777", alpha=0.3, label="ran while the answer waited for something else"),
            Line2D([], [], color="black", linestyle=":", label="first sound of the answer"),
        ],
    )
    return figure


def stages_figure(statistics: StageStatistics) -> Figure:
    """All turns: every stage's own time as a box (quartiles, median) with a point a turn; the gap below."""
    rows = [(stage, statistics.worked(stage), COLOURS[stage]) for stage in STAGES if statistics.worked(stage)]
    if statistics.gaps():
        rows.append(("gap", statistics.gaps(), "#000000"))
    figure, axes = _canvas(len(rows), f"Time each stage took in {statistics.turns} turns")
    for y, (_, values, colour) in enumerate(rows):
        low, middle, high = (percentile(values, share) for share in (0.25, 0.5, 0.75))
        axes.barh(y, high - low, left=low, height=0.6, color=colour, alpha=0.25)
        axes.plot([middle, middle], [y - 0.3, y + 0.3], color=colour, linewidth=2)
        # Points of one row apart from each other, the same way each time.
        heights = [y + 0.2 * ((i * 0.618) % 1.0 - 0.5) for i in range(len(values))]
        axes.plot(values, heights, "o", color=colour, markersize=4, alpha=0.7, markeredgewidth=0)
        worst = percentile(values, 0.95)
        axes.plot([worst], [y], "|", color=colour, markersize=14, markeredgewidth=1)
        _note(axes, f"{middle:.0f} / {worst:.0f}", max(values), y)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.invert_yaxis()
    axes.set_xlabel("ms (figures: p50 / p95)")
    axes.set_xlim(0, max((max(v) for _, v, _ in rows), default=1.0) * 1.16 or 1.0)
    _legend(
        figure,
        [
            Line2D([], [], marker="o", linestyle="", color="#777777", label="one turn"),
            Patch(facecolor="#777777", alpha=0.25, label="middle half of the turns"),
            Line2D([], [], color="#777777", linewidth=2, label="p50"),
            Line2D([], [], marker="|", linestyle="", markersize=10, color="#777777", label="p95"),
        ],
    )
    return figure


def gap_figure(traces: Sequence[Trace]) -> Figure:
    """The gap turn by turn, by what became of the guess, with p50 and p95."""
    figure, axes = _canvas(6, "Gap from the end of speech to the first sound, turn by turn")
    heard = [(i + 1, t) for i, t in enumerate(traces) if not math.isnan(t.gap_ms)]
    axes.plot([i for i, _ in heard], [t.gap_ms for _, t in heard], color="#bbbbbb", linewidth=1)
    for label, marker, colour in _KINDS:
        points = [(i, t.gap_ms) for i, t in heard if _kind(t) == label]
        if points:
            axes.plot(*zip(*points, strict=True), marker, color=colour, label=label)
    gaps = [t.gap_ms for _, t in heard]
    for share, style in ((0.5, "--"), (0.95, ":")):
        value = percentile(gaps, share)
        axes.axhline(value, color="black", linestyle=style, linewidth=1, label=f"p{100 * share:.0f}: {value:.0f} ms")
    axes.set_xlabel("turn")
    axes.set_ylabel("gap in ms")
    axes.set_ylim(0, max(gaps) * 1.1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _legend(figure, axes.get_legend_handles_labels()[0])
    return figure


def svg(figure: Figure) -> str:
    """The picture as an SVG document."""
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure.savefig(out, format="svg", bbox_inches="tight", metadata={"Date": None})
    return out.getvalue()


def _canvas(rows: int, title: str) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, _MARGIN + _ROW * rows), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontweight="bold")
        axes.grid(axis="x", color="#e5e5e5")
        axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _legend(figure: Figure, handles: Sequence[Artist]) -> None:
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False, fontsize=8)


def _note(axes: Axes, text: str, x: float, y: float) -> None:
    """A figure to the right of a point, on white so that lines do not cross it."""
    white = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
    axes.annotate(text, (x, y), (6, 0), textcoords="offset points", va="center", fontsize=8, bbox=white)


def _bars(axes: Axes, spans: Sequence[Span], y: int, height: float = 0.62, **style: object) -> None:
    for span in spans:
        axes.barh(y, span.ms, left=span.begin / 1e6, height=height, color=COLOURS[span.stage], **style)  # type: ignore[arg-type]


def _label_wide(axes: Axes, spans: Sequence[Span], y: int) -> None:
    """Milliseconds into every part of the bar that has room for them."""
    total = sum(span.ms for span in spans)
    for span in spans:
        if span.ms > 0.06 * total:
            red, green, blue = to_rgb(COLOURS[span.stage])
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5  # luma, ITU-R BT.601
            middle = (span.begin + span.end) / 2e6
            axes.text(
                middle, y, f"{span.ms:.0f}", ha="center", va="center", fontsize=8, color="white" if dark else "black"
            )


def _amount(works: Sequence[Span], holds: Sequence[Span]) -> str:
    """`132 ms`, or `132 ms, 40 waited` where the answer waited for a part of it."""
    took, waited = sum(s.ms for s in works), sum(s.ms for s in holds)
    if not works or abs(took - waited) < 0.5:
        return f"{waited or took:.0f} ms"
    return f"{took:.0f} ms" + (f", {waited:.0f} waited" if holds else "")


def _kind(trace: Trace) -> str:
    if trace.interrupted:
        return "interrupted"
    return "guess kept" if trace.speculative else "no guess kept"
