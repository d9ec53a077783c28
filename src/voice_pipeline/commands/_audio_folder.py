"""A folder of recordings with a manifest.csv: what eval, bench and demo take as AUDIO=dir."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path

from voice_pipeline.errors import VoiceError

# What is said in a recording: known words, nothing at all, or something that nobody wrote down.
WORDS, NOTHING, UNKNOWN = "words", "nothing", "unknown"
# Pairs of a far end and a microphone (the AEC challenge's): their `content` names the scene, nobody wrote the words down.
_TALK = re.compile(r"single_?talk|double_?talk", re.IGNORECASE)

Span = tuple[float, float]


@dataclass(frozen=True)
class Recording:
    """One file; `transcript` is None where no words are known, `speech` says which of the reasons it is.

    Times are s from the file's first sample; `turns` is when anybody speaks (of an RTTM), None where it is not known.
    """

    path: Path
    transcript: str | None
    category: str = ""
    condition: str = ""
    language: str = "en"
    speech: str = WORDS
    speech_start_s: float | None = None
    speech_end_s: float | None = None
    turns: tuple[Span, ...] | None = None


def load_folder(folder: Path) -> list[Recording]:
    """The recordings of a folder, in the order of its manifest.

    A manifest without a column `transcript` lists recordings without words. Known columns: file, transcript, category,
    condition, language, speech_start_est, speech_end_est, labels (names of an .rttm, and of an .stm with the words).

    Raises:
        VoiceError: no folder, no manifest, or a file it lists is missing.
    """
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        raise VoiceError(
            f"{folder} has no manifest.csv.",
            "Give a folder with a manifest.csv: a column `file`, and `transcript` where there are words.",
        )
    try:
        return _recordings(folder, manifest)
    except (OSError, ValueError, TypeError, IndexError, csv.Error) as error:
        raise VoiceError(f"{manifest} or a file it names cannot be read: {error}.", "Correct it.") from error


def _recordings(folder: Path, manifest: Path) -> list[Recording]:
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "file" not in rows[0]:
        raise VoiceError(f"{manifest} has no column `file`.", "Its first line must name the columns.")
    for name in [name for row in rows for name in (row["file"], *(row.get("labels") or "").split())]:
        if not (folder / name).is_file():
            raise VoiceError(
                f"{manifest} lists {name}, which is not there.", "Restore the file or correct the manifest."
            )
    return [_recording(folder, row) for row in rows]


def _recording(folder: Path, row: dict[str, str]) -> Recording:
    labels = [folder / name for name in (row.get("labels") or "").split()]
    text = row.get("transcript")
    speech = WORDS if text else NOTHING
    if labels:
        text = next((_stm_words(p) for p in labels if p.suffix == ".stm"), None)
        speech = WORDS if text else UNKNOWN
    elif _TALK.search(row.get("content") or ""):
        speech = UNKNOWN
    return Recording(
        path=folder / row["file"],
        transcript=text,
        category=row.get("category") or row.get("language") or folder.name,
        condition=(row.get("condition") or "").split(" (")[0],
        language=row.get("language") or "en",
        speech=speech,
        speech_start_s=_number(row.get("speech_start_est")),
        speech_end_s=_number(row.get("speech_end_est")),
        turns=next((_rttm_turns(p) for p in labels if p.suffix == ".rttm"), None),
    )


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _rttm_turns(path: Path) -> tuple[Span, ...]:
    """SPEAKER file channel start duration ... -> (start, end) in s."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return tuple((float(w[3]), float(w[3]) + float(w[4])) for w in lines if w and w[0] == "SPEAKER")


def _stm_words(path: Path) -> str:
    """file channel speaker start end text..., in the order of their beginnings."""
    lines = [line.split(maxsplit=5) for line in path.read_text(encoding="utf-8").splitlines()]
    said = sorted((float(w[3]), w[5]) for w in lines if len(w) == 6 and not w[0].startswith(";;"))
    return " ".join(text for _, text in said)


def wav_files(folder: Path) -> list[Path]:
    """Paths of a folder's recordings."""
    return [r.path.resolve() for r in load_folder(folder)]


def folders(named: list[Path] | None) -> list[Path]:
    """The folders that were named, or those inside them, or dev and noise of the recordings for tests.

    Raises:
        VoiceError: none was named and there are no recordings for tests.
    """
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


def test_audio() -> Path | None:
    """The folder of recordings for tests: $VOICE_PIPELINE_TEST_AUDIO, or shared/audio beside the checkout."""
    named = os.environ.get("VOICE_PIPELINE_TEST_AUDIO")
    folder = Path(named) if named else Path(__file__).resolve().parents[3].parent / "shared" / "audio"
    return folder if folder.is_dir() else None
