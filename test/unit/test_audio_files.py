"""Any recording is converted to 16 kHz mono, or refused with a sentence that says why."""

import struct

import numpy as np
import pytest
import soundfile

from voice_pipeline.audio.files import check_recording, read_recording
from voice_pipeline.audio.formats import level_dbfs
from voice_pipeline.errors import VoiceError


def tone(rate, seconds=1.0, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.stack([wave] * channels, axis=1)


def dominant_hz(samples):
    return np.argmax(np.abs(np.fft.rfft(samples))) * 16_000 / len(samples)


@pytest.mark.parametrize(
    ("name", "rate", "channels", "subtype"),
    [
        ("a.wav", 16_000, 1, "PCM_16"),
        ("a.wav", 16_000, 1, "PCM_U8"),
        ("a.wav", 44_100, 2, "PCM_16"),
        ("a.wav", 48_000, 4, "PCM_24"),
        ("a.wav", 8_000, 1, "FLOAT"),
        ("a.flac", 22_050, 2, "PCM_16"),
        ("a.ogg", 48_000, 1, "VORBIS"),
    ],
)
def test_every_format_becomes_the_same_sound(tmp_path, name, rate, channels, subtype):
    path = tmp_path / name
    soundfile.write(path, tone(rate, channels=channels), rate, subtype=subtype)
    recording = read_recording(path)
    assert recording.samples.dtype == np.int16
    assert recording.seconds == pytest.approx(1.0, abs=0.002)
    assert dominant_hz(recording.samples) == pytest.approx(440, abs=2)
    assert level_dbfs(recording.samples) == pytest.approx(-9.03, abs=0.3)
    assert (recording.source.sample_rate, recording.source.channels) == (rate, channels)
    assert recording.warning == ""


def test_one_channel_can_be_picked(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([np.zeros(1600), np.full(1600, 0.5)], axis=1), 16_000)
    assert not read_recording(path, channel=0).samples.any()
    assert read_recording(path, channel=1).samples.min() > 16_000
    with pytest.raises(VoiceError, match=r"channel 2 was asked for, the audio has 2 \(0..1\)"):
        read_recording(path, channel=2)


def test_a_truncated_wav_is_read_as_far_as_it_goes_and_says_so(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(16_000), 16_000, subtype="PCM_16")
    whole = path.read_bytes()
    path.write_bytes(whole[:-16_001])
    recording = read_recording(path)
    assert recording.seconds == pytest.approx(0.5, abs=0.001)
    assert "15999 of the 32000 bytes" in recording.warning


def test_a_wav_cut_inside_its_header_is_refused(tmp_path):
    path = tmp_path / "cut.wav"
    soundfile.write(path, tone(16_000), 16_000)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(VoiceError, match="cut off or damaged"):
        read_recording(path)


def test_a_wav_from_a_pipe_without_a_length_is_no_truncated_one(tmp_path):
    path = tmp_path / "pipe.wav"
    soundfile.write(path, tone(16_000), 16_000, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFF_FFFF)
    path.write_bytes(data)
    recording = read_recording(path)
    assert recording.warning == ""
    assert recording.seconds == pytest.approx(1.0)


def test_what_cannot_be_played_is_refused_with_a_cure(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("this is not sound " * 100)
    soundfile.write(tmp_path / "silent.wav", np.zeros(0), 16_000)
    for path, what in [
        (tmp_path / "missing.wav", "no file"),
        (tmp_path / "empty.wav", r"empty \(0 bytes\)"),
        (tmp_path / "text.wav", "cannot be read as audio"),
        (tmp_path / "silent.wav", "holds no audio"),
        (tmp_path, "is a folder"),
    ]:
        for read in (read_recording, check_recording):
            with pytest.raises(VoiceError, match=what) as error:
                read(path)
            assert error.value.cure
