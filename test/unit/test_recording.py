"""A recording holds what was put in, is bounded on the disk, survives a full one, and a kill -9 costs its last moments."""

import os
import resource
import signal
import stat
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

from voice_pipeline.commands import recordings
from voice_pipeline.errors import VoiceError
from voice_pipeline.recording.raw_audio import Sound, from_cdr, to_cdr
from voice_pipeline.recording.reader import BagReader, bag_files
from voice_pipeline.recording.recording import MB, NS, Recording, RecordingOptions
from voice_pipeline.recording.recover import recover
from voice_pipeline.recording.schemas import RAW_AUDIO, definition


def noise(index):
    """A chunk that no compressor makes smaller."""
    return np.random.default_rng(index).integers(-32_768, 32_767, 512).astype("<i2").tobytes()


def sound(index):
    stamp = 1_700_000_000 * NS + index * 32_000_000
    return to_cdr(Sound(stamp, noise(index), 16_000, 1)), stamp


def record(recording, seconds, start_s=0.0):
    for i in range(int(seconds / 0.032)):
        data, stamp = sound(i)
        recording.add("/audio/raw_audio", RAW_AUDIO, stamp + round(start_s * NS), stamp, data)


@pytest.fixture
def options(tmp_path):
    def make(**kwargs):
        return RecordingOptions(tmp_path / "kept", min_free_mb=0, **kwargs)

    return make


def test_a_definition_holds_every_type_that_it_is_made_of():
    text = definition("voice_pipeline/msg/MotionState")
    assert text.count("=" * 80 + "\nMSG: ") == 3
    for part in ("std_msgs/Header", "builtin_interfaces/Time", "geometry_msgs/Vector3"):
        assert f"MSG: {part}\n" in text


def test_a_type_that_is_not_installed_is_an_error_with_the_package():
    with pytest.raises(VoiceError, match="nobody_msgs"):
        definition("nobody_msgs/msg/Nothing")


@pytest.mark.parametrize("odd", [0, 1, 2, 3])
def test_sound_of_any_length_is_the_same_afterwards(odd):
    data = bytes(range(200))[: 196 + odd]
    assert from_cdr(to_cdr(Sound(5 * NS + 7, data, 24_000, 2))) == Sound(5 * NS + 7, data, 24_000, 2)


@pytest.mark.parametrize("compression", ["zstd", "lz4", "none"])
def test_another_library_reads_the_same_sound(options, compression):
    recording = Recording(options(compression=compression))
    record(recording, 3.2)
    recording.close()
    (path,) = bag_files([options().folder])
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        assert reader.get_header().profile == "ros2"
        found = list(reader.iter_decoded_messages())
    assert len(found) == 100
    for i, (schema, channel, message, decoded) in enumerate(found):
        assert (schema.name, schema.encoding, channel.message_encoding) == (RAW_AUDIO, "ros2msg", "cdr")
        assert bytes(decoded.data) == noise(i)
        assert (decoded.format, decoded.sample_rate, decoded.number_of_channels) == ("pcm-s16", 16_000, 1)
        assert decoded.timestamp.sec * NS + decoded.timestamp.nanosec == message.publish_time


def test_only_its_owner_may_read_a_recording(options):
    recording = Recording(options())
    record(recording, 0.1)
    recording.close()
    (path,) = bag_files([options().folder])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_files_end_at_their_size_and_the_oldest_make_room(options):
    recording = Recording(options(max_file_mb=1, keep_mb=4, flush_s=0.1))
    record(recording, 400.0)  # 13 MB of noise
    recording.close()
    files = bag_files([options().folder])
    sizes = [f.stat().st_size for f in files]
    assert recording.files > 10
    assert recording.deleted == recording.files - len(files)
    assert max(sizes) < 1.1 * MB
    assert sum(sizes) <= 4.4 * MB
    assert recording.lost == 0
    last = list(BagReader(files[-1]))
    assert last[-1].data == sound(int(400.0 / 0.032) - 1)[0]


def test_files_end_at_their_age(options):
    recording = Recording(options(max_file_s=10.0))
    record(recording, 35.0)
    recording.close()
    assert len(bag_files([options().folder])) == 4


