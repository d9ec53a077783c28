"""The microphone, against a stand-in for PortAudio: choice by name, formats, stamps, overruns, unplugging."""

import builtins
import sys
import threading
import types

import numpy as np
import pytest

from patience import NoWait, ended
from voice_pipeline.audio.devices import INPUT, Device, find_device
from voice_pipeline.audio.formats import AudioFormat
from voice_pipeline.audio.portaudio import load_portaudio, portaudio_devices
from voice_pipeline.audio.sources.portaudio import PortAudioSource
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.errors import VoiceError

DEVICES = [
    {"name": "Monitor", "max_input_channels": 0, "default_samplerate": 48_000.0},
    {"name": "USB Array: Audio (hw:1,0)", "max_input_channels": 2, "default_samplerate": 44_100.0},
    {"name": "Webcam: USB Audio (hw:2,0)", "max_input_channels": 1, "default_samplerate": 48_000.0},
]


class PortAudio(types.ModuleType):
    """What PortAudioSource uses of sounddevice."""

    class PortAudioError(Exception):
        pass

    def __init__(self, devices=DEVICES, rates=(16_000,)):
        super().__init__("sounddevice")
        self.devices, self.rates, self.streams, self.looked = devices, rates, [], 0
        self._terminate = lambda: None

    def query_devices(self, index=None, kind=None):
        return self.devices if kind is None else {**self.devices[1], "index": 1}

    def _initialize(self):
        self.looked += 1

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
    monkeypatch.setattr("voice_pipeline.audio.portaudio._open_streams", 0)
    return module


INPUTS = portaudio_devices(PortAudio(), INPUT)


@pytest.mark.parametrize(
    ("wanted", "index"), [("", 1), ("2", 2), ("Webcam: USB Audio (hw:2,0)", 2), ("usb array", 1), ("USB_Array", 1)]
)
def test_a_device_is_found_by_number_name_and_part_of_a_name(wanted, index):
    assert find_device(INPUTS, wanted, INPUT).index == index


@pytest.mark.parametrize(
    ("wanted", "what"),
    [("Reachy", "no audio input matches"), ("usb", "several audio inputs"), ("0", "is no audio input")],
)
def test_an_unknown_or_ambiguous_device_lists_all_inputs(wanted, what):
    with pytest.raises(VoiceError, match=what) as error:
        find_device(INPUTS, wanted, INPUT)
    assert "1: USB Array: Audio (hw:1,0), 2 channels; 2: Webcam" in error.value.cure


def test_the_robots_array_is_found_by_its_preset_and_opened_as_it_should_be(portaudio):
    portaudio.devices = [*DEVICES, {"name": "Reachy Mini Audio", "max_input_channels": 2, "default_samplerate": 16e3}]
    source = PortAudioSource("reachy_mini")
    assert source.open() == AudioFormat(16_000, 2)
    assert portaudio.streams[0].device == 3
    left_and_right = np.array([[7, 1]] * 512, np.int16)
    deliver(portaudio.streams[0], left_and_right.ravel())
    assert set(next(source.chunks()).samples) == {7}  # the processed channel


def test_what_an_output_plays_is_no_microphone_unless_it_is_asked_for():
    def device(name, **other):
        return Device(name, f"{name} of Speaker", 2, 48_000, 0, **other)

    monitor = device("speaker.monitor", monitor=True, default=True)
    with pytest.raises(VoiceError, match="no audio input"):
        find_device([monitor], "", INPUT)
    with pytest.raises(VoiceError, match="no audio input matches"):
        find_device([monitor, device("webcam")], "speaker.mon", INPUT)
    assert find_device([monitor], "Monitor", INPUT) is monitor


def test_a_device_plugged_in_later_is_seen_unless_another_stream_would_break(portaudio):
    first = PortAudioSource("webcam")
    first.open()
    assert portaudio.looked == 1
    with pytest.raises(VoiceError, match="cannot look again while another stream"):
        PortAudioSource("reachy").open()
    assert portaudio.looked == 1
    first.close()
    portaudio.devices = [*DEVICES, {"name": "Reachy Mini Audio", "max_input_channels": 2, "default_samplerate": 16e3}]
    late = PortAudioSource("reachy")
    late.open()
    assert portaudio.looked == 2
    late.close()


def test_a_machine_without_a_microphone_says_so():
    with pytest.raises(VoiceError, match="no audio input"):
        find_device([], "", INPUT)


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
    source = PortAudioSource()
    assert source.open().sample_rate == 16_000
    deliver(portaudio.streams[0], np.full(512, 5, np.int16))
    chunk = next(source.chunks())
    assert chunk.samples.tolist() == [5] * 512
    assert chunk.stamp_ns == pytest.approx(1_000_000_000_000 - 50_000_000, abs=1000)


def test_a_capture_time_that_cannot_be_is_not_believed(portaudio, monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: 1_000_000_000_000)
    source = PortAudioSource()
    source.open()
    deliver(portaudio.streams[0], np.zeros(512, np.int16), adc=0.0, now=9_000.0)
    assert next(source.chunks()).stamp_ns == 1_000_000_000_000 - 32_000_000


def test_a_device_that_refuses_16_khz_is_opened_at_its_own_rate(portaudio):
    portaudio.rates = (44_100,)
    source = PortAudioSource("usb array")
    assert source.open().sample_rate == 44_100
    assert portaudio.streams[0].device == 1


def test_a_device_that_refuses_everything_says_what_it_has(portaudio):
    portaudio.rates = ()
    with pytest.raises(VoiceError, match=r"\[16000, 44100\] Hz") as error:
        PortAudioSource("usb array").open()
    assert "2 channel(s) and prefers 44100 Hz" in error.value.cure


def test_lost_audio_is_counted(portaudio):
    source = PortAudioSource()
    source.open()
    deliver(portaudio.streams[0], np.zeros(512, np.int16), overflow=True)
    for _ in range(300):
        deliver(portaudio.streams[0], np.zeros(512, np.int16))
    assert source.counters.overruns == 1 + 101  # one by the device, the rest did not fit into the queue of 200


def test_closing_releases_the_device_and_ends_the_reader(portaudio):
    source = PortAudioSource()
    source.open()
    reader = threading.Thread(target=lambda: list(source.chunks()))
    reader.start()
    source.close()
    assert ended(reader)
    assert portaudio.streams[0].closed


def test_an_unplugged_microphone_comes_back(portaudio):
    told = []
    source = ReopeningSource(PortAudioSource, told.append, NoWait())
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


def test_attempts_to_reopen_become_rarer_and_stay_frequent_enough_to_be_back_within_three_seconds(portaudio):
    waits = []

    class Patient(NoWait):
        def wait_until(self, deadline_ns, stop):
            waits.append(deadline_ns / 1e9)
            return len(waits) > 8

    source = ReopeningSource(PortAudioSource, lambda problem: None, Patient())
    source.open()
    portaudio.rates = ()
    portaudio.streams[0].finished_callback()
    assert list(source.chunks()) == []
    assert waits == sorted(waits)
    assert waits[0] < 0.5
    assert waits[-1] == 1.5


def test_a_microphone_that_falls_silent_counts_as_broken(portaudio, monkeypatch):
    monkeypatch.setattr("voice_pipeline.audio.sources.portaudio._TIMEOUT_S", 0.01)
    source = PortAudioSource()
    source.open()
    with pytest.raises(VoiceError, match=r"no sound arrived for 0.01 s"):
        next(iter(source.chunks()))
