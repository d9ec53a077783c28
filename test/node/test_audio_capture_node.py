"""audio_capture over DDS: evenly stamped chunks, files on request, another topic converted, faults with their cure."""

import array
import json
import time

import numpy as np
import pytest
import soundfile
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from std_msgs.msg import String
from std_srvs.srv import Trigger

from voice_fakes import UnhurriedClock
from voice_pipeline.audio.formats import from_bytes
from voice_pipeline.nodes.audio_capture import AudioCaptureNode
from voice_pipeline.ros.qos import AUDIO, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns

QUIET = {"source": "file", "silence_before_s": 0.0, "silence_after_s": 0.0}


@pytest.fixture
def tone(tmp_path):
    def write(name, seconds=0.5, rate=16_000, channels=1):
        wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
        path = tmp_path / name
        soundfile.write(path, np.stack([wave] * channels, axis=1), rate)
        return str(path)

    return write


def samples_of(messages):
    return np.concatenate([from_bytes(m.audio.data) for m in messages])


def said(heard, text):
    return [s for m in heard for s in m.status if text in s.message]


def test_a_recording_becomes_evenly_stamped_chunks_at_real_time_pace(ros, tone):
    peer = ros.peer()
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    began, began_ns = time.monotonic(), time.time_ns()
    params = {**QUIET, "file": tone("a.wav", 1.0, 44_100, 2), "silence_before_s": 0.5}
    node = ros.start(AudioCaptureNode, params)
    ros.wait(lambda: len(audio) >= 60)
    assert time.monotonic() - began >= 59 * 0.032
    messages = audio[:60]
    assert {len(m.audio.data) for m in messages} == {1024}
    stamps = [to_ns(m.header.stamp) for m in messages]
    # A machine that stalled goes on from now, and counts it.
    gaps = [d for d in np.diff(stamps) if d != 32_000_000]
    assert len(gaps) <= node._source.counters.gaps
    assert all(g > 32_000_000 for g in gaps)
    assert began_ns <= stamps[0]
    assert stamps[-1] + 32_000_000 <= time.time_ns()
    heard = samples_of(audio)
    loud = np.flatnonzero(np.abs(heard.astype(int)) > 2_000)
    assert (loud[-1] - loud[0]) / 16_000 == pytest.approx(1.0, abs=0.01)


def test_the_format_is_latched_for_who_joins_late(ros):
    ros.start(AudioCaptureNode, QUIET)
    infos = ros.peer().record(AudioInfo, "audio_info", LATCHED)
    ros.wait(lambda: infos)
    info = infos[0]
    assert (info.sample_rate, info.channels, info.sample_format, info.bitrate) == (16_000, 1, "S16LE", 256_000)


def test_each_file_is_announced_with_the_time_of_its_samples(ros, tone, monkeypatch):
    monkeypatch.setattr("voice_pipeline.audio.sources.file.SystemClock", UnhurriedClock)
    peer = ros.peer()
    files = peer.record(String, "audio_capture/file", LATCHED)
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    paths = [tone("a.wav", 0.2), tone("b.wav", 0.3)]
    ros.start(
        AudioCaptureNode, {**QUIET, "files": paths, "gap_s": 0.2, "silence_before_s": 1.0, "silence_after_s": 0.3}
    )
    ros.wait(lambda: files and json.loads(files[-1].data)["index"] == -1)
    ros.settle(peer.node, messages=8)
    told = [json.loads(m.data) for m in files]
    assert [(t["file"], t["index"]) for t in told] == [(paths[0], 0), (paths[1], 1), ("", -1)]
    begin = to_ns(audio[0].header.stamp)
    heard = samples_of(audio)
    for entry in told[:2]:
        first = round((entry["first_sample_ns"] - begin) * 16_000 / 1e9)
        last = round((entry["last_sample_ns"] - begin) * 16_000 / 1e9)
        assert not heard[first - 50 : first].any()
        assert np.abs(heard[first : first + 50]).max() > 1_000
        assert np.abs(heard[last - 50 : last]).max() > 1_000
        assert not heard[last + 1 : last + 50].any()


def test_a_request_is_played_and_a_bad_one_is_told_and_survived(ros, tone):
    peer = ros.peer()
    ros.start(AudioCaptureNode, QUIET)
    files = peer.record(String, "audio_capture/file", LATCHED)
    health = peer.record(DiagnosticArray, "/diagnostics")
    play = peer.publisher(String, "audio_capture/play_file")
    play.publish(String(data="/nowhere.wav"))
    ros.wait(lambda: said(health, "there is no file /nowhere.wav"))
    path = tone("a.wav")
    play.publish(String(data=path))
    ros.wait(lambda: any(json.loads(m.data)["file"] == path for m in files))
    ros.wait(lambda: health[-1].status[0].message == "ok")


