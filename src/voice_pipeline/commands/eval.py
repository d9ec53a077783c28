"""`eval`: recordings through the running pipeline (capture, voice activity, recognition over ROS), and the same engine on
the whole files beside it. Real time: as long as the recordings last."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jiwer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from std_msgs.msg import String
from whisper_normalizer.english import EnglishTextNormalizer

from voice_pipeline.bringup.session import Session
from voice_pipeline.commands._audio_folder import Recording, load_folder, test_audio
from voice_pipeline.errors import VoiceError
from voice_pipeline.msg import Transcript, VoiceActivity
from voice_pipeline.ros.qos import EVENTS, LATCHED
from voice_pipeline.ros.stamps import NS, to_ns

_MARGIN_NS = NS // 2  # an utterance's pre-roll may reach before its file
_SETTLE_S = 1.2  # silence after a file: longer than any end-of-speech wait in a profile


@dataclass
class Result:
    """One recording: what it says, what the pipeline heard, what the engine hears in the whole file."""

    file: str
    category: str
    reference: str | None
    heard: str = ""
    rejected: list[str] = field(default_factory=list)
    utterances: int = 0
    whole: str = ""


class Ears:
    """Collects transcripts and the times at which each file was played."""

    def __init__(self, session: Session) -> None:
        self.open: set[str] = set()  # utterances that began and have no transcript yet
        self.finals: list[tuple[int, Transcript]] = []
        self.spans: dict[str, tuple[int, int]] = {}
        node = session.watcher.node
        node.create_subscription(VoiceActivity, "voice_activity", self._on_activity, EVENTS)
        node.create_subscription(Transcript, "transcript", self._on_final, EVENTS)
        node.create_subscription(Transcript, "transcript/rejected", self._on_final, EVENTS)
        node.create_subscription(String, "audio_capture/file", self._on_file, LATCHED)

    def _on_activity(self, message: VoiceActivity) -> None:
        if message.event == VoiceActivity.START:
            self.open.add(message.utterance_id)
        elif message.event == VoiceActivity.END and message.reason == VoiceActivity.REASON_TOO_SHORT:
            self.open.discard(message.utterance_id)

    def _on_final(self, message: Transcript) -> None:
        self.finals.append((to_ns(message.header.stamp), message))
        self.open.discard(message.utterance_id)

    def _on_file(self, message: String) -> None:
        body = json.loads(message.data)
        if body["index"] >= 0:
            self.spans[body["file"]] = (body["first_sample_ns"], body["last_sample_ns"])

    def collect(self, result: Result, path: Path) -> None:
        """Put what was heard during the file's time into its result."""
        first, last = self.spans[str(path)]
        for stamp, message in self.finals:
            if first - _MARGIN_NS <= stamp <= last:
                result.utterances += 1
                if message.rejected_reason:
                    result.rejected.append(f"{message.text!r}: {message.rejected_reason}")
                else:
                    result.heard = f"{result.heard} {message.text}".strip()


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 evaluated, 2 it could not start, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="eval", description=__doc__)
    parser.add_argument(
        "--audio", type=Path, nargs="*", help="folders with a manifest.csv; default: dev and noise of the test audio"
    )
    parser.add_argument("--profile", default="demo")
    parser.add_argument("--limit", type=int, default=0, help="only the first N recordings of each folder")
    parser.add_argument("--out", type=Path, default=Path("build/eval"))
    options = parser.parse_args(args)
    options.out.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False)
    try:
        recordings = [r for folder in folders(options.audio) for r in load_folder(folder)[: options.limit or None]]
        results = _play(recordings, options, console)
        _whole_files(recordings, results, options.profile)
    except VoiceError as error:
        print(f"eval: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\neval: interrupted; nothing was written.", file=sys.stderr)
        return 130
    summary = summarise(results)
    (options.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    (options.out / "files.json").write_text(
        json.dumps([asdict(r) for r in results], indent=2, ensure_ascii=False) + "\n"
    )
    _print(console, results, summary)
    return 0


def folders(named: list[Path] | None) -> list[Path]:
    """The folders that were named, or those inside them, or the recordings for tests."""
    if named:
        return [
            sub
            for f in named
            for sub in (
                [f] if (f / "manifest.csv").exists() else sorted(p.parent for p in f.glob("*/manifest.csv")) or [f]
            )
        ]
    base = test_audio()
    if base is None:
        raise VoiceError(
            "there are no recordings to evaluate.", "Name a folder with a manifest.csv: make eval AUDIO=dir"
        )
    return [base / "dev", base / "noise"]


def _play(recordings: Sequence[Recording], options: argparse.Namespace, console: Console) -> list[Result]:
    results = [Result(r.path.name, r.category, r.transcript) for r in recordings]
    only = ("audio_capture", "vad", "asr")
    with Session(options.profile, options.out / "logs", robot="none", audio="file", only=only) as session:
        ears = Ears(session)
        jobs: Any = list(zip(recordings, results, strict=True))
        for recording, result in track(jobs, "real time", console=console, disable=not console.is_terminal):
            path = recording.path.resolve()
            _play_one(session, ears, path)
            ears.collect(result, path)
            if not console.is_terminal:
                console.print(f"{result.file}: {result.heard or '-'}", soft_wrap=True)
    return results


def _play_one(session: Session, ears: Ears, path: Path) -> None:
    ears.spans.pop(str(path), None)
    session.watcher.play(path)
    deadline = time.monotonic() + 20.0
    while str(path) not in ears.spans:
        session.drain(0.05)
        if time.monotonic() > deadline:
            faults = "; ".join(session.watcher.faults.values()) or "audio_capture did not begin to play it"
            raise VoiceError(f"{path.name} was not played: {faults}.", "See the logs beside the summary.")
    end_ns = ears.spans[str(path)][1] + int(_SETTLE_S * NS)
    deadline_ns = end_ns + 20 * NS
    while time.time_ns() < end_ns or (ears.open and time.time_ns() < deadline_ns):
        session.drain(0.05)


def _whole_files(recordings: Sequence[Recording], results: Sequence[Result], profile: str) -> None:
    """The same engine with the same settings on each whole file: what the pipeline is measured against."""
    from voice_pipeline.audio.files import read_recording
    from voice_pipeline.audio.formats import to_float
    from voice_pipeline.bringup.profile import load_profile
    from voice_pipeline.nodes.asr import make_transcriber, parameters

    settings = parameters(load_profile(profile).parameters.get("asr", {}))
    transcriber = make_transcriber(settings)
    for recording, result in zip(recordings, results, strict=True):
        result.whole = transcriber.transcribe(
            to_float(read_recording(recording.path).samples), settings["language"]
        ).text


def summarise(results: Sequence[Result]) -> dict[str, object]:
    """Word error rates over all recordings with words, and what was heard where there were none."""
    spoken = [r for r in results if r.reference]
    silent = [r for r in results if not r.reference]
    return {
        "files": len(results),
        "wer": _wer(spoken, "heard"),
        "wer_whole_files": _wer(spoken, "whole"),
        "missed_utterances": sum(1 for r in spoken if not r.heard),
        "false_utterances": sum(1 for r in silent if r.heard),
        "words_on_noise": sum(len(r.heard.split()) for r in silent),
        "words_on_noise_whole_files": sum(len(r.whole.split()) for r in silent),
    }


def _wer(results: Sequence[Result], which: str) -> float | None:
    if not results:
        return None
    clean = EnglishTextNormalizer()
    pairs = [(clean(r.reference or ""), clean(getattr(r, which))) for r in results]
    pairs = [(a, b) for a, b in pairs if a]
    return round(float(jiwer.wer([a for a, _ in pairs], [b for _, b in pairs])), 4)


def _print(console: Console, results: Sequence[Result], summary: dict[str, object]) -> None:
    table = Table(title="Word error rate", title_justify="left")
    for column in ("category", "files", "pipeline", "whole files"):
        table.add_column(column, justify="left" if column == "category" else "right")
    spoken = [r for r in results if r.reference]
    for category in [*sorted({r.category for r in spoken}), "all"]:
        rows = [r for r in spoken if category in ("all", r.category)]
        if rows:
            table.add_row(
                category, str(len(rows)), *(f"{100 * (_wer(rows, w) or 0):.1f} %" for w in ("heard", "whole"))
            )
    console.print(table)
    console.print(
        f"missed {summary['missed_utterances']} of {len(spoken)} · on {len(results) - len(spoken)} recordings without words: "
        f"{summary['false_utterances']} utterances, {summary['words_on_noise']} words "
        f"(whole files: {summary['words_on_noise_whole_files']} words)"
    )


if __name__ == "__main__":
    sys.exit(main())
