"""The bar while the robot speaks: how often it starts on what the canceller leaves of its own voice, and how much later a
person who talks over it is noticed. Robot and people of the first half choose, of the second report.

    python -m bench.hearing.vad_playing --audio ../shared/audio [--mode software] [--people 14]
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path as File

import numpy as np
from bench.hearing.echo_scene import START_NS, Path, Signal, run
from bench.hearing.remembering import RememberingDetector

from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, AudioChunk, Int16, level_dbfs, samples_to_ns
from voice_pipeline.vad.bar import Bar, BarOptions
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import Event, Kind, Reason
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter

PATHS = {
    "-10 dB": Path(),
    "0 dB, amplifier clips": Path(level_db=0.0, clip_at=4_000.0),
    "clock off by 100 ppm": Path(drift_ppm=100.0),
    "delay jumps": Path(delay_later_s=0.14),
}
BARS = [
    BarOptions(onset_while_playing=onset, min_level_while_playing=level, playback_tail=tail)
    for onset, level, tail in (
        *((onset, -120.0, 0.3) for onset in (0.5, 0.6, 0.7, 0.8, 0.9)),
        *((0.5, level, 0.3) for level in (-60.0, -55.0, -50.0, -45.0, -40.0)),
        *((0.5, -50.0, tail) for tail in (0.1, 0.2, 0.5)),
    )
]
_TALK_AT_S = 5.0  # into the second answer, when the canceller has learnt the room from the first
_NOTICED_S = 1.0  # later counts as missed


@dataclass(frozen=True)
class Scene:
    """What the detector hears, what is played, and when the person begins (s; NaN for nobody)."""

    name: str
    heard: Int16
    played: Signal
    begins_s: float


def main() -> int:
    """Print a table a half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=File, required=True, help="folder with dev/")
    parser.add_argument("--mode", default="software", help="off, software, software+noise (default: software)")
    parser.add_argument("--level", type=float, default=-10.0, help="of the echo against what is played, dB; with `--mode off` "
                        "it stands for a canceller in hardware that leaves so much")  # fmt: skip
    parser.add_argument("--people", type=int, default=14, help="who talk over the robot, a half")
    args = parser.parse_args()
    detector = RememberingDetector(make_detector("silero", "silero-vad"))
    with (args.audio / "dev" / "manifest.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["condition"] == "clean"]
    for half in (0, 1):
        alone, over = scenes(args.audio / "dev", rows, half, args)
        print(f"\n{'choose' if half == 0 else 'report'}: {sum(len(s.played) for s in alone) / SAMPLE_RATE:.0f} s of the "
              f"robot alone, {len(over)} people over it, canceller: {args.mode}\n")  # fmt: skip
        print(
            "| onset_while_playing | tail s | starts (utterances) on its own voice | START late p50/p95 ms | missed |"
        )
        print("|" + " --- |" * 6)
        for bar in BARS:
            print(_row(bar, alone, over, detector), flush=True)
    return 0


def scenes(
    folder: File, rows: list[dict[str, str]], half: int, args: argparse.Namespace
) -> tuple[list[Scene], list[Scene]]:
    """The robot alone on every path, and people over it on the plain one."""
    answers = [_read(folder, r)[: 7 * SAMPLE_RATE] for r in rows if float(r["seconds"]) > 7.0][half::2]
    silence = np.zeros(SAMPLE_RATE)
    played = np.concatenate([np.concatenate((silence, a)) for a in answers[:6]] + [silence])
    alone = [
        Scene(
            name,
            run(args.mode, replace(path, level_db=path.level_db + args.level + 10.0).microphone(played), played)[0],
            played,
            float("nan"),
        )
        for name, path in PATHS.items()
    ]
    talkers = [r for r in rows[half::2] if 1.0 < float(r["seconds"]) < 6.0 and r["speech_start_est"]]
    over = []
    for i, r in enumerate(talkers[:: max(1, len(talkers) // args.people)][: args.people]):
        two = [answers[(i + k) % len(answers)] for k in (0, 1)]
        played = np.concatenate((silence, two[0], silence, two[1], silence))
        near, begin = np.zeros(len(played)), int((9.0 + _TALK_AT_S - 1.0) * SAMPLE_RATE)
        voice = _read(folder, r)[: len(near) - begin]
        near[begin : begin + len(voice)] = voice
        heard = run(args.mode, Path(level_db=args.level).microphone(played, near, i), played)[0]
        over.append(Scene(r["file"], heard, played, begin / SAMPLE_RATE + float(r["speech_start_est"])))
    return alone, over


def _row(bar: BarOptions, alone: list[Scene], over: list[Scene], detector: RememberingDetector) -> str:
    starts = utterances = missed = 0
    for scene in alone:
        events = _listen(scene, bar, detector)
        starts += sum(e.kind is Kind.START for _, e in events)
        utterances += sum(e.kind is Kind.END and e.reason is not Reason.TOO_SHORT for _, e in events)
    late = []
    for scene in over:
        # An utterance that its own voice began before stays open: the person is then noticed by luck, and not counted.
        told = [t for t, e in _listen(scene, bar, detector) if e.kind is Kind.START and t > scene.begins_s - 0.1]
        if told and told[0] < scene.begins_s + _NOTICED_S:
            late.append(1e3 * (told[0] - scene.begins_s))
        else:
            missed += 1
    p50, p95 = np.percentile(late, (50, 95)) if late else (np.nan, np.nan)
    row = f"| {bar.onset_while_playing:g} | {bar.min_level_while_playing:g} | {bar.playback_tail:g} | {starts} ({utterances}) | {p50:.0f} / {p95:.0f} "
    return row + f"| {missed}/{len(over)} |"


def _listen(scene: Scene, options: BarOptions, detector: RememberingDetector) -> list[tuple[float, Event]]:
    detector.listen_to(scene.name, scene.heard)
    bar = Bar(options)
    segmenter = Segmenter(detector, Endpointer(), bar)
    found = []
    for at in range(0, len(scene.heard) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        now = at + CHUNK_SAMPLES
        level = level_dbfs(
            scene.played[max(0, now - 800) : now] / 32_768.0
        )  # of the last 50 ms, as the player tells it
        bar.played(START_NS + samples_to_ns(at), True, level)
        events = segmenter.push(AudioChunk(START_NS + samples_to_ns(at), scene.heard[at:now]))
        found += [(now / SAMPLE_RATE, e) for e in events]
    return found


def _read(folder: File, row: dict[str, str]) -> Signal:
    samples: Signal = read_recording(folder / row["file"]).samples.astype(np.float64)
    return samples


if __name__ == "__main__":
    sys.exit(main())
