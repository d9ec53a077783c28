"""`eval-windows`: what a shorter encoder window of the recogniser costs in words and saves in time, on whole files."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

import jiwer
import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import track
from rich.table import Table
from whisper_normalizer.english import EnglishTextNormalizer

from voice_pipeline.asr.protocol import Transcriber
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import SAMPLE_RATE, level_dbfs, to_float
from voice_pipeline.bringup.profile import load_profile
from voice_pipeline.commands._arguments import Parser
from voice_pipeline.commands._audio_folder import Recording, folders, load_folder
from voice_pipeline.commands._values import existing_folder, number, output_folder, some, whole
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes.asr import make_transcriber, parameters, rejection_rules

_BOOTSTRAPS = 10_000
_NORMALISE = EnglishTextNormalizer()


@dataclass(frozen=True)
class Look:
    """One recording in one window. `errors` of `words`; both 0 where nothing is said."""

    file: str
    window_s: float
    seconds: float
    text: str
    rejected: str
    second_look: str
    confidence: float
    no_speech_probability: float
    ms: float
    errors: int
    words: int
    spoken: bool


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 evaluated, 2 it could not start, 130 interrupted."""
    parser = Parser(prog="eval-windows", description=__doc__)
    parser.add_argument(
        "--windows",
        type=number(1.0, 30.0),
        nargs="+",
        default=[30.0, 15.0, 10.0, 8.0],
        help="in s; all are compared to the first",
    )
    parser.add_argument(
        "--audio",
        type=existing_folder,
        nargs="*",
        help="folders with a manifest.csv; default: dev and noise of the test audio",
    )
    parser.add_argument("--profile", default="demo", help="whose recogniser (default %(default)s)")
    parser.add_argument("--model", type=some("a model"), help="instead of the profile's")
    parser.add_argument("--limit", type=whole(0), default=0, help="only the first N recordings of each folder")
    parser.add_argument("--out", type=output_folder, default="build/eval-windows")
    options = parser.parse_args(args)
    console = Console(highlight=False)
    try:
        looks = _look_at_all(options, console)
    except VoiceError as error:
        print(f"eval-windows: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\neval-windows: interrupted; nothing was written.", file=sys.stderr)
        return 130
    summary = [summarise(looks, w, options.windows[0]) for w in options.windows]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (options.out / "files.json").write_text(json.dumps([asdict(x) for x in looks], indent=2, ensure_ascii=False) + "\n")
    _print(console, summary)
    return 0


def _look_at_all(options: argparse.Namespace, console: Console) -> list[Look]:
    """Every recording in every window, one after the other: what else the machine does hits all windows alike."""
    settings = parameters(load_profile(options.profile).parameters.get("asr", {}))
    if options.model is not None:
        settings["model"] = options.model
    rules = rejection_rules(settings)
    recordings = [r for f in folders(options.audio) for r in load_folder(f)[: options.limit or None]]
    engines: dict[float, Transcriber] = {}
    for window_s in options.windows:
        engines[window_s] = make_transcriber({**settings, "encoder_window_s": window_s})
        engines[window_s].warm_up()
    looks = []
    for i, recording in enumerate(track(recordings, console=console, disable=not console.is_terminal)):
        turn = i % len(options.windows)  # none is always the first
        for window_s in [*options.windows[turn:], *options.windows[:turn]]:
            looks.append(_look(recording, window_s, engines[window_s], rules, settings["language"]))
    return looks


def _look(recording: Recording, window_s: float, engine: Transcriber, rules: RejectionRules, language: str) -> Look:
    samples = read_recording(recording.path).samples
    audio = to_float(samples)
    began = time.monotonic()
    heard = engine.transcribe(audio, language)
    ms = 1e3 * (time.monotonic() - began)
    said = _NORMALISE(recording.transcript or "")
    found = jiwer.process_words(said, _NORMALISE(heard.text)) if said else None
    return Look(
        file=recording.path.name,
        window_s=window_s,
        seconds=len(samples) / SAMPLE_RATE,
        text=heard.text,
        rejected=rules.reason(heard, level_dbfs(samples)),
        second_look=heard.second_look,
        confidence=heard.confidence,
        no_speech_probability=heard.no_speech_probability,
        ms=ms,
        errors=found.substitutions + found.deletions + found.insertions if found else 0,
        words=len(said.split()),
        spoken=bool(said),
    )


def summarise(looks: Sequence[Look], window_s: float, reference_s: float) -> dict[str, object]:
    """One window over all recordings, and against the reference window in pairs of the same recording."""
    mine = [x for x in looks if x.window_s == window_s]
    theirs = {x.file: x for x in looks if x.window_s == reference_s}
    spoken = [x for x in mine if x.spoken]
    noise = [x for x in mine if not x.spoken]
    words = sum(x.words for x in spoken)
    more = [x.errors - theirs[x.file].errors for x in spoken]
    return {
        "window_s": window_s,
        "files": len(spoken),
        "errors": sum(x.errors for x in spoken),
        "wer": sum(x.errors for x in spoken) / words if words else None,
        "wer_more_95": _interval(more, [x.words for x in spoken]),
        "second_looks": sum(bool(x.second_look) for x in spoken),
        "words_on_noise": sum(len(x.text.split()) for x in noise if not x.rejected),
        "false_on_noise": sum(not x.rejected for x in noise),
        "speech_rejected": sum(bool(x.rejected) for x in spoken),
        "ms_median": median(x.ms for x in spoken) if spoken else None,
        "ms_mean": sum(x.ms for x in spoken) / len(spoken) if spoken else None,
        "time_ratio_median": median(x.ms / theirs[x.file].ms for x in spoken) if spoken else None,
    }


def _interval(more: Sequence[int], words: Sequence[int]) -> tuple[float, float] | None:
    """95 % of the difference in WER, by drawing recordings anew."""
    if not more:
        return None
    pick = np.random.default_rng(0).integers(0, len(more), (_BOOTSTRAPS, len(more)))
    rates = np.asarray(more)[pick].sum(axis=1) / np.asarray(words)[pick].sum(axis=1)
    low, high = np.percentile(rates, (2.5, 97.5))
    return float(low), float(high)


def _print(console: Console, summary: Sequence[dict[str, object]]) -> None:
    table = Table(title="Encoder windows, whole files", title_justify="left", box=SIMPLE, padding=(0, 0))
    columns = ("window", "WER", "errors", "more 95 %", "again", "rejected", "on noise", "median", "time")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    for s in summary:
        more = s["wer_more_95"]
        table.add_row(
            f"{s['window_s']:g} s",
            "-" if s["wer"] is None else f"{s['wer']:.2%}",
            str(s["errors"]),
            f"{100 * more[0]:+.1f} {100 * more[1]:+.1f}" if isinstance(more, tuple) else "-",
            str(s["second_looks"]),
            str(s["speech_rejected"]),
            f"{s['words_on_noise']} in {s['false_on_noise']}",
            "-" if s["ms_median"] is None else f"{s['ms_median']:.0f} ms",
            "-" if s["time_ratio_median"] is None else f"{s['time_ratio_median']:.2f}",
        )
    console.print(table)
    console.print(
        "again: doubtful results made again at 30 s; rejected: recordings with words; on noise: words passed on, "
        "in how many recordings; time: median ratio to the first window"
    )


if __name__ == "__main__":
    sys.exit(main())
