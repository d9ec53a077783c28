"""Word and character error rates in other languages than English: language given and guessed, whole files and through
the ears (segmenter and recogniser). `python -m bench.hearing.languages --help`."""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import jiwer
import numpy as np
from whisper_normalizer.basic import BasicTextNormalizer

from voice_pipeline.asr.jobs import Result, Segment
from voice_pipeline.asr.protocol import Transcriber, TranscriberOptions
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, SAMPLE_RATE, AudioChunk, Int16, samples_to_ns, to_float
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind, Reason
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.registry import make_detector
from voice_pipeline.vad.segmenter import Segmenter

# Written without blanks, or with blanks that carry little: characters are counted.
_BY_CHARACTER = ("ja", "zh", "ko", "hi")
_SIX = ("en", "de", "es", "fr", "it", "pt")
_PLAIN, _SPLIT = BasicTextNormalizer(), BasicTextNormalizer(split_letters=True)
_START_NS = 1_700_000_000_000_000_000


@dataclass(frozen=True)
class Score:
    """One recording, heard one way. `errors` of `units`: words, or characters."""

    file: str
    language: str
    way: str
    ears: bool
    text: str
    reference: str
    guessed: str
    seconds: float
    errors: int
    units: int


def errors(reference: str, text: str, language: str) -> tuple[int, int]:
    """(errors, units): words, or characters where words are not told apart by blanks."""
    if language in _BY_CHARACTER:
        said, heard = (_PLAIN(t).replace(" ", "") for t in (reference, text))
        out = jiwer.process_characters(said, heard)
        return out.substitutions + out.deletions + out.insertions, len(said)
    said, heard = _PLAIN(reference), _PLAIN(text)
    words = jiwer.process_words(said, heard)
    return words.substitutions + words.deletions + words.insertions, len(said.split())


def main(args: Sequence[str] | None = None) -> int:
    """Print the table; every transcript goes to a JSON file."""
    parser = argparse.ArgumentParser(prog="python -m bench.hearing.languages", description=__doc__)
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio/lang"), help="folder with a manifest.csv")
    parser.add_argument("--model", default="whisper-base-ct2")
    parser.add_argument("--window", type=float, default=10.0, help="encoder_window_s (default %(default)s)")
    parser.add_argument("--ways", nargs="+", default=["given", "auto", "six"], choices=["given", "auto", "six"])
    parser.add_argument("--whole-only", action="store_true", help="not through the ears")
    parser.add_argument("--out", type=Path, default=Path("build/languages.json"))
    options = parser.parse_args(args)
    rows = [
        r for r in csv.DictReader((options.audio / "manifest.csv").open(encoding="utf-8")) if "…" not in r["transcript"]
    ]
    scores: list[Score] = []
    detector = make_detector("silero", "silero-vad")
    for way in options.ways:
        engine = make_transcriber(
            "faster_whisper",
            TranscriberOptions(
                model=options.model,
                compute_type="int8",
                encoder_window_s=options.window,
                languages=_SIX if way == "six" else (),
            ),
        )
        for row in rows:
            if way == "six" and row["language"] not in _SIX:
                continue
            samples = read_recording(options.audio / row["file"]).samples
            language = row["language"] if way == "given" else ""
            began = time.monotonic()
            whole = engine.transcribe(to_float(samples), language)
            scores.append(_score(row, way, False, whole.text, whole.language, time.monotonic() - began))
            if not options.whole_only:
                results = _through_the_ears(samples, detector, engine, language)
                text = " ".join(r.heard.text for r in results if not r.rejected_reason)
                guessed = results[0].heard.language if results else ""
                scores.append(_score(row, way, True, text, guessed, sum(r.heard.processing_s for r in results)))
        engine.close()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps([asdict(s) for s in scores], ensure_ascii=False, indent=1) + "\n")
    _print(scores)
    return 0


def _score(row: dict[str, str], way: str, ears: bool, text: str, guessed: str, seconds: float) -> Score:
    wrong, units = errors(row["transcript"], text, row["language"])
    return Score(row["file"], row["language"], way, ears, text, row["transcript"], guessed, seconds, wrong, units)


def _through_the_ears(
    samples: Int16, detector: VoiceActivityDetector, engine: Transcriber, language: str
) -> list[Result]:
    results: list[Result] = []
    detector.reset()
    segmenter = Segmenter(detector, Endpointer(EndpointerOptions()))
    recognizer = Recognizer(
        engine, RejectionRules(), results.append, language=language, speculate=False, wall_ns=lambda: 1
    )
    quiet = np.zeros(SAMPLE_RATE, np.int16)
    audio = np.concatenate((quiet[: SAMPLE_RATE // 2], samples, quiet))
    for at in range(0, len(audio) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES):
        chunk = AudioChunk(_START_NS + samples_to_ns(at), audio[at : at + CHUNK_SAMPLES])
        recognizer.append(chunk)
        for e in segmenter.push(chunk):
            segment = Segment(
                e.utterance_id, e.generation, e.audio_start_ns, e.audio_end_ns, e.speech_end_ns, e.level_dbfs
            )
            if e.kind is Kind.START:
                recognizer.started(e.utterance_id, e.audio_start_ns)
            elif e.kind is Kind.END and e.reason is not Reason.TOO_SHORT:
                recognizer.ended(segment)
                recognizer.work()
    return [r for r in results if r.is_final]


def _print(scores: list[Score]) -> None:
    ways = list(dict.fromkeys((s.way, s.ears) for s in scores))
    names = [f"{way}{'/ears' if ears else ''}" for way, ears in ways]
    print(
        "language  files  " + "  ".join(f"{n:>11}" for n in names) + "   errors in % of words (ja zh ko hi: characters)"
    )
    for language in [*dict.fromkeys(s.language for s in scores), "words", "characters"]:
        cells = []
        count = 0
        for way, ears in ways:
            mine = [s for s in scores if (s.way, s.ears) == (way, ears) and _belongs(s.language, language)]
            count = max(count, len(mine))
            units = sum(s.units for s in mine)
            cells.append(f"{100 * sum(s.errors for s in mine) / units:11.1f}" if units else " " * 11)
        print(f"{language:<10}{count:>5}  " + "  ".join(cells))
    for way, ears in ways:
        mine = [s for s in scores if (s.way, s.ears) == (way, ears)]
        if way != "given":
            right = [s for s in mine if s.guessed == s.language]
            wrong = "; ".join(f"{s.file}: {s.guessed}" for s in mine if s.guessed != s.language)
            print(f"{way}{'/ears' if ears else ''}: language right {len(right)} of {len(mine)}   {wrong}")
    for way, ears in ways:
        took = [s.seconds for s in scores if (s.way, s.ears) == (way, ears)]
        print(f"{way}{'/ears' if ears else ''}: {sum(took) / len(took):.2f} s a recording")


def _belongs(language: str, group: str) -> bool:
    if group in ("words", "characters"):
        return (language in _BY_CHARACTER) == (group == "characters")
    return language == group


if __name__ == "__main__":
    raise SystemExit(main())
