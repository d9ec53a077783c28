"""The end-of-turn model on recordings, and its input against Whisper's own feature extractor."""

import numpy as np
import pytest

from voice_pipeline.audio.files import read_recording
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.log_mel import log_mel
from voice_pipeline.turn.smart_turn import SmartTurn, features


@pytest.fixture(scope="module")
def smart_turn(model):
    model("smart-turn-v3.2")
    return SmartTurn()


def chirp(seconds, level=0.3):
    t = np.arange(int(seconds * 16_000)) / 16_000
    noise = np.random.default_rng(0).normal(0, 0.01, len(t))
    return (level * np.sin(2 * np.pi * (100 + 900 * t) * t) + noise).astype(np.float32)


def fading(seconds):
    return (chirp(seconds) * np.logspace(0, -6, int(seconds * 16_000))).astype(np.float32)


@pytest.mark.parametrize(
    "sound", [chirp(8.0), chirp(8.0, 0.0), chirp(1.0), fading(2.0)], ids=["chirp", "noise", "short", "fading"]
)
def test_the_picture_is_whispers(sound):
    from faster_whisper.feature_extractor import FeatureExtractor

    reference = FeatureExtractor()(sound, padding=0)
    assert log_mel(sound) == pytest.approx(reference[:, : len(sound) // 160], abs=1e-3)


def test_the_picture_of_digital_silence_is_flat_and_finite():
    assert log_mel(np.zeros(16_000, np.float32)) == pytest.approx(-1.5)


def test_the_input_has_the_last_8_seconds():
    sound = np.random.default_rng(1).integers(-9_000, 9_000, 16_000 * 12).astype(np.int16)
    assert features(sound).shape == (1, 80, 800)
    assert np.array_equal(features(sound), features(sound[-128_000:]))


def test_short_audio_stands_at_the_end_of_the_window():
    picture = features((chirp(2.0) * 20_000).astype(np.int16))[0]
    assert np.ptp(picture[:, :590], axis=1).max() < 1e-5  # nothing but the constant of the padding
    assert np.ptp(picture[:, 602:], axis=1).min() > 0.1


def test_the_input_does_not_depend_on_the_level():
    loud = (chirp(3.0) * 20_000).astype(np.int16)
    assert np.abs(features((loud // 8).astype(np.int16)) - features(loud)).mean() < 0.01


def test_digital_silence_gives_a_probability(smart_turn):
    assert 0.0 <= smart_turn.probability(np.zeros(16_000, np.int16)) <= 1.0
    assert 0.0 <= smart_turn.probability(np.zeros(0, np.int16)) <= 1.0


@pytest.mark.parametrize(
    ("name", "inside_s", "end_s"),
    [
        ("command_speech_959e462a_a784_4317_882e_e46fb6ff2d1d", 1.5, 3.02),
        ("command_speech_2859280f_7f86_4e5a_aba9_b2f212ea0b3c", 4.15, 4.75),
        ("command_speech_9f807643_b551_4408_90f3_13dbbf890e2e", 4.0, 5.42),
    ],
)
def test_a_recorded_command_is_complete_at_its_end_and_not_inside(smart_turn, recordings, name, inside_s, end_s):
    samples = read_recording(recordings / "dev" / f"{name}.wav").samples
    cut = np.concatenate((samples[: int(inside_s * 16_000)], np.zeros(2_400, np.int16)))
    assert smart_turn.probability(cut) < 0.3
    for silence_s in (0.1, 0.2, 0.4):
        assert smart_turn.probability(samples[: int((end_s + silence_s) * 16_000)]) > 0.7


def test_a_missing_model_names_the_command_that_fetches_it():
    with pytest.raises(VoiceError, match="make models MODELS=smart-turn-none"):
        SmartTurn("smart-turn-none")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(b"nonsense")
    with pytest.raises(VoiceError, match="cannot be loaded"):
        SmartTurn(str(path))


def test_another_model_is_refused(model):
    with pytest.raises(VoiceError, match="Smart-Turn v3 takes input_features"):
        SmartTurn(str(model("silero-vad") / "silero_vad.onnx"))
