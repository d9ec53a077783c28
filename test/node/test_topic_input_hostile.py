"""audio_capture on another node's topic: whatever comes there, hearing goes on with the next good message."""

import array

import pytest
from audio_common_msgs.msg import AudioData, AudioDataStamped, AudioInfo
from diagnostic_msgs.msg import DiagnosticArray

from voice_pipeline.nodes.audio_capture import AudioCaptureNode
from voice_pipeline.ros.qos import AUDIO, LATCHED

CHUNK = bytes(2 * 2 * 512)


class Sender:
    """A microphone node of somebody else."""

    def __init__(self, ros, **parameters):
        peer = ros.peer()
        self.ros = ros
        self.heard = peer.record(AudioDataStamped, "audio", AUDIO)
        self.health = peer.record(DiagnosticArray, "/diagnostics")
        self.node = ros.start(AudioCaptureNode, {"source": "topic", "input_topic": "mic", **parameters})
        self.infos = peer.publisher(AudioInfo, "mic_info", LATCHED, subscribers=2)
        self.sounds = peer.publisher(AudioDataStamped, "mic", AUDIO)

    def info(self, channels=2, rate=16_000):
        self.infos.publish(AudioInfo(channels=channels, sample_rate=rate, sample_format="S16LE"))
        self.ros.settle(self.node)

    def send(self, data=CHUNK):
        self.sounds.publish(AudioDataStamped(audio=AudioData(data=array.array("B", data))))
        self.ros.settle(self.node)

    def told(self, text):
        return any(text in s.message for m in self.health for s in m.status)

    def is_heard(self):
        before = len(self.heard)
        self.send()
        self.ros.wait(lambda: len(self.heard) > before)

    def last(self):
        return [s.message for m in self.health for s in m.status if s.name == "audio_capture"][-1:]


def test_half_a_frame_is_told_and_forgotten_with_the_next_whole_one(ros):
    sender = Sender(ros)
    sender.info()
    sender.is_heard()
    sender.send(CHUNK + b"ab")
    ros.wait(lambda: sender.told("mic: 1025 samples are no whole number of frames of 2 channels"))
    sender.is_heard()
    ros.wait(lambda: sender.is_heard() or sender.last() == ["ok"])


@pytest.mark.parametrize(
    ("wrong", "text"),
    [({"channels": 1}, "`channel` 1 was asked for"), ({"rate": 1}, "1 Hz"), ({"rate": 2**32 - 1}, "4294967295 Hz")],
)
def test_a_format_that_cannot_be_taken_is_told_until_it_is_mended(ros, wrong, text):
    sender = Sender(ros, channel=1)
    sender.info(**wrong)
    sender.send()
    ros.wait(lambda: sender.told(text))
    sender.info()
    sender.is_heard()
