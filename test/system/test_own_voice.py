"""A robot whose microphone hears its own loudspeaker, on a real sound server: it must not answer itself. Voice, ears, player and the two sound devices are real; the room is a null sink whose monitor is the microphone."""

import time

import pytest
from audio_common_msgs.msg import AudioDataStamped
from voice_pipeline.msg import PlaybackControl, Transcript

from scene import Scene
from sound_server import start_sound_server
from voice_pipeline.audio.formats import from_bytes, level_dbfs
from voice_pipeline.ros.qos import AUDIO

PATIENCE_S = 40.0
UTTERANCE, WORDS = "sentence_cheetah_test_en.wav", "only platforms one and three are used"
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
    monkeypatch.setenv("LD_LIBRARY_PATH", server.library_path)
    server.speaker("robot", rate=24_000, channels=1)
    server.microphone("ears", "robot")
    yield server
    server.stop()


def scene_in(ros, monkeypatch, echo):
    player = {"sink": "device", "device": "robot", "volume": 0.3}
    capture = {"source": "device", "device": "ears", "echo": echo}
    s = Scene(ros, monkeypatch, STORY, player=player, capture=capture, devices=True)
    peer = ros.peer()
    sound = peer.record(AudioDataStamped, "audio", AUDIO)
    ros.wait(lambda: sound, PATIENCE_S, "the microphone")
    if echo != "off":
        ros.wait(lambda: peer.node.count_subscribers("playback/audio") == 2, PATIENCE_S, "the canceller to listen")
        time.sleep(1.0)  # the player knows it a little later than we do
    return s


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


@pytest.mark.parametrize("echo", ["gate", "software"])
def test_it_does_not_answer_itself(ros, monkeypatch, model, room, echo):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, echo)
    heard, orders = listen(ros)
    for question in ("Tell me a story.", "Another one."):
        tell(ros, s, question)
    assert [m.text for m in heard] == []
    assert s.interrupted == 0
    assert len(s.traces) == 2  # both answers, and none to itself


def test_who_speaks_over_it_gets_through(ros, monkeypatch, model, room, recordings):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, "software")
    heard, orders = listen(ros)
    tell(ros, s, "Tell me a story.")
    orders.clear()
    s.ask("Another one.")
    player = room.play(recordings / "dev" / UTTERANCE, "robot")
    ros.wait(lambda: heard, PATIENCE_S, "what the person said")
    player.wait(10.0)
    assert [o.command for o in orders][:1] == [PlaybackControl.PAUSE]
    assert s.interrupted == 1
    assert len(set(heard[0].text.lower().split()) & set(WORDS.split())) >= len(WORDS.split()) // 2
