"""The microphone, against a stand-in for PortAudio: choice by name, formats, stamps, overruns, unplugging."""

import builtins
import sys
import threading
import types

import numpy as np
import pytest

from voice_pipeline.audio.devices import INPUT, find_device, load_portaudio
from voice_pipeline.audio.sources.device import DeviceSource
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.errors import VoiceError

DEVICES = [
    {"name": "Monitor", "max_input_channels": 0, "default_samplerate": 48_000.0},
    {"name": "USB Array: Audio (hw:1,0)", "max_input_channels": 2, "default_samplerate": 44_100.0},
    {"name": "Webcam: USB Audio (hw:2,0)", "max_input_channels": 1, "default_samplerate": 48_000.0},
]


class PortAudio(types.ModuleType):
    """What DeviceSource uses of sounddevice."""

    class PortAudioError(Exception):
        pass

    def __init__(self, devices=DEVICES, rates=(16_000,)):
        super().__init__("sounddevice")
        self.devices, self.rates, self.streams = devices, rates, []

    def query_devices(self, index=None, kind=None):
        if kind is None:
            return self.devices
        return self.devices[1 if index is None else index]

    def RawInputStream(self, **options):
        if options["samplerate"] not in self.rates:
            raise self.PortAudioError("Invalid sample rate")
        stream = types.SimpleNamespace(**options, start=lambda: None, abort=lambda: None, closed=False)
        stream.close = lambda: setattr(stream, "closed", True)
        self.streams.append(stream)
        return stream


def deliver(stream, samples, adc=1.0, now=1.05, overflow=False):
    when = types.SimpleNamespace(inputBufferAdcTime=adc, currentTime=now)
    status = types.SimpleNamespace(input_overflow=overflow)
    stream.callback(samples.tobytes(), len(samples) // stream.channels, when, status)


@pytest.fixture
def portaudio(monkeypatch):
    module = PortAudio()
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    return module


def test_a_device_is_found_by_number_name_and_part_of_a_name():
    assert find_device(DEVICES, "", INPUT) is None
    assert find_device(DEVICES, "2", INPUT) == 2
    assert find_device(DEVICES, "Webcam: USB Audio (hw:2,0)", INPUT) == 2
    assert find_device(DEVICES, "usb array", INPUT) == 1


@pytest.mark.parametrize(
    ("wanted", "what"),
    [("Reachy", "no audio input matches"), ("usb", "several audio inputs"), ("0", "is no audio input")],
)
def test_an_unknown_or_ambiguous_device_lists_all_inputs(wanted, what):
    with pytest.raises(VoiceError, match=what) as error:
        find_device(DEVICES, wanted, INPUT)
    assert "1: USB Array: Audio (hw:1,0) (2 channels); 2: Webcam" in error.value.cure


def test_a_machine_without_a_microphone_says_so():
    with pytest.raises(VoiceError, match="no audio input"):
        find_device(DEVICES[:1], "", INPUT)


def test_a_missing_library_names_its_debian_package(monkeypatch):
    real = builtins.__import__

    def fail(name, *args, **kwargs):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(VoiceError, match="apt install libportaudio2"):
        load_portaudio(INPUT)


def test_sound_becomes_chunks_stamped_with_its_capture_time(portaudio, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000_000)
    source = DeviceSource()
    assert source.open().sample_rate == 16_000
    deliver(portaudio.streams[0], np.full(512, 5, np.int16))
    chunk = next(source.chunks())
    assert chunk.samples.tolist() == [5] * 512
    assert chunk.stamp_ns == pytest.approx(1_000_000_000_000 - 50_000_000, abs=1000)


def test_a_capture_time_that_cannot_be_is_not_believed(portaudio, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000_000)
    source = DeviceSource()
    source.open()
    deliver(portaudio.streams[0], np.zeros(512, np.int16), adc=0.0, now=9_000.0)
    assert next(source.chunks()).stamp_ns == 1_000_000_000_000 - 32_000_000


def test_a_device_that_refuses_16_khz_is_opened_at_its_own_rate(portaudio):
    portaudio.rates = (44_100,)
    source = DeviceSource("usb array")
    assert source.open().sample_rate == 44_100
    assert portaudio.streams[0].device == 1


def test_a_device_that_refuses_everything_says_what_it_has(portaudio):
    portaudio.rates = ()
    with pytest.raises(VoiceError, match=r"\[16000, 44100\] Hz") as error:
        DeviceSource("usb array").open()
    assert "2 channel(s) and prefers 44100 Hz" in error.value.cure


def test_lost_audio_is_counted(portaudio):
    source = DeviceSource()
    source.open()
    deliver(portaudio.streams[0], np.zeros(512, np.int16), overflow=True)
    for _ in range(300):
        deliver(portaudio.streams[0], np.zeros(512, np.int16))
    assert source.counters.overruns == 1 + 101  # one by the device, the rest did not fit into the queue of 200


def test_closing_releases_the_device_and_ends_the_reader(portaudio):
    source = DeviceSource()
    source.open()
    reader = threading.Thread(target=lambda: list(source.chunks()))
    reader.start()
    source.close()
    reader.join(1.0)
    assert not reader.is_alive()
    assert portaudio.streams[0].closed


class NoWait:
    """Retries come at once."""

    def monotonic_ns(self):
        return 0

    def wall_ns(self):
        return 0

    def wait_until(self, deadline_ns, stop):
        return stop.is_set()


def test_an_unplugged_microphone_comes_back(portaudio):
    told = []
    source = ReopeningSource(DeviceSource, told.append, NoWait())
    source.open()
    chunks = iter(source.chunks())
    deliver(portaudio.streams[0], np.full(512, 1, np.int16))
    assert next(chunks).samples[0] == 1
    portaudio.streams[0].finished_callback()

    attempts = []

    class Later(PortAudio):
        def RawInputStream(self, **options):
            attempts.append(1)
            if len(attempts) < 3:
                raise self.PortAudioError("gone")
            stream = super().RawInputStream(**options)
            deliver(stream, np.full(512, 2, np.int16))
            return stream

    sys.modules["sounddevice"] = Later()
    assert next(chunks).samples[0] == 2
    assert source.reopened == 1
    assert "stopped" in told[0]
    assert told[-1] == ""
    assert len(told) == 3  # the same problem is told once


def test_a_microphone_that_falls_silent_counts_as_broken(portaudio, monkeypatch):
    monkeypatch.setattr("voice_pipeline.audio.sources.device._TIMEOUT_S", 0.01)
    source = DeviceSource()
    source.open()
    with pytest.raises(VoiceError, match=r"no sound arrived for 0.01 s"):
        next(iter(source.chunks()))
