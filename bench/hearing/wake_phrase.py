"""How Whisper writes "hey Reachy", and how many of these are known: synthetic voices say it in four greetings, alone and
before a sentence. And what of a folder's transcripts would open by mistake. `python -m bench.hearing.wake_phrase --help`."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soxr

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.asr.wake_phrases import WakePhrases
from voice_pipeline.audio.formats import SAMPLE_RATE, to_float
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer

# As the voices have to spell it, see `pronunciations` of tts.
_GREETINGS = ("Hey Reechy", "Hi Reechy", "Okay Reechy", "Hello Reechy")
_RESTS = (".", ", what time is it?", ", tell me a joke.", ", stop.", ", turn your head to the left please.")
_VOICES = {
    "piper": ("",),
    "kokoro": ("af_sarah", "am_adam", "bf_emma", "bm_george", "af_bella", "am_michael", "bf_isabella", "am_puck"),
}


def main(args: Sequence[str] | None = None) -> int:
    """Print every transcript that is not known, and the share that is."""
    parser = argparse.ArgumentParser(prog="python -m bench.hearing.wake_phrase", description=__doc__)
    parser.add_argument("--phrase", default="hey reachy")
    parser.add_argument("--model", default="whisper-tiny.en-ct2")
    parser.add_argument(
        "--audio", type=Path, nargs="*", default=[Path("../shared/audio/dev")], help="for false openings"
    )
    options = parser.parse_args(args)
    ears = make_transcriber(
        "faster_whisper", TranscriberOptions(options.model, compute_type="int8", encoder_window_s=10.0)
    )
    phrases = WakePhrases([options.phrase])
    known = count = 0
    for voice, text, sound in _said():
        heard = ears.transcribe(sound, "en").text
        count += 1
        if phrases.find(heard) is not None:
            known += 1
        else:
            print(f"not known: {voice}: {text} -> {heard}")
    print(f"{known} of {count} known")
    for folder in options.audio:
        rows = list(csv.DictReader((folder / "manifest.csv").open(encoding="utf-8")))
        texts = [
            text
            for row in rows
            for key, text in row.items()
            if text and key in ("transcript", "tiny_en_hyp", "base_hyp")
        ]
        opened = [text for text in texts if phrases.find(text) is not None]
        print(f"{folder.name}: {len(opened)} of {len(texts)} transcripts would open by mistake {opened}")
    return 0


def _said() -> Iterator[tuple[str, str, np.ndarray]]:
    for engine, voices in _VOICES.items():
        mouth = make_synthesizer(engine, SynthesizerOptions(threads=2))
        for voice in voices:
            for greeting in _GREETINGS:
                for rest in _RESTS if engine == "piper" or greeting == _GREETINGS[0] else _RESTS[:2]:
                    made = mouth.synthesize(greeting + rest, voice or mouth.default_voice, 1.0, Cancellation())
                    sound = to_float(np.concatenate(list(made)))
                    yield voice or engine, greeting + rest, soxr.resample(sound, mouth.sample_rate, SAMPLE_RATE)
        mouth.close()


if __name__ == "__main__":
    raise SystemExit(main())
