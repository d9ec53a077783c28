"""wake_word over DDS: says when its word was spoken and nothing else, what it lacks, and that asr listens to it."""

import array
import time

import numpy as np
import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Bool
from voice_pipeline.msg import WakeWord

from spoken import speaking
from voice_pipeline.audio.formats import samples_to_ns, to_bytes
from voice_pipeline.nodes.wake_word import WakeWordNode
from voice_pipeline.ros.qos import AUDIO, EVENTS, LATCHED
from voice_pipeline.ros.stamps import to_msg, to_ns


@pytest.fixture(scope="module")
def said(model):
    model("piper-en-us-joe")
    with speaking() as voice:
        return {text: voice.say(text) for text in ("Hey Jarvis.", "Good morning, what a nice day it is.")}


class Room:
    """The node and a microphone."""

    def __init__(self, ros, model, **params):
        self._ros = ros
        params = {"models": [str(model("openwakeword-hey-jarvis"))], "features": str(model("openwakeword")), **params}
        peer = ros.peer()
        self.heard = peer.record(WakeWord, "wake_word", EVENTS)
        self.health = peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(WakeWordNode, params)
        self.audio = peer.publisher(AudioDataStamped, "audio", AUDIO)
        self.info = peer.publisher(AudioInfo, "audio_info", LATCHED)
        ros.wait(lambda: peer.node.count_publishers("wake_word"), what="discovery")
        self.begin = time.time_ns()
        self.sent = 0

    def hear(self, samples):
        for at in range(0, len(samples) - 511, 512):
            message = AudioDataStamped(audio=AudioData(data=array.array("B", to_bytes(samples[at : at + 512]))))
            message.header.stamp = to_msg(self.begin + samples_to_ns(self.sent))
            self.sent += 512
            self.audio.publish(message)
            self._ros.settle(self.node, messages=1)  # as fast as the node takes it
            self._ros.wait(lambda: self.node._worker.backlog < 16, what="what was sent to be heard")

    def says(self, text):
        return [m for m in self.health if text in m.status[0].message]


def test_the_word_is_reported_once_with_its_time(ros, model, said):
    room = Room(ros, model)
    silence = np.zeros(16_000, np.int16)
    room.hear(silence)
    begin = room.sent
    room.hear(said["Hey Jarvis."])
    end = room.sent
    room.hear(silence)
    message = ros.wait(lambda: room.heard, what="the word")[0]
    assert message.word == "hey_jarvis_v0.1"
    assert 0.5 <= message.score <= 1.0
    assert room.begin + samples_to_ns(begin) < to_ns(message.header.stamp) <= room.begin + samples_to_ns(end + 8_000)
    room.hear(said["Good morning, what a nice day it is."])
    ros.wait(lambda: room.node._worker.backlog == 0, what="all to be heard")
    ros.settle(ros.peer().node)
    assert len(room.heard) == 1


def test_a_threshold_out_of_reach_reports_nothing(ros, model, said):
    room = Room(ros, model, threshold=1.0)
    room.hear(said["Hey Jarvis."])
    ros.wait(lambda: room.node._worker.backlog == 0, what="all to be heard")
    ros.settle(ros.peer().node)
    assert not room.heard


def test_no_audio_and_audio_of_another_rate_are_said(ros, model):
    room = Room(ros, model)
    ros.wait(lambda: room.says("start audio_capture"), what="a warning")
    room.info.publish(AudioInfo(sample_rate=44_100, channels=2, sample_format="S16LE"))
    ros.wait(lambda: room.says("needs 16000 Hz mono"), what="an error")


def test_a_missing_model_is_a_failed_configure_with_the_cure(ros, model):
    peer = ros.peer()
    health = peer.record(DiagnosticArray, "/diagnostics")
    node = ros.start(WakeWordNode, {"models": ["openwakeword-hey-nobody"]}, wait=False)
    ros.wait(lambda: [m for m in health if "make models MODELS=openwakeword-hey-nobody" in m.status[0].message])
    assert not node.active


def test_asr_opens_when_the_word_was_spoken(ros, model, said, monkeypatch):
    from test_asr_node import Fake

    from voice_pipeline.nodes.asr import AsrNode

    monkeypatch.setattr("voice_pipeline.nodes.asr.make_engine", lambda name, options: Fake())
    attention = ros.peer().record(Bool, "attention", LATCHED)
    ros.start(AsrNode, {"wake_word": "engine"})
    room = Room(ros, model)
    ros.wait(lambda: attention, what="attention")
    assert not attention[-1].data
    ros.wait(lambda: room.node._publisher.get_subscription_count() == 2, what="asr to listen")
    room.hear(said["Hey Jarvis."])
    ros.wait(lambda: any(m.data for m in attention), what="attention to open")
