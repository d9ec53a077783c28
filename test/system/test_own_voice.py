"""A robot whose microphone hears its own loudspeaker, on a real sound server: it must not answer itself, and a person must
still get through. Voice, ears, player and the two sound devices are real; the room is a null sink with a loopback."""

import time

import pytest
from voice_pipeline.msg import PlaybackControl, Transcript

from scene import Scene
from sound_server import start_sound_server

PATIENCE_S = 40.0
STORY = (
    "Once upon a time a small robot lived on a wooden desk near the window. Every morning it looked at the garden and "
    "counted the yellow flowers. One day a blue bird came to the window and asked for some water. The robot had no hands, "
    "but it had a loud voice and many friends."
)


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Loudspeaker `robot`; a room in which it is heard 20 ms later, 10 dB softer, beside who plays into `room`."""
    server = start_sound_server(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    server.speaker("robot", rate=24_000, channels=1)
    server.speaker("room", rate=16_000, channels=1)
    server.plug("loopback", source="robot.monitor", sink="room", latency_msec=20)
    server.pactl("set-sink-input-volume", "0", "-10dB")
    server.microphone("ears", "room")
    yield server
    server.stop()


def scene_in(ros, monkeypatch, echo):
    player = {"sink": "device", "device": "robot"}
    capture = {"source": "device", "device": "ears", "echo": echo}
    return Scene(ros, monkeypatch, STORY, player=player, capture=capture)


def listen(ros):
    peer = ros.peer()
    return (
        peer.record(Transcript, "transcript"),
        peer.record(Transcript, "transcript/rejected"),
        peer.record(PlaybackControl, "playback_control"),
    )


def tell(ros, scene, question):
    """One whole answer; how often it was held on the way."""
    before = len(scene.traces)
    scene.ask(question)
    ros.wait(lambda: len(scene.traces) > before and scene.dialogue._engine.idle, PATIENCE_S, "the answer to end")


@pytest.mark.parametrize("echo", ["software", "gate"])
def test_it_does_not_answer_itself(ros, monkeypatch, model, room, echo):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, echo)
    heard, rejected, orders = listen(ros)
    for question in ("Tell me a story.", "Another one."):
        tell(ros, s, question)
    holds = sum(o.command == PlaybackControl.PAUSE for o in orders)
    print(
        f"\n{echo}: passed {[m.text for m in heard]}, rejected {[(m.text, m.rejected_by) for m in rejected]}, held {holds}"
    )
    assert s.interrupted == 0
    assert [m.text for m in heard] == []
    assert len(s.traces) == 2  # both answers, and none to itself


def test_a_person_gets_through(ros, monkeypatch, model, room, recordings):
    model("piper-en-us-joe")
    s = scene_in(ros, monkeypatch, "software")
    heard, _, _ = listen(ros)
    tell(ros, s, "Tell me a story.")  # the canceller has heard the room once
    said = 0
    while not s.interrupted and said < 4:  # one short word may fall under one of the robot's; people say it again
        if s.dialogue._engine.turn is None:
            s.ask("Another one.")
        time.sleep(2.0)
        assert room.play(recordings / "dev" / "command_mycroft_stop.wav", "room").wait(10.0) == 0
        said += 1
        time.sleep(2.0)
    print(f"\nheard when said for the {said}. time")
    assert s.interrupted
    ros.wait(lambda: heard, PATIENCE_S, "the words")
    assert "stop" in heard[0].text.lower()