def test_a_held_list_starts_on_the_service(ros, tone):
    peer = ros.peer()
    files = peer.record(String, "audio_capture/file", LATCHED)
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    ros.start(AudioCaptureNode, {**QUIET, "file": tone("a.wav"), "autoplay": False})
    ros.wait(lambda: len(audio) > 15)
    assert files == []
    assert peer.call(Trigger, "audio_capture/start").success
    ros.wait(lambda: files)


def test_a_missing_file_fails_at_configure_and_says_so(ros):
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(AudioCaptureNode, {"source": "file", "file": "/nowhere.wav"}, wait=False)
    ros.wait(lambda: said(health, "configure failed: there is no file /nowhere.wav"))
    assert not node.active


def test_without_a_microphone_activation_fails_with_the_cure(ros, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sounddevice", None)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.start(AudioCaptureNode, {"source": "device"}, wait=False)
    ros.wait(lambda: said(health, "or use source: file"))


def test_after_deactivate_and_activate_it_plays_again(ros, tone):
    peer = ros.peer()
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    ros.start(AudioCaptureNode, {**QUIET, "file": tone("a.wav", 0.2)})
    ros.wait(lambda: len(audio) > 10)
    change = lambda t: peer.call(  # noqa: E731
        ChangeState, "audio_capture/change_state", ChangeState.Request(transition=Transition(id=t))
    )
    assert change(Transition.TRANSITION_DEACTIVATE).success
    ros.settle(peer.node, messages=64)
    count = len(audio)
    time.sleep(0.2)
    ros.settle(peer.node)
    assert len(audio) == count
    assert change(Transition.TRANSITION_ACTIVATE).success
    ros.wait(lambda: len(audio) > count + 20)
    assert samples_of(audio[count:]).any()


def send(publisher, rate, channels, seconds, begin_ns, piece_s=0.02):
    wave = (8_000 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype("<i2")
    frames = int(rate * piece_s)
    for at in range(0, len(wave) - frames + 1, frames):
        data = np.repeat(wave[at : at + frames], channels).tobytes()
        message = AudioDataStamped(audio=AudioData(data=array.array("B", data)))
        message.header.stamp = to_msg(begin_ns + at * 1_000_000_000 // rate)
        publisher.publish(message)
        time.sleep(0.002)


def test_another_topic_of_any_rate_and_channels_is_converted(ros):
    peer = ros.peer()
    audio = peer.record(AudioDataStamped, "audio", AUDIO)
    health = peer.record(DiagnosticArray, "/diagnostics")
    node = ros.start(AudioCaptureNode, {"source": "topic", "input_topic": "mic"})
    ros.wait(lambda: said(health, "waiting for mic_info: start its publisher"))
    info = peer.publisher(AudioInfo, "mic_info", LATCHED, subscribers=2)
    sound = peer.publisher(AudioDataStamped, "mic", AUDIO)
    info.publish(AudioInfo(channels=2, sample_rate=48_000, sample_format="S16LE"))
    ros.settle(node)
    begin = 1_700_000_000_000_000_000
    send(sound, 48_000, 2, 1.0, begin)
    ros.wait(lambda: len(audio) >= 29)
    heard = samples_of(audio)
    assert to_ns(audio[0].header.stamp) == begin
    assert np.argmax(np.abs(np.fft.rfft(heard))) * 16_000 / len(heard) == pytest.approx(440, abs=3)


def test_a_topic_of_the_wrong_kind_is_told_and_broken_audio_survived(ros):
    peer = ros.peer()
    health = peer.record(DiagnosticArray, "/diagnostics")
    node = ros.start(AudioCaptureNode, {"source": "topic", "input_topic": "mic"})
    info = peer.publisher(AudioInfo, "mic_info", LATCHED, subscribers=2)
    sound = peer.publisher(AudioDataStamped, "mic", AUDIO)
    info.publish(AudioInfo(channels=1, sample_rate=16_000, sample_format="F32LE"))
    ros.wait(lambda: said(health, "mic is 'F32LE' at 16000 Hz"))
    info.publish(AudioInfo(channels=1, sample_rate=16_000, sample_format="S16LE"))
    ros.settle(node)
    sound.publish(AudioDataStamped(audio=AudioData(data=array.array("B", b"abc"))))
    ros.wait(lambda: said(health, "3 bytes are no whole number"))
