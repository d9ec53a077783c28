"""`python -m bench.gap.sweep`: threads, cores and priorities of this pipeline against each other, on the same recordings.

Every variant is played every recording once, in fresh processes, in random order within each round. The table is what
docs/performance.md quotes.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.gap.ours import Ours
from bench.gap.overhead import split
from bench.gap.recordings import choose, listed
from bench.gap.settings import MODEL_SETS
from bench.gap.turns import Row
from rich.console import Console
from rich.table import Table

from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.stages import percentile
from voice_pipeline.vad.silero import SileroDetector

# What is tried, on two cores; the first is the profile as it comes.
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "as it comes": {},
    "voice 1 thread": {"tts": {"threads": 1}},
    "model gives way (nice 5)": {"dialogue": {"nice": 5}},
    "prompt 1 thread": {"dialogue": {"prompt_threads": 1}},
    "model 2 threads": {"dialogue": {"threads": 2}},
    "recognition 1 thread": {"asr": {"cpu_threads": 1}},
    "model on core 1, the rest on core 0": {
        "dialogue": {"cpus": "1", "prompt_threads": 1},
        **{n: {"cpus": "0"} for n in ("audio_capture", "vad", "audio_player")},
    },
    "no partial transcripts": {"asr": {"partial_period_s": 0.0}},
}
_WARM_UPS = 2


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 2 it could not start, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="sweep", description=__doc__)
    parser.add_argument("--models", choices=sorted(MODEL_SETS), default="demo")
    parser.add_argument("--variants", default=";".join(VARIANTS), help="which, separated by semicolons (default: all)")
    parser.add_argument("--limit", type=int, default=10, help="recordings (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="fresh starts of each variant (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/bench-gap"))
    options = parser.parse_args(args)
    console = Console(highlight=False, soft_wrap=True)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        rows = _measure(options, console)
    except VoiceError as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsweep: interrupted; nothing was written.", file=sys.stderr)
        return 130
    figures = {name: _figures(found) for name, found in rows.items()}
    (options.out / "sweep.json").write_text(
        json.dumps({"models": options.models, "variants": figures}, indent=1) + "\n"
    )
    _show(console, figures)
    return 0


def _measure(options: argparse.Namespace, console: Console) -> dict[str, list[Row]]:
    names = [n.strip() for n in options.variants.split(";") if n.strip()]
    if unknown := [n for n in names if n not in VARIANTS]:
        raise VoiceError(f"there is no variant '{unknown[0]}'.", f"There are: {'; '.join(VARIANTS)}.")
    detector = SileroDetector()
    recordings, _ = choose(listed(None), options.limit, options.seed, detector)
    rows: dict[str, list[Row]] = {n: [] for n in names}
    dice = random.Random(options.seed)
    for number in range(options.rounds):
        deal = recordings[number :: options.rounds]
        order = list(names)
        dice.shuffle(order)
        for name in order:
            log_dir = options.out / "logs" / "sweep"
            with Ours("ours", MODEL_SETS[options.models], log_dir, VARIANTS[name]) as arm:
                for recording in sorted(recordings, key=lambda r: r.seconds)[:_WARM_UPS]:  # not counted
                    arm.turn(recording, 0)
                rows[name] += [arm.turn(recording, number + 1) for recording in deal]
            gaps = [round(r.gap_ms) for r in rows[name] if r.good]
            console.print(f"round {number + 1}: {name}: {gaps} {_figures(rows[name])}", markup=False)
    return rows


def _figures(rows: Sequence[Row]) -> dict[str, Any]:
    gaps = [r.gap_ms for r in rows if r.good]
    splits = [s for r in rows if r.good and (s := split(r.trace.get("stamps", {})))]
    stages = {"recognition": ("asr_start", "asr_final"), "model": ("llm_request", "first_clause")}
    stages["voice"] = ("tts_request", "first_audio")
    took = {}
    for stage, (a, b) in stages.items():
        stamps = [r.trace["stamps"] for r in rows if r.good and r.trace]
        took[stage] = round(percentile([(s[b] - s[a]) / 1e6 for s in stamps if s[a] and s[b]], 0.5))
    return {
        "turns": len(rows),
        "good": len(gaps),
        "p50_ms": round(percentile(gaps, 0.5)),
        "p95_ms": round(percentile(gaps, 0.95)),
        "stages_ms_p50": took,
        "overhead_ms_p50": round(percentile([s.overhead for s in splits], 0.5)),
        "cpu_s": round(statistics.fmean([r.cpu_s for r in rows]), 2),
    }


def _show(console: Console, figures: dict[str, dict[str, Any]]) -> None:
    table = Table(title="One change at a time", title_justify="left")
    for column in ("variant", "p50 ms", "p95 ms", "recognition", "model", "voice", "overhead", "CPU s a turn"):
        table.add_column(column, justify="left" if column == "variant" else "right")
    for name, f in figures.items():
        s = f["stages_ms_p50"]
        values = (f["p50_ms"], f["p95_ms"], s["recognition"], s["model"], s["voice"], f["overhead_ms_p50"], f["cpu_s"])
        table.add_row(name, *map(str, values))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
