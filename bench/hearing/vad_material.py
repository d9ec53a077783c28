"""Recordings through the detector with given thresholds, and what is right and wrong about the utterances found. Apart from
the sweep, which only varies the options."""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bench.hearing.remembering import RememberingDetector

from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, SAMPLE_RATE, AudioChunk, Int16, samples_to_ns
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Event, Kind, Reason
from voice_pipeline.vad.segmenter import Segmenter

_T0 = 1_700_000_000 * NS
_BEFORE_S, _AFTER_S = 0.5, 1.5
# The same noise again, cut elsewhere, softer and louder: whether it starts an utterance depends on all of it.
_NOISE_VARIANTS = ((0, 0.0), (0, -12.0), (0, 6.0), (6_000, 0.0), (11_000, -6.0), (17_000, -3.0))
_VOICES = ("babble_dev.wav", "song_with_vocals.wav")  # noise with voices in it: starts are no mistake of the detector
_CUT_S = 0.05  # an energy estimate is no better than this


@dataclass(frozen=True)
class Spoken:
    """A recording of one utterance; start and end of its speech in s, NaN where the manifest does not tell."""

    name: str
    half: int  # 0: thresholds are chosen on it, 1: reported
    samples: Int16
    start_s: float
    end_s: float
    clean: bool


@dataclass(frozen=True)
class Noise:
    """A recording without anybody who speaks to the robot."""

    name: str
    half: int
    samples: Int16
    voices: bool


@dataclass
class Score:
    """Counts over recordings; times in s."""

    files: int = 0
    missed: int = 0  # recordings of speech without an utterance
    pieces: int = 0  # utterances of recordings of speech
    starts: list[float] = field(default_factory=list)  # START in stream time behind the estimated start of clean speech
    onset_errors: list[float] = field(default_factory=list)  # speech as detected less estimated start
    end_errors: list[float] = field(default_factory=list)
    head_cut: int = 0  # the audio handed over begins after the estimated start
    tail_cut: int = 0
    inner_cut: int = 0  # holes between the utterances of a recording
    false_starts: int = 0  # utterances on noise
    false_s: float = 0.0
    clicks: int = 0  # false starts that were taken back (TOO_SHORT)
    voices: int = 0  # utterances on noise with voices in it
    noise_s: float = 0.0


def load_spoken(folder: Path, gain_db: float = 0.0) -> list[Spoken]:
    """dev/, in the order of its manifest."""
    rows = list(csv.DictReader((folder / "manifest.csv").open(newline="", encoding="utf-8")))
    found = []
    for i, r in enumerate(rows):
        samples = _louder(read_recording(folder / r["file"]).samples, gain_db)
        start, end = (float(r[k] or "nan") for k in ("speech_start_est", "speech_end_est"))
        found.append(Spoken(f"{r['file']} {gain_db:g}", i % 2, samples, start, end, r["condition"] == "clean"))
    return found


def load_noise(folder: Path) -> list[Noise]:
    """noise/ in six variants each."""
    rows = list(csv.DictReader((folder / "manifest.csv").open(newline="", encoding="utf-8")))
    found = []
    for i, r in enumerate(rows):
        samples = read_recording(folder / r["file"]).samples
        for offset, gain_db in _NOISE_VARIANTS:
            if len(samples) > offset + SAMPLE_RATE:
                found.append(
                    Noise(
                        f"{r['file']} {offset} {gain_db}",
                        i % 2,
                        _louder(samples[offset:], gain_db),
                        r["file"] in _VOICES,
                    )
                )
    return found


def _louder(samples: Int16, gain_db: float) -> Int16:
    louder: Int16 = np.clip(np.rint(samples * 10 ** (gain_db / 20)), -32768, 32767).astype(np.int16)
    return louder


def events_of(
    name: str, samples: Int16, detector: RememberingDetector, options: EndpointerOptions
) -> list[tuple[float, Event]]:
    """Every event with the stream time, s from the first sample, at which it was known."""
    segmenter = Segmenter(detector, Endpointer(options))
    silence = [np.zeros(int(s * SAMPLE_RATE), np.int16) for s in (_BEFORE_S, _AFTER_S)]
    audio = np.concatenate((silence[0], samples, silence[1]))
    detector.listen_to(name, audio)
    found = []
    for at in range(0, len(audio) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        chunk = AudioChunk(_T0 + samples_to_ns(at), audio[at : at + CHUNK_SAMPLES])
        found += [((at + CHUNK_SAMPLES) / SAMPLE_RATE - _BEFORE_S, e) for e in segmenter.push(chunk)]
    return found


def seconds(stamp_ns: int) -> float:
    """Of an event's stamp, s from the first sample of the recording."""
    return (stamp_ns - _T0) / NS - _BEFORE_S


def judge_spoken(score: Score, x: Spoken, detector: RememberingDetector, options: EndpointerOptions) -> None:
    """Add one recording of speech."""
    events = events_of(x.name, x.samples, detector, options)
    ends = [e for _, e in events if e.kind is Kind.END and e.reason is not Reason.TOO_SHORT]
    kept = {e.utterance_id for e in ends}
    score.files += 1
    score.pieces += len(ends)
    if not ends:
        score.missed += 1
        return
    first = next((t, e) for t, e in events if e.kind is Kind.START and e.utterance_id in kept)
    if x.start_s == x.start_s:
        if x.clean and x.start_s >= 0.1:
            score.starts.append(first[0] - x.start_s)
        score.onset_errors.append(seconds(first[1].audio_start_ns) + options.pre_roll - x.start_s)
        score.end_errors.append(seconds(ends[-1].speech_end_ns) - x.end_s)
        score.head_cut += seconds(first[1].audio_start_ns) > x.start_s + _CUT_S
        score.tail_cut += seconds(ends[-1].audio_end_ns) < x.end_s - _CUT_S
    score.inner_cut += sum(b.audio_start_ns > a.audio_end_ns for a, b in itertools.pairwise(ends))


def judge_noise(score: Score, x: Noise, detector: RememberingDetector, options: EndpointerOptions) -> None:
    """Add one recording of noise."""
    ends = [e for _, e in events_of(x.name, x.samples, detector, options) if e.kind is Kind.END]
    if x.voices:
        score.voices += sum(e.reason is not Reason.TOO_SHORT for e in ends)
        return
    score.noise_s += len(x.samples) / SAMPLE_RATE
    for e in ends:
        if e.reason is Reason.TOO_SHORT:
            score.clicks += 1
        else:
            score.false_starts += 1
            score.false_s += (e.audio_end_ns - e.audio_start_ns) / NS
