"""vad over DDS: events of real speech, the end of the source, and what it says when audio is missing or wrong."""

import array
import time

import numpy as np
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from voice_pipeline.msg import VoiceActivity

from voice_pipeline.audio.formats import samples_to_ns, to_bytes
from voice_pipeline.nodes.vad import VadNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns

T0 = 1_700_000_000_000_000_000


class Probability:
    """A detector that takes the loudness for the probability: tests hold what is speech."""

    def __init__(self):
        self.fail = False

    def probability(self, frame):
        if self.fail:
            raise RuntimeError("broken")
        return float(np.abs(frame.astype(int)).max() / 10_000)

    def reset(self):
        pass

    def close(self):
        pass


def sound(text):
    """One letter is 32 ms: S speech, . silence."""
    return np.concatenate([np.full(512, 9_000 if c == "S" else 0, np.int16) for c in text])


class Microphone:
    def __init__(self, peer):
        self.publisher = peer.publisher(AudioDataStamped, "audio", AUDIO)
        self.sent = 0

    def send(self, samples, piece=512):
        for at in range(0, len(samples), piece):
            part = samples[at : at + piece]
            message = AudioDataStamped(audio=AudioData(data=array.array("B", to_bytes(part))))
            message.header.stamp = to_msg(T0 + samples_to_ns(self.sent))
            self.sent += len(part)
            self.publisher.publish(message)
            time.sleep(0.001)


def start(ros, monkeypatch, **params):
    detector = Probability()
    monkeypatch.setattr("voice_pipeline.nodes.vad.make_detector", lambda engine, model: detector)
    events = ros.peer().record(VoiceActivity, "voice_activity", EVENTS)
    node = ros.start(VadNode, params)
    return node, Microphone(ros.peer()), events, detector


def kinds(events):
    return [e.event for e in events]


def test_an_utterance_is_told_from_start_to_end_with_its_times(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 20 + "S" * 20 + "." * 6 + "S" * 10 + "." * 25))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert kinds(events) == [
        VoiceActivity.START,
        VoiceActivity.PAUSE,
        VoiceActivity.RESUME,
        VoiceActivity.PAUSE,
        VoiceActivity.END,
    ]
    assert len({e.utterance_id for e in events}) == 1
    assert [e.generation for e in events] == [0, 1, 2, 3, 3]
    end = events[-1]
    assert end.reason == VoiceActivity.REASON_SILENCE
    assert to_ns(end.audio_start) == T0 + 640_000_000 - 400_000_000
    assert to_ns(end.speech_end) == T0 + 56 * 32_000_000
    assert to_ns(end.audio_end) == to_ns(end.speech_end) + 200_000_000
    assert np.isnan(end.direction_rad)
    assert -15 < end.level_dbfs < -8


def test_parameters_reach_the_endpointer(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch, min_silence_s=1.5, pre_roll_s=0.0, onset=0.95)
    microphone.send(sound("." * 5 + "S" * 20 + "." * 30))
    microphone.send(np.full(512 * 10, 9_900, np.int16))
    ros.wait(lambda: events)
    assert to_ns(events[0].audio_start) == T0 + 55 * 32_000_000


def test_chunks_of_another_size_are_taken(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 20 + "S" * 20 + "." * 30), piece=160)
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert to_ns(events[-1].speech_end) == T0 + 40 * 32_000_000


def test_a_source_that_stops_in_the_middle_ends_the_utterance(ros, monkeypatch):
    _, microphone, events, _ = start(ros, monkeypatch, source_timeout_s=0.3)
    microphone.send(sound("." * 5 + "S" * 20))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END], 3.0)
    assert events[-1].reason == VoiceActivity.REASON_SOURCE_ENDED
    assert to_ns(events[-1].audio_end) == T0 + 25 * 32_000_000


def test_a_node_that_stops_ends_the_utterance_first(ros, monkeypatch):
    node, microphone, events, _ = start(ros, monkeypatch)
    microphone.send(sound("." * 5 + "S" * 20))
    ros.wait(lambda: events)
    ros.stop(node)
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END], 3.0)


def test_without_audio_it_waits_and_says_what_to_start(ros, monkeypatch):
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = start(ros, monkeypatch)[0]
    ros.wait(lambda: any("no audio on /audio: start audio_capture" in m.status[0].message for m in health), 4.0)
    assert node.active


def test_audio_of_another_rate_is_refused_with_the_cure(ros, monkeypatch):
    start(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.peer().publisher(AudioInfo, "audio_info", LATCHED).publish(AudioInfo(channels=2, sample_rate=48_000))
    ros.wait(lambda: any("48000 Hz with 2 channel(s)" in m.status[0].message for m in health), 4.0)


def test_a_detector_that_fails_is_told_and_listening_goes_on(ros, monkeypatch):
    _, microphone, events, detector = start(ros, monkeypatch)
    health = ros.peer().record(DiagnosticArray, "/diagnostics")
    detector.fail = True
    microphone.send(sound("." * 5))
    ros.wait(lambda: any("the detector failed: RuntimeError: broken" in m.status[0].message for m in health), 4.0)
    detector.fail = False
    microphone.send(sound("." * 5 + "S" * 20 + "." * 30))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])


def test_the_real_model_hears_a_recorded_command(ros, recordings):
    from voice_pipeline.audio.files import read_recording

    events = ros.peer().record(VoiceActivity, "voice_activity", EVENTS)
    ros.start(VadNode)
    microphone = Microphone(ros.peer())
    microphone.send(np.zeros(16_000, np.int16))
    microphone.send(read_recording(recordings / "dev" / "command_cognitive_whatstheweatherlike.wav").samples)
    microphone.send(np.zeros(16_000, np.int16))
    ros.wait(lambda: kinds(events)[-1:] == [VoiceActivity.END])
    assert events[-1].reason == VoiceActivity.REASON_SILENCE
    assert kinds(events).count(VoiceActivity.END) == 1
