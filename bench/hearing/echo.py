"""How well the robot does not hear itself: echo removed, false starts, words of its own that are recognised, words of a
person who talks over it that are kept, what it costs. `python -m bench.hearing.echo` needs the recordings in dev and
echo, and the models silero-vad and whisper-tiny.en-ct2. Robot voices are even rows of dev's manifest, people odd ones."""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path as File
from typing import Any

import jiwer
import numpy as np
from bench.hearing.echo_scene import Path, Signal, run
from rich.console import Console
from rich.table import Table
from whisper_normalizer.english import EnglishTextNormalizer

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.audio.echo.software import SoftwareEcho
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, AudioChunk, Int16, samples_to_ns, to_float
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter

MODES = ("off", "software", "software+noise", "gate")
DELAYS = (0.02, 0.06, 0.12, 0.25)
HARD = {
    "headphones: nothing is heard": Path(level_db=-200.0),
    "plain, 60 ms": Path(),
    "60 -> 140 ms in the middle": Path(delay_later_s=0.14),
    "clock off by 100 ppm": Path(drift_ppm=100.0),
    "loud, amplifier clips": Path(level_db=0.0, clip_at=4_000.0),
    "reference comes 50 ms after its echo": Path(delay_s=-0.05),
}
_GAP_S = 1.5
_normalise = EnglishTextNormalizer()