def test_a_disk_that_fills_up_stops_the_recording_until_there_is_room(tmp_path):
    free = [600 * MB]
    recording = Recording(RecordingOptions(tmp_path, min_free_mb=500), free_bytes=lambda folder: free[0])
    record(recording, 5.0)
    free[0] = 400 * MB
    record(recording, 5.0, start_s=5.0)
    assert "less than 500 MB are free" in recording.fault
    assert recording.lost > 0
    free[0] = 600 * MB
    record(recording, 5.0, start_s=20.0)
    recording.close()
    assert recording.fault == ""
    assert recording.files == 2
    assert all(list(BagReader(p)) for p in bag_files([tmp_path]))


def test_a_write_that_is_refused_is_a_fault_and_what_was_written_is_kept(options):
    recording = Recording(options())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, limits[1]))  # the kernel refuses more, as a full disk does
    try:
        record(recording, 8.0)
        recording.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert f"nothing is recorded in {options().folder}: File too large" in recording.fault
    assert recording.lost > 0
    (path,) = bag_files([options().folder])
    assert len(list(BagReader(path))) >= 90  # 3 s of 4.6


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("")
    recording = Recording(RecordingOptions(tmp_path / "file" / "kept", min_free_mb=0))
    record(recording, 1.0)
    assert "Not a directory" in recording.fault or "File exists" in recording.fault
    assert recording.messages == 0


WRITER = """
    import sys, time
    sys.path.insert(0, sys.argv[2])
    from pathlib import Path
    from test_recording import Recording, RecordingOptions, RAW_AUDIO, sound
    recording = Recording(RecordingOptions(Path(sys.argv[1]), min_free_mb=0, flush_s=0.5))
    for i in range(100_000):
        data, stamp = sound(i)
        recording.add("/audio/raw_audio", RAW_AUDIO, stamp, stamp, data)
        if i == 1_000:
            print("go", flush=True)
        if i >= 1_000:
            time.sleep(0.001)  # it still writes when the end comes, and not for long
"""


def killed(folder):
    """A recording whose process got SIGKILL while it wrote."""
    script = textwrap.dedent(WRITER)
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder), os.path.dirname(__file__)], stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"go\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return bag_files([folder])[0]


def test_a_killed_process_leaves_all_but_the_last_moments(tmp_path):
    path = killed(tmp_path)
    reader = BagReader(path)
    found = list(reader)
    assert not reader.complete
    assert len(found) >= 1_000 - 16 - 1  # half a second of chunks was not flushed
    assert [m.data for m in found] == [sound(i)[0] for i in range(len(found))]


def test_a_recovered_recording_is_read_by_another_library(tmp_path):
    path = killed(tmp_path)
    before = list(BagReader(path))
    assert recover(path) == len(before)
    reader = BagReader(path)
    assert list(reader) == before
    assert reader.complete
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("rb") as file:
        assert make_reader(file).get_summary().statistics.message_count == len(before)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9, 0.999])
def test_a_file_cut_anywhere_is_read_up_to_there(options, keep):
    recording = Recording(options())
    record(recording, 20.0)
    recording.close()
    (path,) = bag_files([options().folder])
    whole = list(BagReader(path))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    reader = BagReader(path)
    found = list(reader)
    assert found == whole[: len(found)]
    assert not reader.complete
    assert len(found) >= len(whole) * keep - 64


def test_what_is_no_recording_is_an_error(tmp_path):
    (tmp_path / "a.mcap").write_text("hello, this is text")
    with pytest.raises(VoiceError, match="not an MCAP file"):
        BagReader(tmp_path / "a.mcap")
    with pytest.raises(VoiceError, match="cannot be read"):
        BagReader(tmp_path / "b.mcap")
    with pytest.raises(VoiceError, match="no recording"):
        bag_files([tmp_path / "empty"] if (tmp_path / "empty").mkdir() is None else [])


def test_the_command_lists_and_mends(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert recordings.main([]) == 0
    assert "holds no recordings" in capsys.readouterr().out
    path = killed(tmp_path / "voice_pipeline" / "recordings")
    assert recordings.main([]) == 0
    assert "cut off" in " ".join(capsys.readouterr().out.split())
    assert recordings.main([str(path), "--recover"]) == 0
    assert "recovered" in capsys.readouterr().out
    reader = BagReader(path)
    assert list(reader)
    assert reader.complete
