"""`demo`: a person's recorded speech goes in, the robot answers and moves, and you watch. Also the body of `make talk`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from voice_pipeline.audio.files import read_recording
from voice_pipeline.bringup.conversation import Turn
from voice_pipeline.bringup.person import DEMO, VOICE, recordings
from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._arguments import Parser, add_record
from voice_pipeline.commands._audio_folder import wav_files
from voice_pipeline.commands._screen import Screen
from voice_pipeline.commands._values import checked, existing_folder, output_folder, whole
from voice_pipeline.errors import VoiceError

MOVED_DEG = 3.0  # less could be the resting pose settling


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 the robot heard, answered aloud and moved its head; 1 one of these is missing; 2 it could not start."""
    options = _parser().parse_args(args)
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    overrides = {"audio_player": {"file_path": str(out / "answer.wav")}}
    with Screen() as screen:
        try:
            files = _person(options, screen)
            screen.status("           starting the robot and the nodes…")
            with Session(
                options.profile,
                out / "logs",
                robot="sim",
                audio="file",
                record=options.record,
                overrides=overrides,
                on_event=screen.show,
            ) as session:
                screen.line(
                    "ready", f"{len(session.plan.nodes)} nodes and a simulated Reachy Mini in {session.start_s:.1f} s"
                )
                for file, words in files:
                    screen.line("person", words, "bold")
                    turn = session.say(file)
                    screen.turn(turn)
                turns = session.watcher.turns
        except VoiceError as error:
            screen.line("error", str(error), "red")
            return 2
        except KeyboardInterrupt:
            screen.line("stopped", "by Ctrl-C")
            return 130
        summary = _summary(turns)
        _write(out, turns, summary)
        return _verdict(screen, summary, out)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="demo", description=__doc__)
    parser.add_argument(
        "--wav",
        type=checked(read_recording),
        nargs="+",
        default=[],
        help="recordings to play instead of the demo's own",
    )
    parser.add_argument(
        "--audio", type=existing_folder, help="a folder with a manifest.csv; its first --limit recordings are played"
    )
    parser.add_argument("--limit", type=whole(1), default=5, help="with --audio (default %(default)s)")
    parser.add_argument("--profile", default="demo")
    add_record(parser)
    parser.add_argument(
        "--out", type=output_folder, default="build/demo", help="answer.wav, turns.json, summary.json, logs/"
    )
    return parser


def _person(options: argparse.Namespace, screen: Screen) -> list[tuple[Path, str]]:
    if options.audio:
        return [(p, f"plays {p.name}") for p in wav_files(options.audio)[: options.limit]]
    if options.wav:
        return [(path.resolve(), f"plays {path.name}") for path in map(Path, options.wav)]
    screen.status("           making the person's recordings…")
    paths = recordings(DEMO)
    screen.line("note", f"the person is synthetic: Kokoro's voice {VOICE}, made at set-up", "bright_black")
    return [(path, f"says “{line.text}”") for path, line in zip(paths, DEMO, strict=True)]


def _summary(turns: list[Turn]) -> dict[str, object]:
    gaps = [t.gap_ms for t in turns if not math.isnan(t.gap_ms)]
    return {
        "transcript": " ".join(t.transcript for t in turns if t.transcript),
        "answer_seconds": round(sum(t.answer_seconds for t in turns), 2),
        "head_moved_deg": round(max((t.head_moved_deg for t in turns), default=0.0), 1),
        "tool": next((t["name"] for turn in turns for t in turn.tools if t.get("status") == "succeeded"), None),
        "gap_ms": round(sorted(gaps)[len(gaps) // 2], 0) if gaps else None,
        "turns": [t.as_dict() for t in turns],
    }


def _write(out: Path, turns: list[Turn], summary: dict[str, object]) -> None:
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (out / "turns.json").write_text(json.dumps([t.as_dict() for t in turns], indent=2) + "\n")


def _verdict(screen: Screen, summary: dict[str, object], out: Path) -> int:
    missing = []
    if not summary["transcript"]:
        missing.append("nothing was heard")
    if not float(str(summary["answer_seconds"])) > 0.0:
        missing.append("nothing was answered aloud")
    if float(str(summary["head_moved_deg"])) < MOVED_DEG:
        missing.append(f"the head did not move by {MOVED_DEG:.0f}° or more (did the recording ask for a move?)")
    answer = out / "answer.wav"
    if not answer.exists():
        missing.append("there is no answer.wav")
    if missing:
        screen.line("failed", "; ".join(missing) + f". Logs: {out / 'logs'}", "red")
        return 1
    screen.line("done", f"answer in {answer}, turn traces in {out / 'turns.json'}", "green")
    return 0


if __name__ == "__main__":
    sys.exit(main())
