"""Sinks without a device."""

import threading

import numpy as np
import pytest
import soundfile

from patience import ended
from voice_fakes import RATE, HeldClock, tone
from voice_pipeline.audio.sinks import SinkOptions, make_sink
from voice_pipeline.audio.sinks.file import FileSink
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.errors import VoiceError


def test_the_pace_is_that_of_real_time_however_late_a_call_is():
    clock = HeldClock()
    sink = NullSink(clock=clock)
    sink.open()
    sink.begin(0.0)
    begun = clock.now_ns
    stamps = []
    for i in range(50):
        if i % 7 == 3:
            clock.now_ns += 30_000_000  # the scheduler was busy elsewhere
        stamps.append(sink.write(np.zeros(480, np.int16)) - begun)
    assert stamps == [i * 20_000_000 for i in range(50)]
    assert clock.now_ns - begun == 1_000_000_000


def test_after_a_long_sleep_it_goes_on_from_now():
    clock = HeldClock()
    sink = NullSink(clock=clock)
    sink.open()
    sink.write(np.zeros(480, np.int16))
    clock.now_ns += 3_600_000_000_000
    woke = clock.now_ns
    assert sink.write(np.zeros(480, np.int16)) == woke


def test_closing_ends_a_write_that_waits():
    sink = NullSink()
    sink.open()
    writer = threading.Thread(target=sink.write, args=(np.zeros(RATE * 1_000, np.int16),), daemon=True)
    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    sink.close()
    assert ended(writer)


def test_the_file_is_whole_at_any_moment(tmp_path):
    path = tmp_path / "out.wav"
    sink = FileSink(str(path), clock=HeldClock())
    sink.open()
    assert soundfile.info(path).frames == 0
    for i in range(1, 4):
        sink.write(tone(0.02))
        data, rate = soundfile.read(path, dtype="int16")  # as if killed here
        assert (len(data), rate) == (480 * i, RATE)
    sink.close()
    sink.close()
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], np.tile(tone(0.02), 3))


def test_its_folder_is_made(tmp_path):
    sink = FileSink(str(tmp_path / "new" / "out.wav"))
    sink.open()
    sink.close()
    assert (tmp_path / "new" / "out.wav").exists()


def test_gaps_are_written_but_no_idle_night(tmp_path):
    path = tmp_path / "out.wav"
    sink = FileSink(str(path), clock=HeldClock())
    sink.open()
    for idle_s in (100.0, 0.5, 36_000.0):
        sink.begin(idle_s)
        sink.write(tone(0.1))
    sink.close()
    assert soundfile.info(path).duration == pytest.approx(0.1 + 0.5 + 0.1 + 2.0 + 0.1)


@pytest.mark.parametrize(
    ("path", "message"), [("", "file_path"), ("/dev/null/at/all.wav", "correct `file_path`"), ("/", "cannot write")]
)
def test_a_file_that_cannot_be_written_names_the_cure(path, message):
    with pytest.raises(VoiceError, match=message):
        FileSink(path).open()


def test_an_unknown_sink_lists_the_others():
    with pytest.raises(VoiceError, match="device, file, null"):
        make_sink("bluetooth", SinkOptions())
    assert make_sink("null", SinkOptions(sample_rate=16_000)).sample_rate == 16_000
