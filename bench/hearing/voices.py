"""Whether the voices of other languages can be understood: each says sentences, Whisper base writes them down.
`python -m bench.hearing.voices --help`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import soxr
from bench.hearing.languages import errors

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.audio.formats import SAMPLE_RATE, to_float
from voice_pipeline.tts.normalize import speakable
from voice_pipeline.tts.protocol import Cancellation, SynthesizerOptions
from voice_pipeline.tts.registry import make_synthesizer

# Everyday answers of a robot, three a language; numbers are left to the voice.
SENTENCES = {
    "en": ["The capital of France is Paris.", "It is a quarter past three in the afternoon.", "Shall I turn my head to the left or to the right?"],
    "fr": ["La capitale de la France est Paris.", "Il est trois heures et quart de l'après-midi.", "Dois-je tourner la tête à gauche ou à droite ?"],
    "es": ["La capital de Francia es París.", "Son las tres y cuarto de la tarde.", "¿Giro la cabeza a la izquierda o a la derecha?"],
    "it": ["La capitale della Francia è Parigi.", "Sono le tre e un quarto del pomeriggio.", "Devo girare la testa a sinistra o a destra?"],
    "pt": ["A capital da França é Paris.", "São três e quinze da tarde.", "Devo virar a cabeça para a esquerda ou para a direita?"],
    "hi": ["फ्रांस की राजधानी पेरिस है।", "अभी दोपहर के तीन बजे हैं।", "क्या मैं अपना सिर बाईं ओर घुमाऊँ?"],
}  # fmt: skip
VOICES = {
    "en": ["af_sarah"],
    "fr": ["ff_siwis"],
    "es": ["ef_dora", "em_alex"],
    "it": ["if_sara", "im_nicola"],
    "pt": ["pf_dora", "pm_alex"],
    "hi": ["hf_alpha", "hm_omega"],
}


def main(args: Sequence[str] | None = None) -> int:
    """One line a voice: errors in % of words (hi: characters), and what was understood where it was not the same."""
    parser = argparse.ArgumentParser(prog="python -m bench.hearing.voices", description=__doc__)
    parser.add_argument("--languages", nargs="+", default=list(VOICES), choices=list(VOICES))
    parser.add_argument("--model", default="whisper-base-ct2")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(args)
    ears = make_transcriber(
        "faster_whisper", TranscriberOptions(model=options.model, compute_type="int8", beam_size=5, languages=())
    )
    mouth = make_synthesizer("kokoro", SynthesizerOptions(threads=options.threads))
    for language in options.languages:
        for voice in VOICES[language]:
            wrong = units = 0
            notes = []
            for sentence in SENTENCES[language]:
                text = speakable(sentence, mouth.language(voice))
                made = np.concatenate(list(mouth.synthesize(text, voice, 1.0, Cancellation())))
                sound = soxr.resample(to_float(made), mouth.sample_rate, SAMPLE_RATE).astype(np.float32)
                heard = ears.transcribe(sound, language).text
                guessed = ears.transcribe(sound, "").language
                mistakes, count = errors(sentence, heard, language)
                wrong, units = wrong + mistakes, units + count
                if mistakes or guessed != language:
                    notes.append(f"{sentence} -> {heard} [{guessed}]")
            print(f"{language} {voice:<10} {100 * wrong / units:5.1f} % of {units}   " + " | ".join(notes), flush=True)
    mouth.close()
    ears.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
