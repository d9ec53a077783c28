"""Draws turns in a terminal while they happen: the last one as a waterfall, all of them as p50 and p95; lines in a log."""

from __future__ import annotations

import math

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from voice_pipeline.commands._latency_traces import Trace, add
from voice_pipeline.commands._stage_colours import COLOURS
from voice_pipeline.turn.critical_path import HAND_OVER, Span, critical_path
from voice_pipeline.turn.stages import STAGES, StageStatistics, percentile, waterfall

_NUMBERS = 62  # characters that the columns beside the picture take
_WORKS, _HOLDS = "░", "█"
_KEY = f"{_HOLDS} the answer waited for it   {_WORKS} it ran while the answer waited for something else"


class View:
    """Shows traces as they come. Use as a context manager."""

    def __init__(self, console: Console | None = None, window: int = 1000) -> None:
        self.console = console or Console(highlight=False)
        self.statistics = StageStatistics(window)
        self._live = Live(console=self.console, refresh_per_second=4, vertical_overflow="visible")

    def __enter__(self) -> View:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._live.stop()

    def status(self, text: str) -> None:
        """What is being waited for, until the first turn."""
        if self.console.is_terminal:
            self._live.update(Text(text, style="bright_black"))
        else:
            print(text, flush=True)

    def show(self, trace: Trace) -> None:
        """One more turn: its line stays, the picture is drawn anew."""
        add(self.statistics, trace)
        if self.console.is_terminal:
            self.console.print(Text(trace.line(), style="bright_black"), soft_wrap=True)
            self._live.update(picture(trace, self.statistics, self.console.width))
        else:
            print(trace.line(), flush=True)


def summary(statistics: StageStatistics) -> str:
    """All turns on one line."""
    gaps = statistics.gaps()
    words = [f"{statistics.turns} turn{'' if statistics.turns == 1 else 's'}"]
    words.append(
        f"gap p50 {percentile(gaps, 0.5):.0f} ms, p95 {percentile(gaps, 0.95):.0f} ms"
        if gaps
        else "no answer was heard"
    )
    if not math.isnan(statistics.hit_rate):
        words.append(f"guesses kept in {100 * statistics.hit_rate:.0f} % of the turns that had any")
    words.append(f"{statistics.wasted_ms:.0f} ms of the model's time wasted")
    return " · ".join([*words, f"{statistics.interrupted} interrupted"])


def picture(trace: Trace, statistics: StageStatistics, width: int) -> RenderableType:
    """The waterfall of one turn beside the figures of all, for a terminal of `width` characters."""
    works, holds = waterfall(trace.stamps), critical_path(trace.stamps)
    total = max((span.end for span in (*works, *holds)), default=1) or 1
    columns = max(16, width - _NUMBERS)
    table = Table(box=None, padding=(0, 1), title_justify="left", header_style="bright_black")
    table.add_column("stage", no_wrap=True)
    table.add_column(_axis(total, columns), no_wrap=True, width=columns)
    for name in ("took", "p50", "p95", "waited p50", "p95"):
        table.add_column(name, justify="right", no_wrap=True)
    for stage in STAGES:
        worked, waited = statistics.worked(stage), statistics.held_up(stage)
        if not worked and not any(waited):
            continue
        mine = [s for s in works if s.stage == stage], [s for s in holds if s.stage == stage]
        took = math.fsum(s.ms for s in (mine[1] if stage == HAND_OVER else mine[0]))
        table.add_row(
            Text(stage, style=f"bold {COLOURS[stage]}" if mine[1] else COLOURS[stage]),
            _bar(*mine, total, columns, COLOURS[stage]),
            f"{took:.0f}" if any(mine) else "",
            *_p50_p95(worked),
            *_p50_p95(waited),
        )
    gap = "" if math.isnan(trace.gap_ms) else f"{trace.gap_ms:.0f}"
    table.add_row(Text("gap", style="bold"), "", Text(gap, style="bold"), *_p50_p95(statistics.gaps()))
    return Group(table, Text(_KEY, style="bright_black"), Text(summary(statistics)))


def _p50_p95(values: list[float]) -> tuple[str, str]:
    return (f"{percentile(values, 0.5):.0f}", f"{percentile(values, 0.95):.0f}") if values else ("", "")


def _axis(total_ns: int, columns: int) -> str:
    """The time axis: 0 at the left, the last moment at the right, a round one between them."""
    end = f"{total_ns / 1e6:.0f} ms"
    middle = f"{total_ns / 2e6:.0f}"
    axis = "0" + middle.rjust(columns // 2 + len(middle) // 2 - 1)
    return axis + end.rjust(columns - len(axis))


def _bar(works: list[Span], holds: list[Span], total_ns: int, columns: int, colour: str) -> Text:
    cells = [" "] * columns
    for mark, spans in ((_WORKS, works), (_HOLDS, holds)):
        for span in spans:
            begin = min(columns - 1, max(0, math.floor(span.begin / total_ns * columns)))
            end = max(begin + 1, min(columns, round(span.end / total_ns * columns)))
            cells[begin:end] = [mark] * (end - begin)
    return Text("".join(cells), style=colour)
