"""Which recordings are played, and where in each the speech ends: the clock of the bench starts there."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, Int16
from voice_pipeline.commands._audio_folder import test_audio
from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.protocol import VoiceActivityDetector

SPEECH = 0.5  # Silero's own threshold
# A manifest's estimate is from energy or an alignment: the detector's last frame of speech is looked for this near to it.
# Where there is none, nobody knows when the speech ended (breath, a click, a chair), and the recording is not used.
_NEAR_S = 0.6
CATEGORIES = ("command", "sentence")


@dataclass(frozen=True)
class Recording:
    """One utterance of a person; `speech_end_s` counts from the file's first sample."""

    path: Path
    transcript: str
    category: str
    seconds: float
    speech_end_s: float

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


@dataclass(frozen=True)
class Listed:
    """A line of a manifest; the estimate is None where there is none."""

    path: Path
    transcript: str
    category: str
    estimate_s: float | None


def listed(folder: Path | None) -> list[Listed]:
    """The recordings of a folder; without one the clean commands and sentences of the test audio.

    Raises:
        VoiceError: no folder, no manifest, a column missing, nothing in it.
    """
    own = folder is None
    if folder is None:
        base = test_audio()
        if base is None:
            raise VoiceError(
                "there are no recordings to measure with.",
                "Name a folder with a manifest.csv: make bench-gap AUDIO=dir",
            )
        folder = base / "dev"
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        raise VoiceError(f"{folder} has no manifest.csv.", "Give a folder with one: columns `file` and `transcript`.")
    with manifest.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"file", "transcript"} <= set(rows[0]):
        raise VoiceError(f"{manifest} lacks a column `file` or `transcript`.", "Its first line must name the columns.")
    result = []
    for row in rows:
        if not row["transcript"]:
            continue  # no words, no answer
        if own and (row.get("category") not in CATEGORIES or row.get("condition") != "clean"):
            continue
        estimate = row.get("speech_end_est") or ""
        path = (folder / row["file"]).resolve()
        result.append(Listed(path, row["transcript"], row.get("category") or "", float(estimate) if estimate else None))
    if not result:
        raise VoiceError(f"{manifest} lists no recording with words.", "Fill its column `transcript`.")
    return result


def ranked(everything: Sequence[Listed], seed: int) -> list[Listed]:
    """All of them, the categories in turn, each in an order that the seed alone decides."""
    dice = random.Random(seed)
    by_category: dict[str, list[Listed]] = {}
    for one in sorted(everything, key=lambda r: r.path.name):
        by_category.setdefault(one.category, []).append(one)
    for group in by_category.values():
        dice.shuffle(group)
    order: list[Listed] = []
    while any(by_category.values()):
        order += [group.pop() for group in by_category.values() if group]
    return order


def choose(
    everything: Sequence[Listed], count: int, seed: int, detector: VoiceActivityDetector
) -> tuple[list[Recording], list[str]]:
    """The first `count` of the ranking whose end of speech is sure, shuffled; and the names of those passed over.

    Raises:
        VoiceError: one cannot be read, or none can be used.
    """
    chosen: list[Recording] = []
    passed: list[str] = []
    for one in ranked(everything, seed):
        if len(chosen) == count:
            break
        found = measure(one, detector)
        if found is None:
            passed.append(one.path.name)
        else:
            chosen.append(found)
    if not chosen:
        raise VoiceError(
            f"in none of {len(everything)} recordings is it clear where the speech ends.",
            "Correct or leave out the manifest's column speech_end_est (seconds), or give other recordings.",
        )
    random.Random(seed).shuffle(chosen)
    return chosen, passed


def measure(one: Listed, detector: VoiceActivityDetector) -> Recording | None:
    """Read a recording and find its last sample of speech; None when that is not clear.

    Raises:
        VoiceError: it cannot be read.
    """
    samples = read_recording(one.path).samples
    end_s = speech_end(probabilities(samples, detector), one.estimate_s)
    if end_s is None:
        return None
    seconds = len(samples) / SAMPLE_RATE
    return Recording(one.path, one.transcript, one.category, seconds, min(end_s, seconds))


def probabilities(samples: Int16, detector: VoiceActivityDetector) -> list[float]:
    """Speech probability of each 32 ms of int16[n] at 16 kHz, the last frame filled up with zeros."""
    detector.reset()
    frames = -(-len(samples) // CHUNK_SAMPLES)
    padded = np.zeros(frames * CHUNK_SAMPLES, np.int16)
    padded[: len(samples)] = samples
    return [detector.probability(frame) for frame in padded.reshape(frames, CHUNK_SAMPLES)]


def speech_end(probability: Sequence[float], estimate_s: float | None) -> float | None:
    """End in s of the last frame of speech near the estimate, or of all where there is no estimate; None: no such frame."""
    frame_s = CHUNK_SAMPLES / SAMPLE_RATE
    ends = [(i + 1) * frame_s for i, p in enumerate(probability) if p >= SPEECH]
    near = [e for e in ends if estimate_s is None or abs(e - estimate_s) <= _NEAR_S]
    return near[-1] if near else None
