"""Sources with faults nobody thought of: hearing comes back by itself, and nothing is left open."""

import sys
import types

import numpy as np
import pytest

from patience import NoWait
from voice_pipeline.audio import portaudio as counting
from voice_pipeline.audio.files import check_recording, read_recording
from voice_pipeline.audio.formats import AudioChunk, AudioFormat
from voice_pipeline.audio.sinks.portaudio import PortAudioSink
from voice_pipeline.audio.sources.portaudio import PortAudioSource
from voice_pipeline.audio.sources.protocol import SourceCounters
from voice_pipeline.audio.sources.reopening import ReopeningSource
from voice_pipeline.errors import VoiceError


class Source:
    """Gives one chunk, then raises what it was made with."""

    counters = SourceCounters()

    def __init__(self, opening=None, reading=None):
        self.opening, self.reading = opening, reading

    def open(self):
        if self.opening:
            raise self.opening
        return AudioFormat()

    def chunks(self):
        yield AudioChunk(0, np.zeros(512, np.int16))
        if self.reading:
            raise self.reading

    def close(self):
        pass


def test_a_device_that_fails_in_its_own_way_comes_back():
    made = [Source(reading=RuntimeError("the driver hiccups")), Source(opening=OSError("not yet")), Source()]
    problems = []
    source = ReopeningSource(lambda: made.pop(0), problems.append, NoWait())
    source.open()
    assert len(list(source.chunks())) == 2
    assert ["hiccups" in problems[0], "not yet" in problems[1], problems[2]] == [True, True, ""]


@pytest.mark.parametrize("path", ["~nobody-of-that-name/a.wav", "/" + "a" * 300 + ".wav", "a\0b.wav"])
@pytest.mark.parametrize("ask", [check_recording, read_recording])
def test_a_path_that_cannot_be_is_refused_with_a_cure(ask, path):
    with pytest.raises(VoiceError):
        ask(path)


class Busy(types.ModuleType):
    """PortAudio with a device that opens and then does not start."""

    class PortAudioError(Exception):
        pass

    def __init__(self):
        super().__init__("sounddevice")
        self.open = 0

    def query_devices(self, index=None, kind=None):
        device = {"name": "USB", "max_input_channels": 1, "max_output_channels": 1, "default_samplerate": 48_000.0}
        return {**device, "index": 0} if kind else [device]

    def _initialize(self):
        pass

    _terminate = _initialize

    def _stream(self, **options):
        module = self
        module.open += 1

        class Stream:
            latency = 0.01

            def start(self):
                raise module.PortAudioError("device unavailable")

            def abort(self):
                pass

            def close(self):
                module.open -= 1

        return Stream()

    RawInputStream = RawOutputStream = _stream


@pytest.mark.parametrize("make", [PortAudioSource, PortAudioSink])
def test_a_device_that_opens_but_does_not_start_leaves_nothing_open(monkeypatch, make):
    module = Busy()
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(counting, "_open_streams", 0)
    device = make()
    for _ in range(3):
        with pytest.raises(VoiceError, match="device unavailable"):
            device.open()
    device.close()
    assert module.open == 0
    assert counting._open_streams == 0
