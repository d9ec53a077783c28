"""`eval`: what the pipeline hears (capture, voice activity, recognition over ROS) in recordings, in an MCAP recording, or live,
and the same engine on whole files beside it. Real time: as long as the recordings last."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from voice_pipeline.bringup.plan import Plan
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._arguments import Parser, add_settings, parse_settings
from voice_pipeline.commands._audio_folder import folders, load_folder
from voice_pipeline.commands._eval_bag import load_bag, replay, summarise_pairs
from voice_pipeline.commands._eval_files import effective, play, whole_files
from voice_pipeline.commands._eval_live import listen, read_prompts
from voice_pipeline.commands._eval_report import write_report
from voice_pipeline.commands._eval_result import Result
from voice_pipeline.commands._eval_summary import summarise
from voice_pipeline.commands._eval_tables import print_pairs, print_summary
from voice_pipeline.commands._values import existing_file, existing_folder, existing_path, number, output_folder, whole
from voice_pipeline.errors import VoiceError

_NODES = ("audio_capture", "vad", "asr")


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 evaluated, 2 it could not start, 130 interrupted (what there is was written)."""
    options = _parser().parse_args(args)
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    try:
        options.overrides = parse_settings(options.set)
        for node in set(options.overrides) - set(_NODES):
            raise VoiceError(
                f"--set {node}.{min(options.overrides[node])}: that node is not evaluated.",
                f"Set one of: {', '.join(_NODES)}.",
            )
        if options.bag:
            return _from_bag(options, console)
        return _live(options, console) if options.live else _from_files(options, console)
    except VoiceError as error:
        print(f"eval: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\neval: interrupted before anything was heard; nothing was written.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="eval", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--audio",
        type=existing_folder,
        nargs="*",
        help="folders with a manifest.csv; default: dev and noise of the test audio",
    )
    source.add_argument(
        "--bag", type=existing_path, nargs="+", help="recordings of record:=true (files or their folder)"
    )
    source.add_argument("--live", action="store_true", help="this machine's microphone; Ctrl-C ends")
    parser.add_argument("--profile", default="demo")
    add_settings(parser)
    parser.add_argument("--limit", type=whole(0), default=0, help="only the first N recordings of each folder")
    parser.add_argument(
        "--prompt-file", type=existing_file, help="with --live: sentences to read, one a line; they are scored"
    )
    parser.add_argument("--seconds", type=number(0.0), default=0.0, help="with --live: end after this time")
    parser.add_argument("--out", type=output_folder, default="build/eval")
    return parser


def _session(options: argparse.Namespace, audio: str, only: Sequence[str] = _NODES) -> Session:
    return Session(
        options.profile,
        options.out / "logs",
        robot="none",
        audio=audio,
        only=only,
        overrides=options.overrides,
    )


def _from_files(options: argparse.Namespace, console: Console) -> int:
    recordings = [r for folder in folders(options.audio) for r in load_folder(folder)[: options.limit or None]]
    results: list[Result] = []
    session = _session(options, "file")
    interrupted = False
    try:
        with session:
            play(session, recordings, results, console)
        whole_files(recordings, results, effective(session.plan, "asr"), console)
    except KeyboardInterrupt:
        if not results:
            raise
        interrupted = True
    return _finish(options, console, session.plan, results, interrupted)


def _live(options: argparse.Namespace, console: Console) -> int:
    prompts = read_prompts(options.prompt_file)
    results: list[Result] = []
    session = _session(options, "device")
    language = str(effective(session.plan, "asr").get("language", "en"))
    language = "en" if language == "auto" else language
    interrupted = False
    try:
        with session:
            console.print(
                "Speak; Ctrl-C ends and writes the tables." if not prompts else "Read what is shown; Ctrl-C ends."
            )
            listen(session, prompts, results, console, language, options.seconds)
    except KeyboardInterrupt:
        if not results:
            raise
        interrupted = bool(prompts)
    return _finish(options, console, session.plan, results, interrupted)


def _from_bag(options: argparse.Namespace, console: Console) -> int:
    bag = load_bag(options.bag)
    console.print(f"{bag.seconds:.0f} s of sound, {len(bag.finals)} transcripts recorded")
    if bag.other_version:
        console.print("its transcripts are of another version of this package and cannot be compared", style="yellow")
    session = _session(options, "", ("vad", "asr"))
    with session:
        pairs = replay(session, bag, console)
    language = str(effective(session.plan, "asr").get("language", "en"))
    summary = summarise_pairs(pairs, bag, "en" if language == "auto" else language)
    summary["settings"] = _settings(session.plan)
    _write(options.out / "summary.json", summary)
    what = f"{', '.join(p.name for p in options.bag)} with {_engine(session.plan)}"
    write_report(options.out / "report.html", summary, [], what)
    print_pairs(console, pairs, summary)
    console.print(f"report: {options.out / 'report.html'}", soft_wrap=True)
    return 0


def _finish(
    options: argparse.Namespace, console: Console, plan: Plan, results: Sequence[Result], interrupted: bool
) -> int:
    summary = summarise(results)
    summary.update(interrupted=interrupted, profile=options.profile, settings=_settings(plan))
    _write(options.out / "summary.json", summary)
    _write(options.out / "files.json", [r.as_dict() for r in results])
    source = "the microphone" if options.live else f"{len(results)} recordings"
    write_report(options.out / "report.html", summary, results, f"{source} with {_engine(plan)}")
    print_summary(console, results, summary)
    console.print(f"report: {options.out / 'report.html'}", soft_wrap=True)
    if interrupted:
        console.print("interrupted: these are the recordings until then", style="yellow")
    return 130 if interrupted else 0


def _settings(plan: Plan) -> dict[str, dict[str, Any]]:
    return {node: effective(plan, node) for node in ("vad", "asr")}


def _engine(plan: Plan) -> str:
    asr = effective(plan, "asr")
    return (
        " ".join(str(asr[k]) for k in ("engine", "model", "compute_type") if asr.get(k)) + f", {plan.profile.path.stem}"
    )


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
