"""audio_capture and two microphones: directions of a topic and of a recording, and what is said where there are none."""

import math

import numpy as np
import pytest
import soundfile
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from bench.hearing.direction import plane_wave, voices, with_noise
from diagnostic_msgs.msg import DiagnosticArray
from voice_pipeline.msg import SoundDirection

from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.nodes.audio_capture import AudioCaptureNode
from voice_pipeline.ros.qos import AUDIO, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns

QUIET = {"echo": "off"}  # nothing is played


@pytest.fixture(scope="module")
def sound(recordings):
    """Somebody 35 degrees to the left, int16[n, 2], 3 s."""
    voice = voices(recordings, 2, 3.0)[1][0]
    return with_noise(plane_wave(voice, math.radians(35), 0.1), 25, 1)


def send(ros, peer, samples, params, start_ns=10**18):
    node = ros.start(AudioCaptureNode, {**QUIET, "source": "topic", "input_topic": "mic", **params})
    info = peer.node.create_publisher(AudioInfo, "mic_info", LATCHED)
    audio = peer.node.create_publisher(AudioDataStamped, "mic", AUDIO)
    channels = samples.shape[1]
    info.publish(AudioInfo(channels=channels, sample_rate=16_000, sample_format="S16LE"))
    ros.wait(lambda: node._input is not None and node._input._format is not None and audio.get_subscription_count())
    for i in range(0, len(samples) - 1023, 1024):
        message = AudioDataStamped(audio=AudioData(data=to_bytes(samples[i : i + 1024].reshape(-1))))
        message.header.stamp = to_msg(start_ns + i * 62_500)
        audio.publish(message)
    ros.wait(lambda: node._chunks >= len(samples) // 1024 * 2 - 4)
    return node


def test_both_channels_of_a_topic_tell_the_direction_before_they_are_mixed(ros, sound):
    peer = ros.peer()
    heard = peer.record(SoundDirection, "sound_direction", 50)
    send(ros, peer, sound, {"microphone_distance_m": 0.1, "frame_id": "ears"})
    ros.wait(lambda: len(heard) >= 2)
    assert np.median([m.direction_rad for m in heard]) == pytest.approx(math.radians(35), abs=0.06)
    assert all(m.ambiguous and m.speech and 0.12 <= m.confidence <= 1.0 for m in heard)
    assert heard[0].header.frame_id == "ears"
    assert 10**18 <= to_ns(heard[0].header.stamp) < 10**18 + 3 * 10**9


def test_exchanged_channels_mirror_the_direction(ros, sound):
    peer = ros.peer()
    heard = peer.record(SoundDirection, "sound_direction", 50)
    send(ros, peer, sound, {"microphone_distance_m": 0.1, "microphone_left": 1, "microphone_right": 0})
    ros.wait(lambda: len(heard) >= 2)
    assert np.median([m.direction_rad for m in heard]) == pytest.approx(math.radians(-35), abs=0.06)


def test_both_channels_of_a_recording_tell_the_direction(ros, sound, tmp_path):
    soundfile.write(tmp_path / "left.wav", sound, 16_000)
    peer = ros.peer()
    heard = peer.record(SoundDirection, "sound_direction", 50)
    params = {"source": "file", "file": str(tmp_path / "left.wav"), "silence_before_s": 0.1, "autoplay": True}
    ros.start(AudioCaptureNode, {**QUIET, **params, "microphone_distance_m": 0.1})
    ros.wait(lambda: len(heard) >= 2)
    assert np.median([m.direction_rad for m in heard]) == pytest.approx(math.radians(35), abs=0.06)


@pytest.mark.parametrize(("channels", "text"), [(1, "has 1 channel"), (2, "both channels are the same")])
def test_one_microphone_is_told_and_gives_no_direction(ros, sound, channels, text):
    peer = ros.peer()
    heard = peer.record(SoundDirection, "sound_direction", 50)
    diagnostics = peer.record(DiagnosticArray, "/diagnostics")
    mono = np.repeat(sound[:, :1], channels, axis=1)
    send(ros, peer, mono, {"microphone_distance_m": 0.1})
    ros.wait(lambda: any(text in s.message for m in diagnostics for s in m.status), what=text)
    assert heard == []


def test_off_nothing_is_published(ros, sound):
    peer = ros.peer()
    send(ros, peer, sound, {})
    assert peer.node.count_publishers("sound_direction") == 0


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"microphone_distance_m": 0.005}, "tell no direction"),
        ({"microphone_distance_m": 0.1, "microphone_left": 1}, "both channel 1"),
    ],
)
def test_microphones_that_cannot_be_meant_fail_configure_with_the_reason(ros, params, text):
    peer = ros.peer()
    diagnostics = peer.record(DiagnosticArray, "/diagnostics")
    ros.start(AudioCaptureNode, {**QUIET, "source": "topic", **params}, wait=False)
    ros.wait(lambda: any(text in s.message for m in diagnostics for s in m.status), what=text)
