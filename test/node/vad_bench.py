"""A vad node with a detector that takes loudness for speech, and a microphone: tests hold what is heard."""

import array

import numpy as np
from audio_common_msgs.msg import AudioData, AudioDataStamped
from voice_pipeline.msg import VoiceActivity

from voice_pipeline.audio.formats import samples_to_ns, to_bytes
from voice_pipeline.nodes.vad import VadNode
from voice_pipeline.ros.qos import AUDIO, EVENTS
from voice_pipeline.ros.stamps import to_msg

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
    """Sends as fast as the node takes it: with more than AUDIO's depth on the way some of it would be lost."""

    def __init__(self, ros, node):
        self.publisher = ros.peer().publisher(AudioDataStamped, "audio", AUDIO)
        self.sent = 0
        self._ros, self._node = ros, node

    def send(self, samples, piece=512):
        for at in range(0, len(samples), piece):
            part = samples[at : at + piece]
            message = AudioDataStamped(audio=AudioData(data=array.array("B", to_bytes(part))))
            message.header.stamp = to_msg(T0 + samples_to_ns(self.sent))
            self.sent += len(part)
            self.publisher.publish(message)
            if (at // piece) % 32 == 31:
                self._ros.settle(self._node, messages=32)

    def wait_heard(self):
        """Until all that was sent is judged, and its events have come."""
        self._ros.wait(lambda: self._node._newest_ns == T0 + self.sent * 62_500, what="all audio")
        self._ros.wait(lambda: self._node._worker.backlog == 0, what="what comes of it")
        self._ros.settle(self._ros.peer().node)


def start(ros, monkeypatch, **params):
    detector = Probability()
    monkeypatch.setattr("voice_pipeline.nodes.vad.make_detector", lambda engine, model: detector)
    events = ros.peer().record(VoiceActivity, "voice_activity", EVENTS)
    # A test that rests between two sounds has not ended its source.
    node = ros.start(VadNode, {"end_of_turn": "none", "source_timeout_s": 10.0} | params)
    return node, Microphone(ros, node), events, detector


def kinds(events):
    return [e.event for e in events]
