"""What is done to English text before it is spoken is not done to other languages; each voice has its own spelling."""

import numpy as np
import pytest
import soxr

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.audio.formats import SAMPLE_RATE, to_float
from voice_pipeline.tts.normalize import speakable
from voice_pipeline.tts.protocol import Cancellation


@pytest.fixture(scope="module")
def mouth(model, real_voice):
    model("kokoro-82m-int8")
    return real_voice("kokoro")


@pytest.fixture(scope="module")
def ears(model):
    made = make_transcriber(
        "faster_whisper", TranscriberOptions(str(model("whisper-base-ct2")), compute_type="int8", languages=())
    )
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Il est 15 h 30, et il fait 20 degrés.", "fr-fr"),
        ("¿Cuánto cuesta? Cuesta 5 euros y 20 céntimos.", "es"),
        ("Sono le 3:15, il 2 maggio 2026.", "it"),
        ("São 7 da manhã & está frio.", "pt-br"),
    ],
)
def test_numbers_and_signs_of_other_languages_are_left_to_the_voice(text, language):
    assert speakable(text, language) == text


def test_markup_goes_in_every_language():
    assert speakable("**Bonjour**, *ça va* ?", "fr-fr") == "Bonjour, ça va?"


@pytest.mark.parametrize(
    ("voice", "language", "text", "words"),
    [
        ("ff_siwis", "fr", "La capitale de la France est Paris.", "capitale france paris"),
        ("ef_dora", "es", "La capital de Francia es París.", "capital francia parís"),
        ("if_sara", "it", "La capitale della Francia è Parigi.", "capitale francia parigi"),
    ],
)
def test_a_voice_of_another_language_is_understood_in_it(mouth, ears, voice, language, text, words):
    made = np.concatenate(list(mouth.synthesize(text, voice, 1.0, Cancellation())))
    heard = ears.transcribe(soxr.resample(to_float(made), mouth.sample_rate, SAMPLE_RATE))
    assert heard.language == language
    assert set(words.split()) <= set(heard.text.lower().strip(".").split())