class Bench:
    """The recordings, the models and the figures so far."""

    def __init__(self, audio: File, answers: int, people: int) -> None:
        with (audio / "dev" / "manifest.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.audio = audio
        voices = [r for r in rows[::2] if float(r["seconds"]) > 6.0 and r["condition"] == "clean"][:answers]
        self.answers = [self._read(r["file"])[: 7 * SAMPLE_RATE] for r in voices]
        short = [r for r in rows[1::2] if r["condition"] == "clean" and 1.0 < float(r["seconds"]) < 6.0]
        chosen = [r for r in short if len(r["transcript"].split()) >= 3]
        self.people = [
            (self._read(r["file"]), r["transcript"]) for r in chosen[:: max(1, len(chosen) // people)][:people]
        ]
        self.ears = make_transcriber(
            "faster_whisper", TranscriberOptions("whisper-tiny.en-ct2", compute_type="int8", cpu_threads=1)
        )
        self.detector = make_detector("silero", "silero-vad")
        self.results: dict[str, Any] = {}

    def _read(self, name: str) -> Signal:
        return read_recording(self.audio / "dev" / name).samples.astype(np.float64)

    def conversation(self) -> Signal:
        """All answers, with gaps."""
        gap = np.zeros(int(_GAP_S * SAMPLE_RATE))
        return np.concatenate([gap, *[part for answer in self.answers for part in (answer, gap)]])

    def heard(self, samples: Int16) -> tuple[int, int]:
        """(utterances that begin, words recognised in them)."""
        self.detector.reset()
        segmenter = Segmenter(self.detector, Endpointer(EndpointerOptions()))
        starts = words = 0
        padded = np.concatenate((samples, np.zeros(SAMPLE_RATE, np.int16)))
        for at in range(0, len(padded) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
            for event in segmenter.push(AudioChunk(samples_to_ns(at) + 10**18, padded[at : at + CHUNK_SAMPLES])):
                starts += event.kind is Kind.START
                if event.kind is Kind.END and event.audio_end_ns > event.audio_start_ns:
                    first, last = (
                        round((t - 10**18) * SAMPLE_RATE / 1e9) for t in (event.audio_start_ns, event.audio_end_ns)
                    )
                    words += len(self.words(padded[max(0, first) : last]))
        return starts, words

    def words(self, samples: Int16) -> list[str]:
        """What the recogniser writes, normalised; what a person would not believe (no speech) left out."""
        heard = self.ears.transcribe(to_float(samples), "en")
        return [] if heard.no_speech_probability > 0.6 else str(_normalise(heard.text)).split()

    def echo_only(self, path: Path, modes: tuple[str, ...]) -> dict[str, dict[str, float]]:
        """Answers alone: what is left of them."""
        played = self.conversation()
        microphone = path.microphone(played)
        figures = {}
        for mode in modes:
            began = time.process_time()
            out, stage = run(mode, microphone, played)
            cpu = (time.process_time() - began) / (len(out) / SAMPLE_RATE)
            starts, words = self.heard(out)
            figures[mode] = _removed(played, microphone, out) | {
                "starts": starts,
                "words": words,
                "cpu_percent": 100 * cpu,
            }
            if isinstance(stage, SoftwareEcho):
                figures[mode] |= {"delay_ms": stage.delay.ms, "jumps": stage.delay.jumps}
        return figures

    def talk_over(self, path: Path, modes: tuple[str, ...]) -> dict[str, dict[str, float]]:
        """A person talks while the third answer is played: words kept, in percent of what was said."""
        played = np.concatenate(
            [np.zeros(SAMPLE_RATE), self.answers[0], np.zeros(SAMPLE_RATE), self.answers[1], self.answers[2]]
        )
        begin = 10 * SAMPLE_RATE
        totals = {mode: [0, 0, 0] for mode in ("alone", *modes)}
        for index, (voice, said) in enumerate(self.people):
            near = np.zeros(len(played))
            near[begin : begin + len(voice)] = voice[: len(near) - begin]
            span = slice(begin - 4_800, begin + len(voice) + 4_800)
            quiet = np.zeros_like(played)
            for mode in totals:
                source = quiet if mode == "alone" else played
                out, _ = run("off" if mode == "alone" else mode, path.microphone(source, near, index), source)
                kept = jiwer.process_words(_normalise(said), " ".join(self.words(out[span])))
                totals[mode][0] += kept.hits
                totals[mode][1] += kept.substitutions + kept.deletions + kept.insertions
                totals[mode][2] += kept.hits + kept.substitutions + kept.deletions
        return {m: {"recall": 100 * h / n, "wer": 100 * e / n, "words": n} for m, (h, e, n) in totals.items()}

    def recorded(self) -> dict[str, dict[str, float]]:
        """Real loudspeakers and rooms: levels before and after, dB."""
        figures: dict[str, dict[str, float]] = {}
        for name in ("farend_singletalk", "doubletalk", "nearend_singletalk"):
            mic, far = (read_recording(self.audio / "echo" / f"{name}_{w}.wav").samples for w in ("mic", "lpb"))
            for mode in ("software",):
                n = min(len(mic), len(far))
                out, stage = run(mode, mic[:n], far[:n].astype(np.float64))
                third = len(out) // 3
                figures[f"{name}, {mode}"] = {
                    "all": _db(mic[: len(out)]) - _db(out),
                    "after the first third": _db(mic[third : len(out)]) - _db(out[third:]),
                    "delay_ms": stage.delay.ms if isinstance(stage, SoftwareEcho) else 0.0,
                }
        return figures

    def unchanged(self) -> dict[str, float]:
        """Every recording of dev with nothing played: files that come out bit by bit as they went in."""
        files = sorted((self.audio / "dev").glob("*.wav"))
        same = 0
        for file in files:
            samples = read_recording(file).samples
            out, _ = run("software", samples, np.zeros(len(samples)))
            same += np.array_equal(out, samples[: len(out)])
        return {"files": len(files), "identical": same}


def _db(samples: Int16) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-9))


def _removed(played: Signal, before: Int16, after: Int16) -> dict[str, float]:
    """Echo removed where the robot speaks: in the first answer, and in the later ones; dB."""
    n = len(after)
    loud = np.convolve(np.abs(played[:n]), np.ones(1_600) / 1_600, "same") > 50.0
    first = np.arange(n) < 8.5 * SAMPLE_RATE
    both = {"first": loud & first, "later": loud & ~first}
    return {f"erle_{k}": _db(before[:n][m]) - _db(after[m]) for k, m in both.items()}


def show(title: str, rows: dict[str, dict[str, float]]) -> None:
    """One table on the terminal."""
    keys = list(dict.fromkeys(key for row in rows.values() for key in row))
    table = Table("", *keys, title=title, title_justify="left")
    for name, row in rows.items():
        shown = [row.get(key, "") for key in keys]
        table.add_row(name, *(f"{v:.1f}" if isinstance(v, float) else str(v) for v in shown))
    Console(width=120).print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = File(__file__).resolve().parents[2].parent / "shared" / "audio"
    parser.add_argument("--audio", type=File, default=File(os.environ.get("VOICE_PIPELINE_TEST_AUDIO", default)))
    parser.add_argument("--answers", type=int, default=5, help="answers of the robot, up to 7 s each")
    parser.add_argument("--people", type=int, default=12, help="people who talk over it")
    parser.add_argument("--json", type=File, default=File("build/bench/echo.json"))
    options = parser.parse_args()
    bench = Bench(options.audio, options.answers, options.people)
    tables: dict[str, dict[str, dict[str, float]]] = {
        "recorded": bench.recorded(),
        "nothing played": {"dev": bench.unchanged()},
    }
    for title in tables:
        show(title, tables[title])
    for delay in DELAYS:
        tables[f"echo only, {1000 * delay:.0f} ms"] = bench.echo_only(Path(delay_s=delay), MODES)
        show(*list(tables.items())[-1])
    plain = next(iter(HARD))
    for name, path in HARD.items():
        tables[f"hard, {name}"] = bench.echo_only(path, ("off", "software"))
        show(*list(tables.items())[-1])
        tables[f"talk over, {name}"] = bench.talk_over(
            path, ("off", "software", "software+noise") if name == plain else ("software",)
        )
        show(*list(tables.items())[-1])
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(tables, indent=1))


if __name__ == "__main__":
    main()
