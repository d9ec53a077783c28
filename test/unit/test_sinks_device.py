"""The loudspeaker, on a PortAudio that a test holds."""

import builtins
import types

import numpy as np
import pytest

from voice_pipeline.audio.devices import OUTPUT, find_device
from voice_pipeline.audio.portaudio import load_portaudio, portaudio_devices
from voice_pipeline.audio.sinks import portaudio as module
from voice_pipeline.audio.sinks.portaudio import PortAudioSink
from voice_pipeline.errors import VoiceError

DEVICES = [
    {"name": "Webcam", "max_output_channels": 0, "max_input_channels": 1, "default_samplerate": 16000.0},
    {"name": "HDA Intel: HDMI 0", "max_output_channels": 8, "max_input_channels": 0, "default_samplerate": 48000.0},
    {"name": "USB Speaker", "max_output_channels": 2, "max_input_channels": 0, "default_samplerate": 48000.0},
    {"name": "USB Speaker 2", "max_output_channels": 2, "max_input_channels": 0, "default_samplerate": 48000.0},
]


class PortAudioError(Exception):
    pass


class Stream:
    latency = 0.04

    def __init__(self, audio, **settings):
        if (settings["samplerate"], settings["channels"]) not in audio.takes:
            raise PortAudioError("Invalid sample rate")
        self.settings = settings
        self.written = b""
        self.open = False
        self.broken = False
        audio.streams.append(self)

    def start(self):
        self.open = True

    def write(self, data):
        if self.broken:
            raise PortAudioError("Unanticipated host error")
        self.written += data
        return False

    def abort(self):
        self.open = False

    def close(self):
        self.open = False


@pytest.fixture
def audio(monkeypatch):
    fake = types.SimpleNamespace(PortAudioError=PortAudioError, streams=[], takes={(24000, 1)})
    fake.query_devices = lambda kind=None: DEVICES if kind is None else {**DEVICES[2], "index": 2}
    fake._terminate = fake._initialize = lambda: None
    fake.RawOutputStream = lambda **settings: Stream(fake, **settings)
    monkeypatch.setattr(module, "load_portaudio", lambda direction: fake)
    return fake


@pytest.mark.parametrize(("wanted", "index"), [("", 2), ("hdmi", 1), ("3", 3), ("USB Speaker", 2)])  # exact before part
def test_an_output_is_found_by_name_part_or_number(audio, wanted, index):
    assert find_device(portaudio_devices(audio, OUTPUT), wanted, OUTPUT).index == index


@pytest.mark.parametrize("wanted", ["usb", "0", "17", "headphones"])
def test_a_name_that_fits_none_or_several_lists_all(audio, wanted):
    with pytest.raises(VoiceError, match=r"1: HDA Intel: HDMI 0, 8 channels; 2: USB Speaker"):
        find_device(portaudio_devices(audio, OUTPUT), wanted, OUTPUT)


def test_a_machine_without_outputs_says_so():
    with pytest.raises(VoiceError, match="no audio output"):
        find_device([], "", OUTPUT)


def test_it_plays_mono_at_24_khz_where_the_device_takes_it(audio):
    sink = PortAudioSink()
    sink.open()
    stamp = sink.write(np.arange(480, dtype=np.int16))
    assert (sink.sample_rate, sink.wants_silence) == (24_000, True)
    assert stamp > 0
    assert len(audio.streams[0].written) == 960
    assert audio.streams[0].settings["latency"] == "low"
    sink.close()
    sink.close()
    assert not audio.streams[0].open


def test_a_device_with_other_wishes_gets_its_rate_and_both_channels(audio):
    audio.takes = {(48_000, 2)}
    sink = PortAudioSink("USB Speaker 2")
    sink.open()
    sink.write(np.array([1, 2], np.int16))
    assert sink.sample_rate == 48_000
    assert np.frombuffer(audio.streams[0].written, np.int16).tolist() == [1, 1, 2, 2]


def test_a_device_that_refuses_everything_names_what_it_prefers(audio):
    audio.takes = set()
    with pytest.raises(VoiceError, match="prefers 48000 Hz"):
        PortAudioSink().open()


def test_a_device_that_is_pulled_out_is_an_error_with_a_cure(audio):
    sink = PortAudioSink()
    sink.open()
    audio.streams[0].broken = True
    with pytest.raises(VoiceError, match="Plug it in again"):
        sink.write(np.zeros(480, np.int16))


def test_a_device_that_takes_everything_at_once_is_slowed_down(audio, monkeypatch):
    sink, waits = PortAudioSink(), []
    sink.open()
    monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: sum(waits), time_ns=lambda: 0))
    monkeypatch.setattr(sink, "_closed", types.SimpleNamespace(wait=waits.append, set=lambda: None))
    for _ in range(40):
        sink.write(np.zeros(480, np.int16))
    assert sum(waits) == pytest.approx(40 * 0.02 - 0.5)  # half a second ahead, no more


def test_a_missing_library_names_the_debian_package(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(VoiceError, match="libportaudio2"):
        load_portaudio(OUTPUT)
