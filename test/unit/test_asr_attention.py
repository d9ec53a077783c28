"""Attention in virtual time: every way in which it opens, stays open and closes."""

import pytest

from voice_pipeline.asr.attention import ENGINE, NONE, PHRASE, PUSH_TO_TALK, Attention
from voice_pipeline.asr.wake_phrases import WakePhrases, sound_of
from voice_pipeline.errors import VoiceError


class Scene:
    """An Attention, its clock, and a person who says whole utterances."""

    def __init__(self, mode, phrases=("hey reachy",), window_s=8.0):
        self.now = 100.0
        stop = lambda text: text.lower().startswith("stop")  # noqa: E731
        self.it = Attention(mode, WakePhrases(phrases), window_s, stop, lambda: self.now)
        self.count = 0

    def begin(self):
        self.count += 1
        self.it.began(f"u{self.count}")
        return f"u{self.count}"

    def say(self, text, took_s=1.0):
        name = self.begin()
        self.now += took_s
        return self.it.judge(name, text, final=True)

    def wait(self, seconds):
        self.now += seconds


def passed(heard):
    return not heard.reason and heard.text


def test_without_a_mode_everything_is_passed_on():
    scene = Scene(NONE)
    assert scene.it.open
    assert passed(scene.say("Hey Reachy, hello.")) == "Hey Reachy, hello."


def test_closed_it_says_what_to_do_and_which_parameter_decides():
    heard = Scene(PHRASE).say("What time is it?")
    assert heard.reason == "not addressed: say 'hey reachy' first"
    assert (heard.parameter, heard.text) == ("wake_word", "What time is it?")
    assert "set `listen`" in Scene(PUSH_TO_TALK).say("What time is it?").reason
    assert "say the wake word" in Scene(ENGINE).say("Hey Reachy, what time is it?").reason


def test_the_phrase_opens_and_the_rest_is_passed_on_without_it():
    scene = Scene(PHRASE)
    assert passed(scene.say("Hey Reachy, what time is it?")) == "What time is it?"
    assert scene.it.open


def test_the_phrase_alone_opens_the_window_and_is_not_passed_on():
    scene = Scene(PHRASE)
    heard = scene.say("Hey, Richie.")
    assert (heard.reason, heard.parameter) == ("only 'hey reachy': listening for 8 s", "wake_phrases")
    scene.wait(7.9)
    assert passed(scene.say("What time is it?"))


def test_the_window_closes_by_itself():
    scene = Scene(PHRASE)
    scene.say("Hey Reachy.")
    scene.wait(8.0)
    assert not scene.it.open
    assert not passed(scene.say("What time is it?"))


def test_what_begins_in_the_window_counts_though_it_ends_after_it():
    scene = Scene(PHRASE)
    scene.say("Hey Reachy.")
    scene.wait(7.0)
    assert passed(scene.say("It is a long story.", took_s=20.0))


def test_an_utterance_that_counted_starts_the_window_anew_and_one_that_did_not_does_not():
    scene = Scene(PHRASE)
    scene.say("Hey Reachy.")
    for _ in range(4):
        scene.wait(6.0)
        assert passed(scene.say("And then?"))
    scene.wait(9.0)
    assert not passed(scene.say("And then?"))
    scene.wait(1.0)
    assert not scene.it.open


def test_it_stays_open_while_the_robot_answers_and_a_window_longer():
    scene = Scene(PHRASE)
    scene.say("Hey Reachy, tell me a story.")
    scene.it.turn(answering=True, speaking=True)
    scene.wait(60.0)
    assert scene.it.open
    scene.it.turn(answering=False, speaking=False)
    scene.wait(7.9)
    assert scene.it.open
    scene.wait(0.2)
    assert not scene.it.open


def test_provisional_words_neither_open_nor_close():
    scene = Scene(PHRASE)
    name = scene.begin()
    assert scene.it.judge(name, "Hey Reachy what", final=False).text == "What"
    assert not scene.it.open
    assert scene.it.judge(name, "A peachy day", final=False).reason
    assert scene.it.judge(name, "Hey Reachy, what time is it?", final=True).text == "What time is it?"


def test_provisional_words_of_a_closed_robot_are_held_back():
    scene = Scene(PHRASE)
    assert scene.it.judge(scene.begin(), "turn left", final=False).reason


@pytest.mark.parametrize("mode", [PHRASE, ENGINE, PUSH_TO_TALK])
def test_stop_passes_while_the_robot_speaks_and_only_then(mode):
    scene = Scene(mode)
    assert scene.say("Stop.").reason
    scene.it.turn(answering=True, speaking=True)
    assert passed(scene.say("Stop."))


