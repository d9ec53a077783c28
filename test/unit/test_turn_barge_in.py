"""Speech over the answer, in virtual time: held at once, given up for words, gone on with after a cough."""

import math

import pytest

from turn_stage import Stage
from voice_pipeline.turn.state import State
from voice_pipeline.turn.words import credibility, is_command_to_stop, real_words, same_words, wants_the_turn


def speaking(**settings):
    s = Stage(**settings)
    s.engine.question("Tell me a story", "u1")
    s.answer("Once upon a time,", "there was a king.", done=False)
    s.pass_time(3.0)
    assert s.engine.state == State.SPEAKING
    return s


def settle(s, heard="Once upon"):
    for (turn_id, index, _), words in zip(list(s.spoken), (heard, ""), strict=False):
        s.engine.said(turn_id, index, words)


def test_speech_over_the_answer_holds_it_at_once_and_words_end_it():
    s = speaking()
    s.engine.person_began("u2")
    assert s.voice == ["hold"]
    assert s.cancelled_say == []
    s.engine.overheard("u2", "what about", 0.8)
    assert len(s.cancelled_say) == len(s.cancelled_tools) == 1
    assert s.cancelled_model == 1
    settle(s)
    assert s.voice == ["hold", "release"]
    assert s.memory == [("Tell me a story", [], "Once upon")]


def test_a_cough_lets_the_answer_go_on_where_it_stopped():
    s = speaking()
    s.engine.person_began("u2")
    s.engine.person_ended("u2", nothing_said=True)
    assert s.voice == ["hold", "release"]
    assert s.cancelled_say == []


@pytest.mark.parametrize("sound", ["Mm-hm.", "Yeah.", "Okay, right.", "Uh-huh", "Thank you."])
@pytest.mark.parametrize("when", ["at the pause", "at the end"])
def test_a_listeners_sound_lets_the_answer_go_on(sound, when):
    s = speaking()
    s.engine.person_began("u2")
    if when == "at the pause":
        s.engine.person_paused("u2")
        s.engine.guess("u2", sound, 0.9, {})
    else:
        s.engine.person_ended("u2", nothing_said=False)
        s.engine.question(sound, "u2")
    assert s.voice == ["hold", "release"]
    assert s.cancelled_say == []
    assert len(s.asked) == 1


def test_the_same_sound_is_an_answer_when_the_robot_is_silent():
    s = Stage()
    s.engine.question("Yeah.", "u1")
    assert s.asked == [(1, "Yeah.")]


def test_noise_without_words_is_held_no_longer_than_a_second():
    s = speaking()
    s.engine.person_began("u2")
    s.pass_time(0.8)
    assert s.voice == ["hold"]
    s.pass_time(0.15)
    assert s.voice == ["hold", "release"]


def test_words_after_the_answer_went_on_still_end_it():
    s = speaking()
    s.engine.person_began("u2")
    s.pass_time(1.5)
    s.engine.overheard("u2", "no I meant the other one", 0.7)
    assert len(s.cancelled_say) == 1


def test_a_guess_over_the_answer_is_begun_once_it_is_known_what_was_heard():
    s = speaking()
    s.engine.person_began("u2")
    s.engine.person_paused("u2")
    s.engine.guess("u2", "What is your name?", 0.9, {})
    assert len(s.asked) == 1
    settle(s)
    assert s.asked[-1][1] == "What is your name?"
    s.answer("Reachy.")
    assert s.prepared[-1][1] == "Reachy."
    s.spoken.clear()
    s.engine.person_ended("u2", nothing_said=False)
    s.engine.question("What is your name?", "u2")
    assert s.says() == ["Reachy."]


def test_stop_ends_the_answer_however_unsure_and_short_it_is():
    s = speaking()
    s.engine.person_began("u2")
    s.engine.overheard("u2", "Stop.", 0.2)
    assert len(s.cancelled_say) == 1


def test_unsure_words_alone_do_not_end_it():
    s = speaking()
    s.engine.person_began("u2")
    s.engine.overheard("u2", "the big machine runs", 0.2)
    assert s.cancelled_say == []


def test_speech_before_the_first_sound_holds_what_is_on_its_way():
    s = Stage()
    s.engine.question("Tell me a story", "u1")
    s.answer("Once upon a time,", done=False)
    s.engine.person_began("u2")
    assert s.voice == ["hold"]
    s.engine.person_ended("u2", nothing_said=True)
    assert s.voice == ["hold", "release"]


def test_speech_at_the_last_sample_leaves_no_hold_behind():
    s = speaking()
    s.engine.answered(s.generation, [])
    s.engine.person_began("u2")
    s.hear_all()
    assert s.engine.state == State.LISTENING
    assert s.voice == ["hold", "release"]
    s.engine.person_ended("u2", nothing_said=False)
    s.engine.question("And then?", "u2")
    assert s.asked[-1][1] == "And then?"


def test_speech_between_two_clauses_holds_the_next_one():
    s = speaking()
    s.hear_all()
    s.engine.person_began("u2")
    s.engine.clause(s.generation, "He had a horse.")
    assert s.voice == ["hold"]
    assert s.cancelled_say == []


def test_a_second_cough_does_not_prolong_the_hold():
    s = speaking()
    s.engine.person_began("u2")
    s.pass_time(0.5)
    s.engine.person_ended("u2", nothing_said=True)
    s.engine.person_began("u3")
    assert s.voice == ["hold", "release", "hold"]
    s.engine.person_began("u4")
    s.pass_time(0.95)
    assert s.voice == ["hold", "release", "hold", "release"]


def test_without_barge_in_the_answer_is_not_held_but_a_new_question_still_ends_it():
    s = speaking(barge_in=False)
    s.engine.person_began("u2")
    s.engine.overheard("u2", "no I meant the other one", 0.9)
    assert s.voice == []
    assert s.cancelled_say == []
    s.engine.question("What is your name?", "u2")
    assert len(s.cancelled_say) == 1


@pytest.mark.parametrize(
    ("text", "confidence", "wants"),
    [
        ("what about the", 0.9, True),
        ("no", 0.9, False),
        ("no no", 0.9, True),
        ("mm-hm yeah okay", 0.9, False),
        ("hey robot", math.nan, True),
        ("please stop", 0.1, True),
        ("Stop it", 0.1, True),
        ("the bus stops here today", 0.2, False),
        ("", 0.9, False),
    ],
)
def test_which_words_want_the_turn(text, confidence, wants):
    assert wants_the_turn(text, confidence, 2, 0.4) is wants


def test_words_are_compared_without_case_and_punctuation():
    assert same_words("What's up, Doc?", "what’s up doc")
    assert not same_words("turn it on", "turn it off")
    assert real_words("Mm-hmm.") == 0
    assert is_command_to_stop("Okay, stop!")


@pytest.mark.parametrize(
    ("confidence", "no_speech", "expected"),
    [(0.8, 0.1, 0.72), (0.45, 0.45, 0.2475), (0.8, math.nan, 0.8), (math.nan, 0.25, 0.75)],
)
def test_words_are_believed_as_far_as_there_is_speech_at_all(confidence, no_speech, expected):
    assert credibility(confidence, no_speech) == pytest.approx(expected)


def test_words_of_a_recogniser_without_figures_count_as_sure():
    assert math.isnan(credibility(math.nan, math.nan))
    assert wants_the_turn("what about me", math.nan, 2, 0.3)
