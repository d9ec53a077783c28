"""audio_capture and audio_player on a real PulseAudio: /diagnostics says what is missing, and sound comes back by itself."""

import array
import time

import numpy as np
import pytest
from audio_common_msgs.msg import AudioDataStamped
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from voice_pipeline.msg import PlaybackState, SpeechAudio

from sound_server import start_sound_server
from voice_pipeline.audio.formats import from_bytes, to_bytes
from voice_pipeline.nodes.audio_capture import AudioCaptureNode
from voice_pipeline.nodes.audio_player import AudioPlayerNode
from voice_pipeline.ros.qos import AUDIO, SPEECH

PATIENCE_S = 60.0
TONE = np.rint(8_000 * np.sin(2 * np.pi * 1_000 * np.arange(24_000) / 24_000)).astype(np.int16)


@pytest.fixture
def server(tmp_path, monkeypatch):
    server = start_sound_server(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    yield server
    server.stop()


def speak(publisher, say_id, seconds=1):
    for i in range(seconds):
        message = SpeechAudio(say_id=say_id, turn_id="t", sequence=i, sample_rate=24_000, channels=1)
        message.is_last = i == seconds - 1
        message.audio.data = array.array("B", to_bytes(TONE))
        publisher.publish(message)


def newest(heard, node):
    """The last status that a node published."""
    statuses = [s for m in heard for s in m.status if s.name.endswith(node)]
    return statuses[-1] if statuses else DiagnosticStatus()


def loud(messages):
    return [m for m in messages if np.abs(from_bytes(m.audio.data).astype(int)).max() > 4_000]


def test_both_ends_are_unplugged_and_both_come_back(ros, server):
    robot = server.speaker("robot", "Robot Speaker")
    desk = server.microphone("desk", "robot", "Desk Microphone")
    peer = ros.peer()
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    health = peer.record(DiagnosticArray, "/diagnostics", 100)
    states = peer.record(PlaybackState, "playback", 100)
    ros.start(AudioPlayerNode, {"sink": "device", "device": "robot speaker"})
    ros.start(AudioCaptureNode, {"source": "device", "device": "desk micro", "echo": "off"})
    speech = peer.publisher(SpeechAudio, "speech", SPEECH)
    ros.wait(lambda: health, PATIENCE_S, "diagnostics")
    speak(speech, "a")
    ros.wait(lambda: loud(audio), PATIENCE_S, "the robot's voice at its own ears")

    server.unplug(desk)
    ros.wait(lambda: "desk micro" in newest(health, "audio_capture").message, PATIENCE_S, "the missing microphone")
    assert "no audio input matches 'desk micro'" in newest(health, "audio_capture").message
    assert "Plug it in" in newest(health, "audio_capture").message
    before = len(audio)
    desk = server.microphone("desk", "robot", "Desk Microphone")
    began = time.monotonic()
    ros.wait(lambda: len(audio) > before, PATIENCE_S, "sound")
    print(f"\nmicrophone back on the topic after {time.monotonic() - began:.2f} s")
    ros.wait(lambda: newest(health, "audio_capture").level == DiagnosticStatus.OK, PATIENCE_S, "good health")

    server.unplug(robot)  # and the microphone that hears it
    ros.wait(lambda: newest(health, "audio_player").level == DiagnosticStatus.ERROR, PATIENCE_S, "the missing speaker")
    ros.wait(lambda: "'robot speaker'" in newest(health, "audio_player").message, PATIENCE_S, "its name")
    speak(speech, "lost")
    ros.wait(
        lambda: [s for s in states if s.say_id == "lost" and s.state == PlaybackState.FAILED], PATIENCE_S, "failure"
    )
    server.speaker("robot", "Robot Speaker")
    began = time.monotonic()
    ros.wait(lambda: newest(health, "audio_player").level == DiagnosticStatus.OK, PATIENCE_S, "the speaker")
    print(f"loudspeaker back in good health after {time.monotonic() - began:.2f} s (told once a second)")
    server.microphone("desk", "robot", "Desk Microphone")
    ros.wait(lambda: newest(health, "audio_capture").level == DiagnosticStatus.OK, PATIENCE_S, "the microphone")
    before = len(audio)
    speak(speech, "b", 2)
    ros.wait(lambda: loud(audio[before:]), PATIENCE_S, "the robot's voice again")


def test_a_muted_microphone_is_told_on_diagnostics_with_the_cure(ros, server):
    server.speaker("robot")
    server.microphone("desk", "robot")
    peer = ros.peer()
    health = peer.record(DiagnosticArray, "/diagnostics", 100)
    ros.start(AudioCaptureNode, {"source": "device", "device": "desk", "silent_after_s": 1.0, "echo": "off"})
    ros.wait(lambda: "digital silence" in newest(health, "audio_capture").message, PATIENCE_S, "the notice")
    status = newest(health, "audio_capture")
    assert status.level == DiagnosticStatus.WARN
    assert "Unmute it" in status.message


def test_a_microphone_that_is_missing_at_the_start_fails_the_activation_with_the_list(ros, server, capfd):
    server.speaker("robot")
    server.microphone("desk", "robot", "Desk Microphone")
    node = ros.start(AudioCaptureNode, {"source": "device", "device": "reachy_mini", "echo": "off"}, wait=False)
    told = ""

    def listed():
        nonlocal told
        told += capfd.readouterr().err
        return "no audio input matches 'Reachy Mini Audio'" in told and "desk (Desk Microphone), 2 channels" in told

    ros.wait(listed, PATIENCE_S, "the list of devices in the log")
    assert node.get_name() == "audio_capture"