def test_while_the_robot_speaks_push_to_talk_lets_nothing_else_through():
    scene = Scene(PUSH_TO_TALK)
    scene.it.turn(answering=True, speaking=True)
    assert scene.say("What a nice day.").reason
    scene.it.turn(answering=False, speaking=False)
    assert scene.say("What a nice day.").reason


def test_the_button_decides_by_when_the_utterance_began():
    scene = Scene(PUSH_TO_TALK)
    scene.it.listen(True)
    name = scene.begin()
    scene.it.listen(False)
    assert passed(scene.it.judge(name, "Turn left.", final=True)) == "Turn left."
    assert scene.say("Turn right.").reason


def test_a_button_pressed_a_moment_late_takes_what_is_being_said():
    scene = Scene(PUSH_TO_TALK)
    name = scene.begin()
    scene.it.listen(True)
    assert passed(scene.it.judge(name, "Turn left.", final=True))


def test_push_to_talk_leaves_the_phrase_in_the_text_because_nobody_needs_it_there():
    scene = Scene(PUSH_TO_TALK)
    scene.it.listen(True)
    assert passed(scene.say("Hey Reachy, turn left.")) == "Hey Reachy, turn left."


def test_the_wake_word_takes_the_utterance_it_is_part_of_and_the_next_ones():
    scene = Scene(ENGINE, ["hey jarvis"])
    name = scene.begin()
    scene.it.wake_word()
    assert passed(scene.it.judge(name, "Hey Jarvis, turn left.", final=True)) == "Turn left."
    assert passed(scene.say("And right."))
    scene.wait(8.1)
    assert scene.say("And left.").reason


def test_the_wake_word_alone_is_not_passed_on():
    scene = Scene(ENGINE, ["hey jarvis"])
    name = scene.begin()
    scene.it.wake_word()
    assert scene.it.judge(name, "Hey, Jarvis.", final=True).parameter == "wake_phrases"
    scene.wait(5.0)
    assert passed(scene.say("Turn left."))


def test_the_written_phrase_does_not_open_what_waits_for_the_engine():
    scene = Scene(ENGINE, ["hey jarvis"])
    assert scene.say("Hey Jarvis, turn left.").reason
    assert not scene.it.open


@pytest.mark.parametrize("mode", [NONE, PHRASE, PUSH_TO_TALK])
def test_a_wake_word_means_nothing_in_other_modes(mode):
    scene = Scene(mode)
    before = scene.it.open
    scene.it.wake_word()
    assert scene.it.open == before


def test_a_false_start_is_not_held_against_the_next_utterance():
    scene = Scene(ENGINE)
    scene.it.dropped(scene.begin())
    scene.it.wake_word()
    assert scene.it.judge("u1", "Turn left.", final=True).reason


def test_it_counts_what_was_not_for_the_robot():
    scene = Scene(PHRASE)
    scene.say("One.")
    scene.say("Two.")
    scene.say("Hey Reachy, three.")
    assert scene.it.not_addressed == 2


# What tiny.en wrote for "hey/hi/okay/hello Reachy", said by Piper and Kokoro voices.
@pytest.mark.parametrize(
    "text",
    ["Hey, Reaching.", "Hey Reichi, what time is it?", "High Reaching. Stop.", "Okay, reachy.", "Hello Reechie, go.",
     "Hey, reach you.", "Hi Reachu.", "Hey Ricci, tell me a joke.", "Hi Rechi, what?", "hey reachy stop", "A Reachy, go."],
)  # fmt: skip
def test_what_whisper_writes_for_the_phrase_is_known(text):
    assert WakePhrases(["hey reachy"]).find(text) is not None


@pytest.mark.parametrize(
    "text",
    ["He reached the top.", "A rich man came.", "Hey Rachel, come here.", "Reachy is a robot.", "I reach a conclusion.",
     "Hey, what is it?", "He rushed home.", "Hey", "", "...", "Hello there.", "Okay."],
)  # fmt: skip
def test_what_only_resembles_it_is_not(text):
    assert WakePhrases(["hey reachy"]).find(text) is None


def test_a_phrase_may_be_a_single_word_or_several_and_the_first_that_fits_counts():
    phrases = WakePhrases(["computer", "hey little robot"])
    assert phrases.find("Computer, lights on.").rest == "Lights on."
    assert phrases.find("Hi, little robot. Lights on.").rest == "Lights on."
    assert phrases.find("The computer is on.") is None


def test_a_phrase_without_a_word_is_refused():
    with pytest.raises(VoiceError, match="hey reachy"):
        WakePhrases(["..."])
    assert sound_of("Ricci") == sound_of("reaching") == sound_of("Reachy") == "rC-"
