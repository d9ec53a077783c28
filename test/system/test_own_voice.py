"""A robot whose microphone hears its own loudspeaker, on a real sound server: it must not answer itself. Voice, ears, player and the two sound devices are real; the room is a null sink whose monitor is the microphone."""

import pytest
from audio_common_msgs.msg import AudioDataStamped
from voice_pipeline.msg import PlaybackControl, Transcript

from scene import Scene
from sound_server import start_sound_server
from voice_pipeline.audio.formats import from_bytes, level_dbfs
from voice_pipeline.ros.qos import AUDIO

PATIENCE_S = 40.0
STORY = (
    "Once upon a time a small robot lived on a wooden desk near the window. Every morning it looked at the garden and "
    "counted the yellow flowers. One day a blue bird came to the window and asked for some water. The robot had no hands, "
    "but it had a loud voice and many friends."
)


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A loudspeaker, and a microphone that hears all of it."""
    server = start_sound_server(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    server.speaker("robot", rate=24_000, channels=1)
    server.microphone("ears", "robot")
    yield server
    server.stop()


def scene_in(ros, monkeypatch, echo):
    player = {"sink": "device", "device": "robot", "volume": 0.3}
    capture = {"source": "device", "device": "ears", "echo": echo}
    return Scene(ros, monkeypatch, STORY, player=player, capture=capture)


def listen(ros):
    peer = ros.peer()
    return peer.record(Transcript, "transcript"), peer.record(PlaybackControl, "playback_control")


def echo_is_heard(messages):
    return max((level_dbfs(from_bytes(m.audio.data)) for m in messages), default=-120.0) > -50.0


def tell(ros, scene, question):
    """One whole answer."""
    before = len(scene.traces)
    scene.ask(question)
    ros.wait(lambda: len(scene.traces) > before and scene.dialogue._engine.idle, PATIENCE_S, "the answer to end")


def test_without_a_canceller_its_voice_is_at_its_ears(ros, monkeypatch, model, room):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, "off")
    sound = ros.peer().record(AudioDataStamped, "audio", AUDIO)
    s.ask()
    ros.wait(lambda: echo_is_heard(sound), PATIENCE_S, "the robot's voice")


def test_behind_the_gate_it_does_not_answer_itself(ros, monkeypatch, model, room):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, "gate")
    heard, orders = listen(ros)
    for question in ("Tell me a story.", "Another one."):
        tell(ros, s, question)
    assert s.interrupted == 0
    assert [m.text for m in heard] == []
    assert [o for o in orders if o.command == PlaybackControl.PAUSE] == []
    assert len(s.traces) == 2  # both answers, and none to itself
