"""`bench`: start-up time, memory and CPU of every node, idle and in a turn, and the response gap of ten turns."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from voice_pipeline.bringup.person import BENCH, recordings
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._audio_folder import wav_files
from voice_pipeline.commands._screen import Screen
from voice_pipeline.commands._values import existing_folder, number, output_folder, whole
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.stages import percentile


@dataclass
class Load:
    """Of one node with its child processes: memory in MB, CPU in percent of one core."""

    rss_mb: float = 0.0
    cpu_idle: float = 0.0
    cpu_turn: float = 0.0


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 1 some turns had no answer, 2 it could not start, 130 interrupted."""
    parser = Parser(prog="bench", description=__doc__)
    parser.add_argument(
        "--audio", type=existing_folder, help="a folder with a manifest.csv to take the person's speech from"
    )
    parser.add_argument("--turns", type=whole(1), default=10)
    parser.add_argument(
        "--idle", type=number(0.1), default=10.0, help="seconds of silence to measure (default %(default)s)"
    )
    parser.add_argument("--profile", default="demo")
    parser.add_argument("--out", type=output_folder, default="build/bench")
    options = parser.parse_args(args)
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    try:
        files = (wav_files(options.audio) if options.audio else recordings(BENCH))[: options.turns]
        with Screen() as screen:
            overrides = {"audio_player": {"file_path": str(options.out / "answers.wav")}}
            with Session(
                options.profile,
                options.out / "logs",
                robot="sim",
                audio="file",
                overrides=overrides,
                on_event=screen.show,
            ) as session:
                summary = _measure(session, screen, files, options.idle)
    except VoiceError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbench: interrupted; nothing was written.", file=sys.stderr)
        return 130
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    _print(console, summary)
    return 0 if summary["answered"] == len(files) else 1


def _measure(session: Session, screen: Screen, files: Sequence[Path], idle_s: float) -> dict[str, object]:
    pids = {name: process.pid for name, process in session.processes.running.items()}
    loads = {name: Load() for name in pids}
    session.say(files[0])  # not counted: the first turn of a run fills caches
    session.watcher.turns.clear()
    screen.line("idle", f"measuring {idle_s:.0f} s of silence")
    before, began = _cpu(pids), time.monotonic()
    session.drain(idle_s)
    for name, used in _cpu(pids).items():
        loads[name].cpu_idle = 100 * (used - before[name]) / (time.monotonic() - began)
    before, began = _cpu(pids), time.monotonic()
    for file in files:
        screen.line("person", f"plays {file.name}")
        screen.turn(session.say(file))
    for name, used in _cpu(pids).items():
        loads[name].cpu_turn = 100 * (used - before[name]) / (time.monotonic() - began)
        loads[name].rss_mb = _rss(pids[name]) / 1e6
    gaps = [t.gap_ms for t in session.watcher.turns]
    return {
        "start_s": round(session.start_s, 1),
        "turns": len(files),
        "answered": sum(1 for g in gaps if g == g),
        "gap_ms_p50": round(percentile(gaps, 0.5)),
        "gap_ms_p95": round(percentile(gaps, 0.95)),
        "gap_ms": [round(g) for g in gaps if g == g],
        "stages_ms_p50": _stages(session),
        "nodes": {
            name: {
                "rss_mb": round(load.rss_mb),
                "cpu_percent": round(load.cpu_turn, 1),
                "cpu_percent_idle": round(load.cpu_idle, 1),
            }
            for name, load in loads.items()
        },
    }


def _stages(session: Session) -> dict[str, float]:
    by_word: dict[str, list[float]] = {}
    for turn in session.watcher.turns:
        for word, ms in turn.stages_ms():
            by_word.setdefault(word, []).append(ms)
    return {word: round(percentile(values, 0.5)) for word, values in by_word.items()}


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _cpu(pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds used so far, children included."""
    return {name: sum(sum(p.cpu_times()[:2]) for p in _family(pid)) for name, pid in pids.items()}


def _rss(pid: int) -> float:
    return float(sum(p.memory_info().rss for p in _family(pid)))


def _print(console: Console, summary: dict[str, object]) -> None:
    table = Table(title="Per node, child processes included", title_justify="left")
    for column in ("node", "memory MB", "CPU % idle", "CPU % in turns"):
        table.add_column(column, justify="left" if column == "node" else "right")
    nodes = summary["nodes"]
    assert isinstance(nodes, dict)
    for name, n in nodes.items():
        table.add_row(name, f"{n['rss_mb']}", f"{n['cpu_percent_idle']}", f"{n['cpu_percent']}")
    table.add_row(
        "all", *(f"{sum(n[k] for n in nodes.values()):.0f}" for k in ("rss_mb", "cpu_percent_idle", "cpu_percent"))
    )
    console.print(table)
    console.print(
        f"start {summary['start_s']} s · gap p50 {summary['gap_ms_p50']} ms, p95 {summary['gap_ms_p95']} ms "
        f"over {summary['answered']} of {summary['turns']} turns · stages p50 {summary['stages_ms_p50']}"
    )


if __name__ == "__main__":
    sys.exit(main())
