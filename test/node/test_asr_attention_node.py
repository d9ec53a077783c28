"""Attention over DDS: what is not for the robot goes to transcript/rejected, and what opens it: phrase, engine, button."""

import pytest
from std_msgs.msg import Bool
from std_srvs.srv import SetBool
from test_asr_node import World
from voice_pipeline.msg import TurnState, VoiceActivity, WakeWord

from spoken import speaking
from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes._dialogue_output import TURNS
from voice_pipeline.nodes.asr import AsrNode, make_transcriber, parameters
from voice_pipeline.ros.qos import EVENTS, LATCHED


class Room(World):
    """A World with a conversation: whole utterances, and what the robot and its user do."""

    def __init__(self, ros, monkeypatch, engine=None, **params):
        # A window that a stalled machine does not close in the middle of a test.
        super().__init__(ros, monkeypatch, engine, **{"wake_window_s": 600.0} | params)
        peer = ros.peer()
        self.attention = peer.record(Bool, "attention", LATCHED)
        self.listen_topic = peer.publisher(Bool, "listen", EVENTS)
        self.wake = peer.publisher(WakeWord, "wake_word", EVENTS)
        self.turn = peer.publisher(TurnState, "turn", TURNS)
        self.peer = peer
        self.number = 0

    def open(self):
        return bool(self.attention) and self.attention[-1].data

    def until(self, value):
        self.ros.wait(lambda: self.open() == value, what=f"attention {value}")

    def utter(self, text, pause=True):
        """Say a second of audio that the engine hears as `text`; returns the final transcript."""
        self.engine.text = text
        self.number += 1
        name, start = f"u{self.number}", self.sent / 16_000
        before = len(self.finals), len(self.rejected)
        self.tell(VoiceActivity.START, name, start=start + 0.01)
        self.listen(1.5)
        if pause:
            shown = len(self.partials)
            self.tell(
                VoiceActivity.PAUSE, name, start=start + 0.01, speech_end=start + 0.8, end=start + 0.9, generation=1
            )
            self.ros.wait(lambda: len(self.partials) > shown, what="the words at the pause")
        self.tell(
            VoiceActivity.END, name, start=start + 0.01, speech_end=start + 0.8, end=start + 1.0, generation=1, reason=1
        )
        self.ros.wait(lambda: (len(self.finals), len(self.rejected)) != before, what="a final")
        self.ros.settle(self.peer.node)
        return (self.finals + self.rejected)[-1] if len(self.rejected) > before[1] else self.finals[-1]


