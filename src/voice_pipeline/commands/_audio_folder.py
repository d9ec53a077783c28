"""A folder of recordings with a manifest.csv: what eval, bench and demo take as AUDIO=dir."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class Recording:
    """One file; `transcript` is None in a folder whose manifest has no such column (it holds no words)."""

    path: Path
    transcript: str | None
    category: str = ""


def load_folder(folder: Path) -> list[Recording]:
    """The recordings of a folder, in the order of its manifest.

    Raises:
        VoiceError: no folder, no manifest, or a file it lists is missing.
    """
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        raise VoiceError(
            f"{folder} has no manifest.csv.",
            "Give a folder with a manifest.csv: a column `file`, and `transcript` where there are words.",
        )
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "file" not in rows[0]:
        raise VoiceError(f"{manifest} has no column `file`.", "Its first line must name the columns.")
    spoken = "transcript" in rows[0]
    result = []
    for row in rows:
        path = folder / row["file"]
        if not path.is_file():
            raise VoiceError(
                f"{manifest} lists {row['file']}, which is not there.", "Restore the file or correct the manifest."
            )
        result.append(Recording(path, (row["transcript"] or "") if spoken else None, row.get("category") or ""))
    return result


def wav_files(folder: Path) -> list[Path]:
    """Paths of a folder's recordings."""
    return [r.path.resolve() for r in load_folder(folder)]


def test_audio() -> Path | None:
    """The folder of recordings for tests: $VOICE_PIPELINE_TEST_AUDIO, or shared/audio beside the checkout."""
    named = os.environ.get("VOICE_PIPELINE_TEST_AUDIO")
    folder = Path(named) if named else Path(__file__).resolve().parents[3].parent / "shared" / "audio"
    return folder if folder.is_dir() else None
