"""The contract with distil-whisper-fastrtc, against a stand-in for the package: what it is given, what comes back."""

import math
import sys
import types

import numpy as np
import pytest

from voice_pipeline.asr.distil_whisper import compression_ratio
from voice_pipeline.asr.protocol import TranscriberOptions
from voice_pipeline.asr.registry import make_transcriber
from voice_pipeline.errors import VoiceError


class Package(types.ModuleType):
    def __init__(self):
        super().__init__("distil_whisper_fastrtc")
        self.asked = None
        self.heard = []
        self.error = None

    def get_stt_model(self, name, **options):
        if self.error:
            raise self.error
        self.asked = (name, options)
        return self

    def stt(self, audio):
        self.heard.append(audio)
        return " Nod your head. "


@pytest.fixture
def package(monkeypatch):
    package = Package()
    torch = types.ModuleType("torch")
    torch.cuda = types.SimpleNamespace(is_available=lambda: False)
    torch.set_num_threads = lambda n: setattr(torch, "threads", n)
    package.torch = torch
    monkeypatch.setitem(sys.modules, "distil_whisper_fastrtc", package)
    monkeypatch.setitem(sys.modules, "torch", torch)
    return package


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).touch()
    return str(tmp_path)


def test_audio_goes_in_at_16_khz_and_text_comes_out(package, folder):
    engine = make_transcriber("distil_whisper", TranscriberOptions(model=folder, cpu_threads=3))
    assert package.asked == (folder, {"verbose": False, "device": "cpu", "dtype": "float32"})
    assert package.torch.threads == 3
    engine.warm_up()
    heard = engine.transcribe(np.full(8_000, 0.5, np.float32), "en")
    rate, audio = package.heard[-1]
    assert (rate, audio.dtype, len(audio)) == (16_000, np.float32, 8_000)
    assert heard.text == "Nod your head."
    assert math.isnan(heard.confidence)
    assert math.isnan(heard.no_speech_probability)
    engine.close()


def test_on_cuda_it_computes_in_half_precision(package, folder):
    package.torch.cuda.is_available = lambda: True
    make_transcriber("distil_whisper", TranscriberOptions(model=folder))
    assert package.asked[1] == {"verbose": False, "device": "cuda", "dtype": "float16"}


def test_int8_is_refused_with_the_engine_that_can(package, folder):
    with pytest.raises(VoiceError, match="engine faster_whisper"):
        make_transcriber("distil_whisper", TranscriberOptions(model=folder, compute_type="int8"))


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distil_whisper_fastrtc", None)
    with pytest.raises(VoiceError, match=r"pip install 'voice_pipeline\[distil\]'"):
        make_transcriber("distil_whisper", TranscriberOptions())


def test_a_model_that_is_not_here_is_not_downloaded(package, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(VoiceError, match="hf download distil-whisper/distil-none"):
        make_transcriber("distil_whisper", TranscriberOptions(model="distil-whisper/distil-none"))
    assert package.asked is None


def test_a_model_that_does_not_load_says_so(package, folder):
    package.error = OSError("no such tensor")
    with pytest.raises(VoiceError, match="does not load on cpu as float32: no such tensor"):
        make_transcriber("distil_whisper", TranscriberOptions(model=folder))


def test_repetition_shows_in_the_compression_ratio():
    assert compression_ratio("") == 0.0
    assert compression_ratio("Please nod your head and look left.") < 1.2
    assert compression_ratio("thank you " * 40) > 2.4
