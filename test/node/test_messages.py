"""Every message of the package survives the way over DDS, with every field set."""

import array
import math

import pytest
from audio_common_msgs.msg import AudioData

from voice_pipeline import msg

TYPES = [t for t in vars(msg).values() if isinstance(t, type)]
SAMPLES = {
    "string": "Grüße, “Reachy” 你好",
    "boolean": True,
    "float": 0.25,
    "double": -1.5,
    "uint8": 5,
    "uint32": 4_000_000_000,
    "uint64": 2**63,
    "sequence<string>": ["a", ""],
}


def fill(message):
    """Give every field a value that is not its default, in nested messages too."""
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if kind in SAMPLES:
            setattr(message, name, SAMPLES[kind])
        elif isinstance(value, AudioData):
            value.data = array.array("B", bytes(range(256)) * 4)
        elif hasattr(value, "get_fields_and_field_types"):
            fill(value)
        elif kind == "int32":
            setattr(message, name, 1_700_000_000)
        else:
            raise AssertionError(f"no sample for {kind} {name}")
    return message


@pytest.mark.parametrize("message_type", TYPES, ids=lambda t: t.__name__)
def test_a_message_arrives_as_it_was_sent(ros, message_type):
    peer = ros.peer()
    heard = peer.record(message_type, "there")
    sent = fill(message_type())
    peer.publisher(message_type, "there").publish(sent)
    assert ros.wait(lambda: heard)[0] == sent


def test_all_messages_of_the_package_are_tried():
    assert {"Transcript", "VoiceActivity", "SpeechAudio", "PlaybackState", "TurnLatency", "MotionState"} <= {
        t.__name__ for t in TYPES
    }


def test_an_unknown_direction_stays_not_a_number(ros):
    peer = ros.peer()
    heard = peer.record(msg.VoiceActivity, "there")
    peer.publisher(msg.VoiceActivity, "there").publish(msg.VoiceActivity(direction_rad=math.nan))
    assert math.isnan(ros.wait(lambda: heard)[0].direction_rad)
