"""`python -m bench.hearing.words`: what every threshold of the recogniser's sieve costs in real utterances and saves in
invented ones. All recordings go through detector and recogniser once, with no rule in force; then each threshold is moved
while the others stay. Choose on half 0 (even rows of the manifests), report on half 1."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.hearing import words_harder as harder
from bench.hearing.words_heard import Heard, hear_folder, kept

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.commands._audio_folder import test_audio
from voice_pipeline.errors import VoiceError
from voice_pipeline.vad.registry import make_detector

# What was in force before: no credibility, speed, loops or phrases.
BEFORE = RejectionRules(repetitions=0, words_per_second=1e9, seconds_per_word=1e9, credibility=0.0, phantom_phrases=())
SWEEPS: dict[str, tuple[float, ...]] = {
    "credibility": (0.0, 0.1, 0.14, 0.16, 0.18, 0.2, 0.22, 0.25, 0.3, 0.4),
    "no_speech": (0.4, 0.5, 0.6, 0.7, 0.8, 1.0),
    "floor_confidence": (0.0, 0.1, 0.15, 0.2, 0.25, 0.3),
    "compression_ratio": (1.5, 1.8, 2.0, 2.4, 3.0, 100.0),
    "repetitions": (2, 3, 4, 6, 8, 0),
    "words_per_second": (4.0, 5.0, 6.0, 8.0, 10.0, 1e9),
    "seconds_per_word": (0.5, 0.8, 1.0, 1.5, 2.0, 3.5, 1e9),
    "level_dbfs": (-30.0, -40.0, -45.0, -50.0, -60.0, -120.0),
}
_SONG = "song_with_vocals.wav"


def main(args: Sequence[str] | None = None) -> int:
    """Exit codes: 0 measured, 2 no recordings or no model."""
    parser = argparse.ArgumentParser(prog="bench.hearing.words", description=__doc__)
    parser.add_argument("--audio", type=Path, help="folder with dev and noise; default: the test audio")
    parser.add_argument("--model", default="whisper-tiny.en-ct2", help="default %(default)s")
    parser.add_argument("--language", default="en")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/hearing-words"), help="what was heard is kept there")
    options = parser.parse_args(args)
    try:
        sets = _hear(options)
    except VoiceError as error:
        print(f"bench.hearing.words: {error}", file=sys.stderr)
        return 2
    rules = RejectionRules()
    print(f"{options.model}: rejected before / now, of all; half 0 | half 1")
    for name, heard in sets.items():
        print(f"  {name:10} " + " | ".join(_before_and_now(heard, half, rules) for half in (0, 1)))
    for parameter, values in SWEEPS.items():
        _curve(parameter, values, sets, rules)
    _what_went_wrong(sets, rules)
    return 0


def _hear(options: argparse.Namespace) -> dict[str, list[Heard]]:
    audio = options.audio or test_audio()
    if audio is None:
        raise VoiceError("there are no recordings here.", "Name a folder with dev and noise by --audio.")
    settings = TranscriberOptions(
        options.model, compute_type="int8", cpu_threads=options.threads, encoder_window_s=10.0
    )
    engine, detector, language = (
        make_transcriber("faster_whisper", settings),
        make_detector("silero", "silero-vad"),
        options.language,
    )
    makers = {
        "noise": lambda: hear_folder(audio / "noise", engine, detector, language),
        "babble": lambda: harder.babble(audio, engine, detector, language),
        "fooled": lambda: harder.fooled(audio, engine, language),
        "dev": lambda: hear_folder(audio / "dev", engine, detector, language),
        "in_noise": lambda: harder.in_noise(audio, engine, detector, language),
    }
    return {name: kept(options.out / f"{options.model}_{name}.json", make) for name, make in makers.items()}


def _rejected(rules: RejectionRules, h: Heard) -> str:
    return rules.reason(h.transcription(), h.level_dbfs, h.speech_s)


def _before_and_now(heard: list[Heard], half: int, rules: RejectionRules) -> str:
    mine = [h for h in heard if h.half == half and h.file != _SONG]
    before, now = (sum(bool(_rejected(r, h)) for h in mine) for r in (BEFORE, rules))
    return f"{before:3} / {now:3} of {len(mine):3}"


def _curve(parameter: str, values: Sequence[float], sets: dict[str, list[Heard]], rules: RejectionRules) -> None:
    print(
        f"\nreject_{parameter}: real utterances lost, in noise lost / passed of noise, babble, fooled; half 0 | half 1"
    )
    for value in values:
        moved = replace(rules, **{parameter: value})  # type: ignore[arg-type]
        cells = []
        for half in (0, 1):
            lost = [sum(bool(_rejected(moved, h)) for h in sets[s] if h.half == half) for s in ("dev", "in_noise")]
            passed = [
                sum(not _rejected(moved, h) for h in sets[s] if h.half == half and h.file != _SONG)
                for s in ("noise", "babble", "fooled")
            ]
            cells.append(" ".join(f"{n:3}" for n in lost) + " /" + " ".join(f"{n:3}" for n in passed))
        mark = " <" if value == getattr(rules, parameter) else ""
        print(f"  {value:8g}  {cells[0]} | {cells[1]}{mark}")


def _what_went_wrong(sets: dict[str, list[Heard]], rules: RejectionRules) -> None:
    by: Counter[str] = Counter()
    for name, heard in sets.items():
        real = name in ("dev", "in_noise")
        for h in heard:
            found = rules.judge(h.transcription(), h.level_dbfs, h.speech_s)
            by[f"{'people' if real else 'noise'}: {(found.by or found.reason) if found else 'passed'}"] += 1
            if bool(found) == real and h.file != _SONG:
                figures = f"confidence {h.confidence:.2f} no-speech {h.no_speech:.2f} {h.speech_s:.1f} s"
                print(f"{name} half {h.half} {h.file}: {h.text} [{figures}] {found.reason if found else 'passed'}")
    print(*(f"{n:4} {what}" for what, n in sorted(by.items())), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
