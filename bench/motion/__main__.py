"""`make bench-motion`: can the body hurt itself, how fast does it stop, how fast is a lost robot noticed, what does it cost?

1. Random and hostile orders against the controller on a held clock: every pose that is sent is judged by its first and
   second differences, the box and the joints of the neck.
2. Stops out of gestures on the real simulated daemon: from the order to the last moving pose that is sent.
3. Faults of the daemon and of the network before it: from the fault to the moment the controller counts the robot as gone.
4. CPU of the real node in a process of its own while it dances, without and with listeners to what it tells.

Writes build/bench-motion/summary.json: commands, violations, stop_ms_p50, stop_ms_p95, detect_ms_p50, detect_ms_p95,
cpu_percent, cpu_percent_heard (of one core); and details.json with every single figure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench.motion.cpu import dancing_cost
from bench.motion.live import Live, begin
from bench.motion.onslaught import run
from rich.console import Console
from rich.table import Table

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.kinematics import guard_from
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.move_files import load_moves
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.resources import resource

_GESTURES = ("nod", "shake", "dance", "tilt", "happy", "look_around", "surprised", "dance_disco")
_FAULTS = ("hung", "frozen", "closed", "garbage", "late", "killed")


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured and nothing violated, 1 something was violated, 2 it could not start, 130 interrupted."""
    options = _parser().parse_args(args)
    console = Console(highlight=False, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started too, as Ctrl-C does
    options.out.mkdir(parents=True, exist_ok=True)
    for old in ("summary.json", "details.json"):
        (options.out / old).unlink(missing_ok=True)  # nobody takes an old table for this run's
    details: dict[str, Any] = {"violations": []}
    try:
        _measure(options, details, _Progress(console))
    except VoiceError as error:
        print(f"bench-motion: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbench-motion: interrupted; no summary was written.", file=sys.stderr)
        return 130
    summary = _summary(details)
    for name, content in (("details.json", details), ("summary.json", summary)):
        (options.out / name).write_text(json.dumps(content, indent=1) + "\n")
    _show(console, summary, details)
    console.print(f"{options.out}/summary.json, {options.out}/details.json", style="dim")
    return 1 if summary["violations"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench-motion", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--commands", type=int, default=16_000, help="random orders (default %(default)s)")
    parser.add_argument("--stops", type=int, default=24, help="stops out of gestures (default %(default)s)")
    parser.add_argument("--faults", type=int, default=3, help="times each fault (default %(default)s)")
    parser.add_argument("--cpu-seconds", type=float, default=12.0, help="of dancing (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of every choice (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("build/bench-motion"))
    return parser


class _Progress:
    """One line whenever something was done."""

    def __init__(self, console: Console) -> None:
        self._console, self._began = console, time.monotonic()

    def __call__(self, text: str) -> None:
        self._console.print(f"[{time.monotonic() - self._began:4.0f} s] {text}", markup=False)


class _Steps:
    """Every fifth of the way."""

    def __init__(self, tell: Callable[[str], None], of: int) -> None:
        self._tell, self._of, self._next = tell, of, of / 5

    def __call__(self, done: int) -> None:
        if done >= self._next:
            self._next += self._of / 5
            self._tell(f"  {done} of {self._of}")


def _measure(options: argparse.Namespace, details: dict[str, Any], tell: Callable[[str], None]) -> None:
    guard = guard_from(resource("config/robots/reachy_mini_neck.yaml"))
    limits = make_limits(guard=guard)
    moves = load_moves([resource("config/moves")], limits)
    for box, share in ((limits, 0.8), (make_limits(roll=30.0, pitch=35.0, guard=guard), 0.2)):
        wanted = round(options.commands * share)
        tell(
            f"{wanted} orders in the box of roll {np.degrees(box.high.roll):.0f}, pitch {np.degrees(box.high.pitch):.0f}"
        )
        tally = run(box, moves, wanted, options.seed, _Steps(tell, wanted))
        details["commands"] = details.get("commands", 0) + tally.commands
        details["poses"] = details.get("poses", 0) + tally.poses
        details["violations"] += tally.violations
    with Live(limits, moves) as live:
        details |= {"stops": [], "stops_measured": [], "detections": {}}
        _stops(options, details, tell, live)
        _faults(options, details, tell, live)
        details["violations"] += live.violations()
    tell(f"CPU over twice {options.cpu_seconds:g} s of dancing")
    details["cpu_percent"], details["cpu_percent_heard"] = dancing_cost(options.cpu_seconds)


def _stops(options: argparse.Namespace, details: dict[str, Any], tell: Callable[[str], None], live: Live) -> None:
    dice = random.Random(options.seed)
    for n in range(options.stops):
        name = _GESTURES[n % len(_GESTURES)]
        while not begin(live, name, dice.uniform(0.2, 1.2)):
            pass
        sent, measured = live.stop()
        details["stops"].append(sent)
        details["stops_measured"].append(measured)
        if n % 8 == 7:
            tell(f"stops: {n + 1} of {options.stops}, the last out of '{name}' {sent:.0f} ms")
        live.neutral()


def _faults(options: argparse.Namespace, details: dict[str, Any], tell: Callable[[str], None], live: Live) -> None:
    dice = random.Random(options.seed)
    for kind in _FAULTS:
        found = details["detections"][kind] = []
        for _ in range(1 if kind == "killed" else options.faults):
            begin(live, "dance", dice.uniform(0.2, 0.8))
            begun = time.monotonic()
            mend = _break(live, kind)
            try:
                found.append(1e3 * (live.until(lambda: live.state == "DISCONNECTED") - begun))
            finally:
                mend()
            live.wait(2.0 if kind == "late" else 0.0)  # what was held up arrives first
            live.wake()
        tell(f"{kind}: noticed after {', '.join(f'{ms:.0f}' for ms in found)} ms")


def _break(live: Live, kind: str) -> Callable[[], object]:
    """Do it; returns what mends it."""
    daemon, proxy = live.daemon, live.proxy
    if kind == "hung":
        os.kill(daemon.pid, signal.SIGSTOP)
        return lambda: os.kill(daemon.pid, signal.SIGCONT)
    if kind == "killed":
        os.kill(daemon.pid, signal.SIGKILL)
        return lambda: _restart(daemon)
    if kind == "closed":
        proxy.cut()
        return lambda: None
    attribute, broken, well = {
        "frozen": ("frozen", True, False),
        "garbage": ("says", "}{", None),
        "late": ("delay", 1.5, 0.0),
    }[kind]
    setattr(proxy, attribute, broken)
    return lambda: setattr(proxy, attribute, well)


def _restart(daemon: SimulatedRobot) -> None:
    daemon.stop()
    daemon.start()


def _summary(details: dict[str, Any]) -> dict[str, Any]:
    detections = [ms for found in details["detections"].values() for ms in found]
    return {
        "commands": details["commands"],
        "violations": len(details["violations"]),
        "stop_ms_p50": _percentile(details["stops"], 50),
        "stop_ms_p95": _percentile(details["stops"], 95),
        "detect_ms_p50": _percentile(detections, 50),
        "detect_ms_p95": _percentile(detections, 95),
        "cpu_percent": round(details["cpu_percent"], 1),
        "cpu_percent_heard": round(details["cpu_percent_heard"], 1),
    }


def _percentile(values: Sequence[float], q: float) -> float:
    return round(float(np.percentile(values, q)), 1)


def _show(console: Console, summary: dict[str, Any], details: dict[str, Any]) -> None:
    measured = details["stops_measured"]
    rows = (
        ("random and hostile orders", f"{summary['commands']}"),
        ("poses that were judged", f"{details['poses']}"),
        ("violations", f"{summary['violations']}"),
        (
            "stop: order to last moving pose sent, p50 / p95",
            f"{summary['stop_ms_p50']:.0f} / {summary['stop_ms_p95']:.0f} ms",
        ),
        (
            "the same on the robot's measured state",
            f"{_percentile(measured, 50):.0f} / {_percentile(measured, 95):.0f} ms",
        ),
        ("lost robot noticed, p50 / p95", f"{summary['detect_ms_p50']:.0f} / {summary['detect_ms_p95']:.0f} ms"),
        ("CPU of the motion process, of one core", f"{summary['cpu_percent']:.1f} %"),
        ("the same with listeners to all it tells", f"{summary['cpu_percent_heard']:.1f} %"),
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("", justify="right")
    for what, figure in rows:
        table.add_row(what, figure)
    console.print(table)
    for line in details["violations"][:10]:
        console.print(line, style="red", markup=False)


if __name__ == "__main__":
    sys.exit(main())
