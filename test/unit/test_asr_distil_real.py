"""The PyTorch engine on real weights, where both are (`make test-distil`): the words that CTranslate2 hears."""

import os
import time

import numpy as np
import pytest

from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.audio.files import read_recording
from voice_pipeline.audio.formats import to_float

FOLDER = os.environ.get("VOICE_PIPELINE_DISTIL_MODEL", "")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="VOICE_PIPELINE_DISTIL_MODEL names no folder; see `make test-distil`"
)


@pytest.fixture(scope="module")
def engine():
    engine = make_transcriber("distil_whisper", TranscriberOptions(model=FOLDER, device="cpu", cpu_threads=1))
    engine.warm_up()
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("command_cognitive_whatstheweatherlike.wav", "What's the weather like?"),
        ("command_mycroft_stop.wav", "Stop."),
        (
            "long_resemblyze_200_124139_0000.wav",
            "To the civil inquiries which then poured in, and amongst which she had the pleasure of distinguishing "
            "the much superior solicitude of Mr. Bingley's, she could not make a very "
            "favorable answer. Jane was by no means better.",
        ),
    ],
)
def test_recorded_speech_comes_out_as_its_words(engine, recordings, name, words):
    began = time.monotonic()
    heard = engine.transcribe(to_float(read_recording(recordings / "dev" / name).samples), "en")
    print(f"{name}: {time.monotonic() - began:.2f} s: {heard.text}")
    assert heard.text.lower() == words.lower()
    assert heard.compression_ratio < 2.4


def test_silence_does_no_harm(engine):
    assert isinstance(engine.transcribe(np.zeros(16_000, np.float32)).text, str)
