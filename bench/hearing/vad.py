"""The thresholds of voice activity detection, one varied at a time: missed utterances, false starts on noise, errors of start
and end against the manifest, words cut. Even rows of dev and noise choose, odd rows report.

    python -m bench.hearing.vad --audio ../shared/audio [--only min_level --gain -20] [--markdown FILE]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench.hearing.remembering import RememberingDetector
from bench.hearing.vad_material import Score, judge_noise, judge_spoken, load_noise, load_spoken

from voice_pipeline.vad.events import EndpointerOptions
from voice_pipeline.vad.registry import make_detector

# Option of the endpointer -> values, around what is the default.
SWEEPS: dict[str, tuple[float, ...]] = {
    "onset": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "release": (0.15, 0.25, 0.35, 0.45, 0.5),
    "start_speech": (0.032, 0.064, 0.096, 0.128, 0.16),
    "min_speech": (0.1, 0.16, 0.2, 0.25, 0.3, 0.4),
    "pre_roll": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.8),
    "post_roll": (0.0, 0.1, 0.2, 0.3, 0.4),
    "min_level": (-90.0, -65.0, -60.0, -55.0, -50.0, -45.0, -40.0),
}
HEAD = (
    "| value | half | missed | pieces | START late p50/p95 ms | onset error p50/p95 ms | end error p5/p50/p95 ms "
    "| head cut | tail cut | holes | false starts (s) | clicks | on voices |\n|" + " --- |" * 13
)


def main() -> int:
    """Print a table for every option, the default in it."""
    args = _arguments()
    detector = RememberingDetector(make_detector("silero", "silero-vad"))
    spoken, noise = load_spoken(args.audio / "dev", args.gain), load_noise(args.audio / "noise")
    out = []
    for option in args.only or SWEEPS:
        lines = [f"### {option} (default {getattr(EndpointerOptions(), option):g})", "", HEAD]
        for value in SWEEPS[option]:
            changes = {option: value}
            if option == "onset":
                changes["release"] = max(0.05, round(value - 0.15, 2))
            options = replace(EndpointerOptions(), **changes)
            for half in (0, 1):
                score = Score()
                for s in spoken:
                    if s.half == half:
                        judge_spoken(score, s, detector, options)
                for n in noise:
                    if n.half == half:
                        judge_noise(score, n, detector, options)
                lines.append(_row(value, half, score))
        print("\n".join(lines), "\n", flush=True)
        out += [*lines, ""]
    if args.markdown:
        args.markdown.write_text("\n".join(out))
    return 0


def _row(value: float, half: int, s: Score) -> str:
    return (
        f"| {value:g} | {'choose' if half == 0 else 'report'} | {s.missed}/{s.files} | {s.pieces} | {_at(s.starts, 50, 95)} "
        f"| {_at(s.onset_errors, 50, 95)} | {_at(s.end_errors, 5, 50, 95)} | {s.head_cut} | {s.tail_cut} | {s.inner_cut} "
        f"| {s.false_starts} ({s.false_s:.1f} of {s.noise_s:.0f}) | {s.clicks} | {s.voices} |"
    )


def _at(values: list[float], *percentiles: int) -> str:
    return " / ".join(f"{1e3 * p:.0f}" for p in np.percentile(values, percentiles)) if values else "-"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, required=True, help="folder with dev/ and noise/")
    parser.add_argument(
        "--gain", type=float, default=0.0, help="dB on dev: a microphone turned down, somebody far away"
    )
    parser.add_argument("--only", type=lambda text: text.split(","), help="options, separated by commas; default: all")
    parser.add_argument("--markdown", type=Path, help="write the tables there too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
