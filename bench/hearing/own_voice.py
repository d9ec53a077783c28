"""`python -m bench.hearing.own_voice`: how much of its own words the robot hears in its echo, and how much of them in what
people say. Sentences of a robot, spoken by Piper, put through a simple echo (softer, dull, late, in noise) and recognised
whole and in pieces; against every recording of people as it was recognised, and people who repeat the robot's words."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voice_pipeline.asr.own_voice import share_in_order, spoken_words
from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.formats import SAMPLE_RATE, Float32, level_dbfs, to_float
from voice_pipeline.audio.resample import resample
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer

SAID = (
    "I look left.",
    "Okay, I am turning my head to the right now.",
    "Hello, I am Reachy. What can I do for you?",
    "It is ten past four in the afternoon.",
    "I am sorry, I did not understand that. Could you say it again?",
    "Shall I look to the left or to the right?",
    "The weather in Berlin is cloudy today, with fifteen degrees and a little rain.",
    "Sure! I can dance, nod my head, wiggle my antennas and tell you a story.",
    "An octopus has three hearts, and two of them stop beating while it swims.",
    "One, two, three, four, five.",
    "My favourite colour is blue, because it reminds me of the sea.",
    "Let me think about that for a moment.",
    "You can ask me to look around, or to go to sleep.",
    "Yes, of course.",
    "The capital of Australia is Canberra, not Sydney.",
    "I do not know who wrote that book, but I would like to read it.",
)
# People who use the words that the robot is just saying; the first of the pair is what it says.
REPEATED = (
    ("I look left.", "No, look right."),
    ("I look left.", "No, I said look left and then nod."),
    ("Okay, I am turning my head to the right now.", "No, turn your head to the left."),
    ("Okay, I am turning my head to the right now.", "Not the head, the antennas."),
    ("Hello, I am Reachy. What can I do for you?", "Hello Reachy, what can you do?"),
    ("It is ten past four in the afternoon.", "Is it four already?"),
    ("It is ten past four in the afternoon.", "What is the time in Tokyo?"),
    ("The weather in Berlin is cloudy today, with fifteen degrees and a little rain.", "And the weather in Paris?"),
    ("Sure! I can dance, nod my head, wiggle my antennas and tell you a story.", "Tell me a story about a king."),
    ("Sure! I can dance, nod my head, wiggle my antennas and tell you a story.", "Then please dance for me."),
    ("An octopus has three hearts, and two of them stop beating while it swims.", "How many hearts does a squid have?"),
    ("My favourite colour is blue, because it reminds me of the sea.", "My favourite colour is green."),
    ("You can ask me to look around, or to go to sleep.", "Please go to sleep now, Reachy."),
    ("The capital of Australia is Canberra, not Sydney.", "What is the capital of New Zealand?"),
    ("Let me think about that for a moment.", "Think about something else."),
)


def main(args: Sequence[str] | None = None) -> int:
    """Exit code 0 when it was measured."""
    parser = argparse.ArgumentParser(prog="bench.hearing.own_voice", description=__doc__)
    parser.add_argument("--model", default="whisper-tiny.en-ct2", help="of the recogniser (default %(default)s)")
    parser.add_argument("--people", type=Path, help="JSON list with `text`, as bench.hearing.words leaves it")
    parser.add_argument("--out", type=Path, help="file for (heard, said) of every echo")
    options = parser.parse_args(args)
    pairs = _echo_pairs(options.model)
    echo = [s for heard, said in pairs if (s := _share(heard, said)) is not None]
    if options.out:
        options.out.write_text(json.dumps(pairs, indent=1))
    people = [share for said, heard in REPEATED if (share := _share(heard, said)) is not None]
    others = []
    if options.people:
        texts = [x["text"] for x in json.loads(options.people.read_text())]
        others = [s for t in texts for said in SAID if (s := _share(t, said)) is not None]
    print(f"{'share':>6} {'echo kept out':>14} {'repeating people lost':>22} {'other people lost':>18}")
    for share in (0.5, 0.6, 0.67, 0.7, 0.75, 0.8, 0.9, 1.0):
        row = [f"{sum(x >= share for x in xs)}/{len(xs)}" for xs in (echo, people, others)]
        print(f"{share:6.2f} {row[0]:>14} {row[1]:>22} {row[2]:>18}")
    return 0


def _share(heard: str, said: str) -> float | None:
    words = spoken_words(heard)
    return share_in_order(words, spoken_words(said)) if words else None


def _echo_pairs(model: str) -> list[tuple[str, str]]:
    """(heard, said) of every echo that the rules for noise let pass."""
    recogniser = make_transcriber(
        "faster_whisper", TranscriberOptions(model, compute_type="int8", encoder_window_s=10.0)
    )
    voice = make_synthesizer("piper", SynthesizerOptions(threads=1))
    rules, rng, pairs = RejectionRules(), np.random.default_rng(1), []
    for said in SAID:
        chunks = list(voice.synthesize(said, voice.default_voice, 1.0, Cancellation()))
        dry = to_float(resample(np.concatenate(chunks), voice.sample_rate))
        for loss_db, noise_db in ((15, 25), (25, 15), (30, 8), (30, 3)):
            wet = _echo(dry, loss_db, noise_db, rng)
            for name, piece in _pieces(wet):
                heard = recogniser.transcribe(piece, "en")
                seconds = len(piece) / SAMPLE_RATE
                if rules.reason(heard, level_dbfs((piece * 32767).astype(np.int16)), seconds):
                    continue  # held back already
                pairs.append((heard.text, said))
                share = _share(heard.text, said) or 0.0
                if share < 0.75:
                    print(f"{share:.2f} -{loss_db} dB, noise -{noise_db} dB, {name}: {heard.text} | {said}")
    recogniser.close()
    voice.close()
    return pairs


def _echo(dry: Float32, loss_db: float, noise_db: float, rng: np.random.Generator) -> Float32:
    """Softer, without what lies above 3 kHz, with a second path 40 ms later, in noise below it."""
    spectrum = np.fft.rfft(dry)
    spectrum[np.fft.rfftfreq(len(dry), 1 / SAMPLE_RATE) > 3_000] = 0
    wet = np.fft.irfft(spectrum, len(dry))
    late = SAMPLE_RATE * 40 // 1000
    wet[late:] += 0.5 * wet[:-late]
    wet *= 10 ** (-loss_db / 20)
    noise = rng.standard_normal(len(wet)) * np.sqrt(np.mean(wet**2)) * 10 ** (-noise_db / 20)
    echo: Float32 = np.asarray(wet + noise, np.float32)
    return echo


def _pieces(audio: Float32) -> list[tuple[str, Float32]]:
    cut = [("whole", audio)]
    for seconds in (0.9, 1.7):
        n = int(seconds * SAMPLE_RATE)
        cut += [
            (f"{seconds} s from {at / SAMPLE_RATE:.1f}", audio[at : at + n]) for at in range(0, len(audio) - n, 2 * n)
        ]
    return cut


if __name__ == "__main__":
    sys.exit(main())