def test_what_is_not_for_the_robot_is_rejected_with_the_reason_and_the_parameter(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase")
    room.until(False)
    final = room.utter("Turn left.")
    assert (final.text, final.is_final) == ("Turn left.", True)
    assert (final.rejected_reason, final.rejected_by) == ("not addressed: say 'hey reachy' first", "wake_word")
    assert not room.finals


def test_its_provisional_words_start_nothing(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase")
    room.utter("Turn left.")
    ros.wait(lambda: room.partials)
    assert {(m.text, m.speculative, bool(m.rejected_reason)) for m in room.partials} == {("", True, True)}


def test_the_phrase_opens_and_is_taken_off_provisional_and_final_words(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase")
    assert room.utter("Hey, Richie, turn left.").text == "Turn left."
    assert [m.text for m in ros.wait(lambda: room.partials)] == ["Turn left."]
    room.until(True)
    assert room.utter("And right.").text == "And right."
    assert not room.rejected


def test_the_phrase_alone_opens_without_an_answer(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase")
    assert room.utter("Hey Reachy.").rejected_by == "wake_phrases"
    room.until(True)
    assert room.utter("Turn left.").rejected_reason == ""


def test_the_window_closes_and_the_topic_says_so(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase", wake_window_s=1.0)
    room.utter("Hey Reachy.")
    ros.wait(lambda: [m.data for m in room.attention] == [False, True, False], what="open, then closed")


def test_the_robots_answer_keeps_it_open(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase", wake_window_s=1.0)
    room.turn.publish(TurnState(state=TurnState.SPEAKING))
    room.until(True)
    room.turn.publish(TurnState(state=TurnState.LISTENING))
    room.until(False)


def test_the_end_of_what_was_said_to_somebody_else_opens_nothing(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="phrase")
    for state in (TurnState.PAUSE, TurnState.COMMITTED, TurnState.LISTENING):
        room.turn.publish(TurnState(state=state))
    ros.settle(room.node)
    assert room.utter("Turn left.").rejected_by == "wake_word"
    assert not room.open()


def test_a_message_of_the_engine_opens(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="engine")
    assert "say the wake word" in room.utter("Turn left.").rejected_reason
    room.wake.publish(WakeWord(word="hey_jarvis", score=0.9))
    room.until(True)
    assert room.utter("Turn left.").rejected_reason == ""


def test_a_missing_engine_is_said(ros, monkeypatch):
    room = World(ros, monkeypatch, wake_word="engine")
    ros.wait(lambda: room.said("start wake_word"))


def test_the_button_opens_by_topic_and_by_service(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="push_to_talk")
    assert room.utter("Turn left.").rejected_by == "wake_word"
    room.listen_topic.publish(Bool(data=True))
    room.until(True)
    assert room.utter("Turn left.").rejected_reason == ""
    answer = room.peer.call(SetBool, "listen", SetBool.Request(data=False))
    assert (answer.success, answer.message) == (True, "not listening")
    room.until(False)
    assert room.utter("Turn right.").rejected_by == "wake_word"


def test_the_button_says_when_it_does_nothing(ros, monkeypatch):
    room = Room(ros, monkeypatch)
    answer = room.peer.call(SetBool, "listen", SetBool.Request(data=True))
    assert not answer.success
    assert "push_to_talk" in answer.message


def test_stop_passes_while_the_robot_speaks(ros, monkeypatch):
    room = Room(ros, monkeypatch, wake_word="push_to_talk")
    assert room.utter("Stop.").rejected_by == "wake_word"
    room.turn.publish(TurnState(state=TurnState.SPEAKING))
    ros.wait(lambda: room.node._attention.attention._speaking, what="the turn")
    assert room.utter("Stop.").rejected_reason == ""


def test_whisper_and_a_voice_together_open_it(ros, monkeypatch, model):
    model("piper-en-us-joe")
    values = {"model": str(model("whisper-tiny.en-ct2")), "compute_type": "int8"}
    engine = make_transcriber(parameters(values))
    with speaking() as voice:
        said = [voice.say(t) for t in ("Turn left.", "Hey Reechy, what time is it?", "Tell me a joke.")]
    room = World(ros, monkeypatch, engine=engine, wake_word="phrase", wake_window_s=600.0, **values)
    for number, samples in enumerate(said):
        start = max(0.01, room.sent / 16_000)
        room.tell(VoiceActivity.START, f"u{number}", start=start)
        room.hear(samples)
        end = room.sent // 512 * 512 / 16_000
        room.tell(VoiceActivity.END, f"u{number}", start=start, speech_end=end - 0.4, end=end, reason=1)
        count = number + 1
        ros.wait(lambda n=count: len(room.finals) + len(room.rejected) == n, what="a final")
    assert [m.rejected_by for m in room.rejected] == ["wake_word"]
    assert [m.text.lower().strip(".?!") for m in room.finals] == ["what time is it", "tell me a joke"]


def test_the_wake_phrase_of_a_profile_needs_a_word(ros, monkeypatch):
    monkeypatch.setattr("voice_pipeline.nodes.asr.make_engine", lambda name, options: object())
    node = ros.start(AsrNode, {"wake_phrases": ["?"], "autostart": False}, wait=False)
    node._transcriber = object()
    with pytest.raises(VoiceError, match="hey reachy"):
        node.open()


@pytest.mark.parametrize("language", ["auto", "de"])
def test_another_language_than_the_model_knows_is_an_error_with_the_cure(model, language):
    model("whisper-tiny.en-ct2")
    with pytest.raises(VoiceError, match=r"English only.*MODELS=whisper-base-ct2"):
        make_transcriber(parameters({"language": language}))


def test_a_language_that_does_not_exist_is_an_error(model):
    model("whisper-base-ct2")
    with pytest.raises(VoiceError, match=r"'deutsch'.*ISO 639-1"):
        make_transcriber(parameters({"model": "whisper-base-ct2", "language": "deutsch"}))
