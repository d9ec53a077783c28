"""The curve of the wake word engine's threshold: how often its word is missed and how often something else is taken for it.
Synthetic voices say the word; folders of recordings are everything else. `python -m bench.hearing.wake_word --help`."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioChunk, Int16, to_float, to_int16
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer
from voice_pipeline.wake.listener import WakeWordListener
from voice_pipeline.wake.protocol import WakeWordEngine
from voice_pipeline.wake.registry import make_wake_word_engine

_SENTENCES = ("Hey Jarvis.", "Hey Jarvis, what time is it?", "Hey Jarvis, turn your head to the left please.")
_VOICES = {
    "piper": ("",),
    "kokoro": ("af_sarah", "am_adam", "bf_emma", "bm_george", "af_bella", "am_michael", "bf_isabella", "am_puck"),
}
_THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_NOISE_DB = (None, 20.0, 10.0, 5.0)


def main(args: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.hearing.wake_word", description=__doc__)
    parser.add_argument("--models", nargs="+", default=["openwakeword-hey-jarvis"])
    parser.add_argument("--features", default="openwakeword")
    parser.add_argument("--sentences", nargs="+", default=list(_SENTENCES), help="that hold the word")
    parser.add_argument("--audio", type=Path, default=Path("../shared/audio"), help="with dev, noise, multi, lang")
    options = parser.parse_args(args)
    engine = make_wake_word_engine("openwakeword", options.models, options.features)
    rng = np.random.default_rng(1)
    said = _said(options.sentences)
    hits = {db: [_best(engine, _noisy(sound, db, rng)) for sound in said] for db in _NOISE_DB}
    others: list[float] = []
    seconds = 0.0
    for folder in ("dev", "noise", "multi", "lang"):
        for row in csv.DictReader((options.audio / folder / "manifest.csv").open(encoding="utf-8")):
            samples = read_recording(options.audio / folder / row["file"]).samples
            others.append(_best(engine, samples))
            seconds += len(samples) / SAMPLE_RATE
    names = ["clean" if db is None else f"{db:g} dB" for db in _NOISE_DB]
    print(f"{len(said)} sentences with the word, white noise added; {len(others)} other recordings, {seconds:.0f} s")
    print("threshold  missed: " + "  ".join(f"{n:>6}" for n in names) + "  false, recordings")
    for threshold in _THRESHOLDS:
        missed = "  ".join(f"{sum(s < threshold for s in hits[db]):6}" for db in _NOISE_DB)
        print(f"{threshold:9.2f}          {missed}  {sum(s >= threshold for s in others):6}")
    return 0


def _best(engine: WakeWordEngine, samples: Int16) -> float:
    engine.reset()
    listener = WakeWordListener(engine, 2.0, 0.0)
    quiet = np.zeros(SAMPLE_RATE, np.int16)
    listener.push(AudioChunk(NS, np.concatenate((quiet, samples, quiet))))
    return listener.take_best()


def _noisy(sound: Int16, db: float | None, rng: np.random.Generator) -> Int16:
    if db is None:
        return sound
    clean = to_float(sound)
    noise = rng.normal(size=len(clean)) * np.sqrt(np.mean(clean**2)) * 10 ** (-db / 20)
    return to_int16(clean + noise.astype(np.float32))


def _said(sentences: Sequence[str]) -> list[Int16]:
    made = []
    for engine, voices in _VOICES.items():
        mouth = make_synthesizer(engine, SynthesizerOptions(threads=2))
        for voice in voices:
            for sentence in sentences:
                sound = mouth.synthesize(sentence, voice or mouth.default_voice, 1.0, Cancellation())
                made.append(
                    to_int16(soxr.resample(to_float(np.concatenate(list(sound))), mouth.sample_rate, SAMPLE_RATE))
                )
        mouth.close()
    return made


if __name__ == "__main__":
    raise SystemExit(main())
