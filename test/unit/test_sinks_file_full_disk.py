"""A WAV whose disk fills up while it is written: nothing that was written is lost, and it goes on behind it."""

import resource
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from voice_fakes import RATE, HeldClock, tone
from voice_pipeline.audio.sinks import file as module
from voice_pipeline.audio.sinks.file import FileSink
from voice_pipeline.errors import VoiceError

BLOCK = tone(0.02)
ROOM = 44 + 2 * 480 * 5 + 100  # bytes: five blocks, and a part of the sixth


@contextmanager
def no_file_longer_than(size):
    """The kernel refuses what is longer, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write(sink, blocks):
    for _ in range(blocks):
        sink.write(BLOCK)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.wav"


@pytest.fixture
def sink(path):
    """Written to until no more went in, and closed as the player does."""
    sink = FileSink(str(path), clock=HeldClock())
    sink.open()
    with no_file_longer_than(ROOM), pytest.raises(VoiceError, match=r"cannot write .*out.wav: .*File too large.*Free"):
        write(sink, 9)
    sink.close()
    yield sink
    sink.close()


def heard(path):
    return soundfile.read(path, dtype="int16")[0]


def test_what_was_written_before_the_disk_was_full_is_a_whole_file(path, sink):
    assert np.array_equal(heard(path), np.tile(BLOCK, 5))
    assert path.stat().st_size == 44 + 2 * 480 * 5


def test_it_goes_on_behind_it_once_there_is_room(path, sink):
    sink.open()
    assert np.array_equal(heard(path), np.tile(BLOCK, 5))
    sink.begin(0.5)
    sink.write(BLOCK)
    sink.close()
    assert np.array_equal(heard(path), np.concatenate([np.tile(BLOCK, 5), np.zeros(RATE // 2, np.int16), BLOCK]))


def test_while_there_is_no_room_it_is_a_fault_to_open_it_and_nothing_is_lost(path, sink):
    for _ in range(3):
        with no_file_longer_than(ROOM), pytest.raises(VoiceError, match="Free some space"):
            sink.open()
        assert np.array_equal(heard(path), np.tile(BLOCK, 5))
    sink.open()
    sink.write(BLOCK)
    assert np.array_equal(heard(path), np.tile(BLOCK, 6))


def test_a_file_that_somebody_removed_meanwhile_is_begun_anew(path, sink):
    path.unlink()
    sink.open()
    sink.write(BLOCK)
    assert np.array_equal(heard(path), BLOCK)


def test_a_disk_that_is_full_from_the_start_is_told(path):
    sink = FileSink(str(path), clock=HeldClock())
    with no_file_longer_than(1000), pytest.raises(VoiceError, match="Free some space"):
        sink.open()
    sink.open()
    sink.write(BLOCK)
    sink.close()
    assert np.array_equal(heard(path), BLOCK)


def test_more_than_a_wav_can_count_is_told_and_what_is_there_stays(path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 2 * 480 * 60)
    sink = FileSink(str(path), clock=HeldClock())
    sink.open()
    with pytest.raises(VoiceError, match="all that a WAV can"):
        write(sink, 61)
    sink.close()
    with pytest.raises(VoiceError, match="all that a WAV can"):
        sink.open()
    assert np.array_equal(heard(path), np.tile(BLOCK, 60))


def test_another_sink_on_the_same_path_begins_a_new_file(path, sink):
    other = FileSink(str(path), clock=HeldClock())
    other.open()
    assert len(heard(path)) == 0
    other.close()
