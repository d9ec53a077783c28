"""What the robot hears of itself is held back; what people say over it, also with its own words, is not."""

import pytest

from voice_pipeline.asr.own_voice import OwnVoice, share_in_order, spoken_words
from voice_pipeline.turn.words import is_command_to_stop

T0 = 1_700_000_000_000_000_000
MS = 1_000_000


def ms(t):
    return T0 + int(t) * MS


def speaking(text, seconds=3.0, start=0, until=None, share=0.7, say_id="a", own=None):
    """A robot that says a text from `start`, in ms; reports of the player come every 50 ms."""
    own = own or OwnVoice(share, is_command_to_stop)
    own.said(say_id, text, seconds / 2)
    own.said(say_id, "", seconds / 2)
    for t in range(0, int(1000 * (seconds if until is None else until)) + 1, 50):
        own.played(say_id, ms(start + t), ms(start), t / 1000)
    return own


SENTENCE = "The weather in Berlin is cloudy today, with fifteen degrees and a little rain."


def heard(own, text, begin=0, end=3000):
    return own.judge(text, ms(begin), ms(end))


def test_its_own_words_are_rejected_with_the_share_and_the_parameter():
    found = heard(speaking(SENTENCE), "The weather in Berlin is cloudy today with 15 degrees and a little rain.")
    assert found.by == "reject_own_voice"
    assert found.reason.startswith("my own words: ")


def test_a_piece_of_it_and_misheard_words_are_its_own_too():
    own = speaking("Okay, I am turning my head to the right now.")
    assert heard(own, "I'm turning my hat", 200, 1500)
    assert heard(own, "Okay, I am turning my bed to the right now")
    assert heard(speaking("It is ten past four."), "It is 10 past 4.")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("I look left.", "No, look left."),
        ("I look left.", "No, please look left and nod."),
        ("Okay, I am turning my head to the right now.", "No, turn your head to the left."),
        (SENTENCE, "And the weather in Paris?"),
        ("I can dance, nod my head and tell you a story.", "Tell me a story about a king."),
        ("Could you say it again?", "What time is it?"),
    ],
)
def test_a_person_who_repeats_some_of_its_words_is_heard(said, answer):
    assert heard(speaking(said), answer) is None


@pytest.mark.parametrize("text", ["stop", "Stop!", "please stop", "Wait, wait", "stop the weather", "Stopp!"])
def test_stop_always_passes(text):
    assert heard(speaking("Stop, please stop. Wait, wait. I stop the weather."), text) is None


def test_the_same_words_when_it_is_silent_are_a_person_s():
    own = speaking(SENTENCE)
    assert heard(own, SENTENCE, 3600, 6000) is None
    assert heard(own, SENTENCE, -4000, -1000) is None
    assert heard(OwnVoice(0.7, is_command_to_stop), SENTENCE) is None


def test_one_word_of_a_question_is_an_answer_when_it_comes_after_it():
    own = speaking("Shall I look to the left or to the right?", 2.0)
    assert heard(own, "Left.", 1900, 2800) is None
    assert heard(own, "left", 1000, 1600)


def test_the_echo_of_the_first_word_begins_with_the_pre_roll_and_that_of_the_last_ends_late():
    own = speaking("Hello", 0.6)
    assert heard(own, "Hello.", -350, 800)


def test_words_that_it_said_much_earlier_in_a_long_clause_do_not_count():
    own = speaking("Left is where the heart is, " + "and so on and so forth " * 8, 12.0)
    assert heard(own, "left is where the heart is", 0, 2000)
    assert heard(own, "left is where the heart is", 9000, 11000) is None


def test_what_was_flushed_before_it_was_played_was_never_said():
    own = speaking("One two three four five six seven eight nine ten eleven twelve", 6.0, until=1.5)
    assert heard(own, "eleven twelve", 0, 1400) is None
    assert heard(own, "one two three", 0, 1400)


def test_a_pause_of_the_player_moves_the_words_behind_it():
    own = OwnVoice(0.7, is_command_to_stop)
    own.said("a", "zero one two three four five six seven eight nine", 10.0)
    for t in range(0, 5001, 50):
        own.played("a", ms(t), ms(0), t / 1000)
    for t in range(5050, 9001, 50):
        own.played("a", ms(t), ms(0), 5.0)
    for t in range(9050, 14001, 50):
        own.played("a", ms(t), ms(0), (t - 4000) / 1000)
    assert heard(own, "eight nine", 12_200, 13_900)
    assert heard(own, "eight nine", 6_500, 8_500) is None


def test_an_echo_goes_over_the_seam_of_two_clauses():
    own = speaking("I am looking", 1.0)
    speaking("to the left side", 1.0, 1000, say_id="b", own=own)
    assert heard(own, "I'm looking to the left side", 0, 2000)


def test_above_one_it_is_off_and_long_talk_is_forgotten():
    assert heard(speaking(SENTENCE, share=1.1), SENTENCE) is None
    own = speaking(SENTENCE)
    for i in range(40):
        speaking("something else", 1.0, 10_000 + 1000 * i, say_id=f"s{i}", own=own)
    assert heard(own, SENTENCE) is None


def test_order_counts():
    said = spoken_words("turn the head to the left")
    assert share_in_order(spoken_words("turn to the left"), said) == 1.0
    assert share_in_order(spoken_words("left the head turn"), said) == pytest.approx(0.5)
    assert share_in_order([], said) == 0.0
