"""`make bench-gap`: the response gap of this pipeline, of the plain sequence and of pipecat: same models, same recordings.

The recordings are dealt into rounds. In each round every arm starts afresh, in random order, plays two warm-up turns that
do not count, then the round's recordings in the same random order. So each recording is played once in each arm, and
slow changes of the machine fall on all arms alike. Nothing is remembered from one utterance to the next (this pipeline
remembers the fewest turns it can; see settings/history of the summary).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.gap.apart import pipecat_python
from bench.gap.arms import make_arm
from bench.gap.ours import fewest_turns
from bench.gap.recordings import Recording, choose, listed
from bench.gap.report import show, summarise
from bench.gap.settings import ARMS, FLOOR_DBFS, MAX_TOKENS, MODEL_SETS, PROFILE, TEMPERATURE
from bench.gap.turns import Row
from rich.console import Console

from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.silero import SileroDetector

_WARM_UPS = 2


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 2 it could not start or an arm failed, 130 interrupted."""
    options = _parser().parse_args(args)
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = Console(highlight=False, soft_wrap=True, width=120)  # a log has no edge
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started too, as Ctrl-C does
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    settings: dict[str, Any] = {}
    turns = options.out / "turns.json"
    for old in (turns, options.out / "summary.json"):
        old.unlink(missing_ok=True)  # nobody takes an old table for this run's
    try:
        arms = _arms(options.arms)
        recordings = _recordings(options, console)
        python = options.pipecat_python or (pipecat_python() if any("pipecat" in a for a in arms) else "")
        began = time.monotonic()
        for _ in _measure(arms, recordings, options, python, rows, settings, console):
            _write(turns, [r.as_dict() for r in rows])  # what was measured is kept whatever happens next
    except VoiceError as error:
        print(f"bench-gap: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbench-gap: interrupted; no summary was written.", file=sys.stderr)
        return 130
    summary = summarise(rows, options.seed)
    summary["settings"] = _about(options, recordings, settings, time.monotonic() - began)
    _write(options.out / "summary.json", summary)
    show(console, summary)
    console.print(f"{options.out}/summary.json, {options.out}/turns.json", style="dim")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench-gap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--audio", type=Path, help="a folder with a manifest.csv (columns file, transcript; speech_end_est)"
    )
    parser.add_argument(
        "--models", choices=sorted(MODEL_SETS), default="light", help="the models of every arm (default %(default)s)"
    )
    parser.add_argument("--arms", default=",".join(ARMS), help="which, separated by commas (default: all)")
    parser.add_argument("--limit", type=int, default=30, help="recordings (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="fresh starts of each arm (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the choice and of every order (default %(default)s)")
    parser.add_argument(
        "--pipecat-python", default="", help="of an environment that has pipecat; default: build our own"
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench-gap"))
    return parser


def _arms(named: str) -> list[str]:
    wanted = [a.strip() for a in named.split(",") if a.strip()]
    unknown = [a for a in wanted if a not in ARMS]
    if unknown or not wanted:
        raise VoiceError(f"there is no arm {', '.join(unknown) or 'named'}.", f"Arms are: {', '.join(ARMS)}.")
    return [a for a in ARMS if a in wanted]


def _recordings(options: argparse.Namespace, console: Console) -> list[Recording]:
    if options.limit < 1 or options.rounds < 1:
        raise VoiceError("there is nothing to play.", "Give --limit and --rounds of at least 1.")
    detector = SileroDetector()
    chosen, passed = choose(listed(options.audio), options.limit, options.seed, detector)
    detector.close()
    console.print(f"{len(chosen)} recordings, {sum(r.seconds for r in chosen):.0f} s of audio in each arm", style="dim")
    if passed:
        console.print(f"not used, where their speech ends is not clear: {', '.join(passed)}", style="dim")
    return chosen


def _measure(
    arms: list[str],
    recordings: list[Recording],
    options: argparse.Namespace,
    python: str,
    rows: list[Row],
    settings: dict[str, Any],
    console: Console,
) -> Iterator[None]:
    """Every arm in every round; stops to be looked at after each arm."""
    dice = random.Random(options.seed)
    began = time.monotonic()
    rounds = min(options.rounds, len(recordings))
    for number in range(rounds):
        deal = recordings[number::rounds]
        others = recordings[(number + 1) % rounds :: rounds] if rounds > 1 else deal
        warm_ups = sorted(others, key=lambda r: r.seconds)[:_WARM_UPS]
        order = list(arms)
        dice.shuffle(order)
        for name in order:
            console.print(f"[{time.monotonic() - began:5.0f} s] round {number + 1} of {rounds}: {name}")
            log_dir = options.out / "logs" / f"round{number + 1}"
            with make_arm(name, MODEL_SETS[options.models], options.models, log_dir, python) as arm:
                settings[name] = arm.settings
                for recording in warm_ups:
                    arm.turn(recording, 0)
                for recording in deal:
                    row = arm.turn(recording, number + 1)
                    rows.append(row)
                    console.print(f"  {_line(row)}", markup=False)
            yield


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _line(row: Row) -> str:
    gap = "no answer" if not row.answered else f"{row.gap_ms:5.0f} ms" + (" CUT OFF" if row.cut_off else "")
    return f"{gap}  cpu {row.cpu_s:4.1f} s  {row.file}: {row.heard or '-'} -> {row.reply or '-'}"


def _about(
    options: argparse.Namespace, recordings: list[Recording], settings: dict[str, Any], seconds: float
) -> dict[str, Any]:
    return {
        "models": {"set": options.models, **asdict(MODEL_SETS[options.models])},
        "profile": PROFILE,
        "recordings": [r.name for r in recordings],
        "audio": str(options.audio) if options.audio else "clean commands and sentences of the test audio",
        "rounds": options.rounds,
        "seed": options.seed,
        "warm_ups": _WARM_UPS,
        "seconds": round(seconds),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "floor_dbfs": FLOOR_DBFS,
        "max_tokens": MAX_TOKENS,
        "temperature": TEMPERATURE,
        "history": f"none; ours carries {fewest_turns() - 1} turn(s), the fewest it can",
        "cpu": "of all processes of an arm, model server included, from the start of a recording to the end of the answer",
        "arms": settings,
    }


if __name__ == "__main__":
    sys.exit(main())
