"""openWakeWord's real models, without its framework: hears its word from a voice and nothing else."""

import numpy as np
import pytest

from spoken import speaking
from voice_pipeline.errors import VoiceError
from voice_pipeline.wake.openwakeword import OpenWakeWord
from voice_pipeline.wake.registry import make_wake_word_engine

WORD = "openwakeword-hey-jarvis"


@pytest.fixture(scope="module")
def engine(model):
    made = OpenWakeWord([str(model(WORD))], str(model("openwakeword")))
    yield made
    made.close()


@pytest.fixture(scope="module")
def voice(model):
    model("piper-en-us-joe")
    with speaking() as made:
        yield made


def best(engine, samples):
    engine.reset()
    scores = [engine.scores(samples[i : i + 1280]) for i in range(0, len(samples) - 1279, 1280)]
    return max(s["hey_jarvis_v0.1"] for s in scores)


def test_its_word_is_heard_alone_and_at_the_start_of_a_sentence(engine, voice):
    assert best(engine, voice.say("Hey Jarvis.")) > 0.9
    assert best(engine, voice.say("Hey Jarvis, what time is it?")) > 0.9


def test_other_words_are_not(engine, voice):
    assert best(engine, voice.say("Hey Martin, the jar is on the table.")) < 0.1
    assert best(engine, voice.say("I have never seen a harvest like this one.")) < 0.1


def test_a_reset_forgets_what_was_heard(engine, voice):
    samples = voice.say("Hey Jarvis.")
    first = best(engine, samples)
    assert best(engine, np.zeros(16_000, np.int16)) < 0.1
    assert best(engine, samples) == first


def test_noise_and_silence_are_no_word(engine):
    rng = np.random.default_rng(1)
    assert best(engine, np.zeros(48_000, np.int16)) < 0.1
    assert best(engine, (rng.normal(size=48_000) * 3_000).astype(np.int16)) < 0.5


def test_a_frame_of_another_length_is_refused(engine):
    with pytest.raises(VoiceError, match="1280"):
        engine.scores(np.zeros(512, np.int16))


def test_a_missing_model_names_the_command_that_fetches_it(model):
    with pytest.raises(VoiceError, match="make models MODELS=openwakeword-hey-reachy"):
        OpenWakeWord(["openwakeword-hey-reachy"])


def test_a_model_of_another_kind_is_refused(model):
    with pytest.raises(VoiceError, match="takes embeddings"):
        OpenWakeWord([str(model("silero-vad") / "silero_vad.onnx")])


def test_a_folder_with_several_words_asks_for_one(model):
    with pytest.raises(VoiceError, match=r"2 \.onnx files"):
        OpenWakeWord([str(model("openwakeword"))])


def test_no_word_and_no_such_engine_are_errors_with_a_cure():
    with pytest.raises(VoiceError, match="Set `models`"):
        OpenWakeWord([])
    with pytest.raises(VoiceError, match="Use one of: openwakeword"):
        make_wake_word_engine("snowboy", ["x"], "")
