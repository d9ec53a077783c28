"""Who speaks when, in virtual time: no thread, no ROS, every race written out."""

import pytest

from turn_stage import Stage
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.state import State

DOWN = VoiceError("no server.", "Start it.")


def test_a_plain_turn_listens_thinks_speaks_and_listens_again():
    s = Stage()
    s.engine.question("Who are you?", "u1")
    s.engine.first_token(s.generation)
    s.engine.clause(s.generation, "I am a robot.")
    s.engine.answered(s.generation, [])
    assert s.engine.state == State.SPEAKING
    s.hear_all()
    assert s.states == [State.THINKING, State.SPEAKING, State.LISTENING]
    assert s.memory == [("Who are you?", [], "I am a robot.")]
    assert s.written == [("I am a robot.", False), ("", True)]


def test_a_new_question_interrupts_the_answer_and_the_memory_holds_what_was_heard():
    s = Stage()
    s.engine.question("Tell me a story", "u1")
    old = s.generation
    s.engine.clause(old, "Once upon a time,")
    s.engine.clause(old, "there was a king.")
    s.engine.question("Stop that", "u2")
    assert len(s.cancelled_say) == 1
    assert len(s.asked) == 1  # the next waits for what was heard
    s.engine.said(s.spoken[0][0], 0, "Once upon a time,")
    s.engine.said(s.spoken[1][0], 1, "there")
    assert s.asked[-1][1] == "Stop that"
    assert s.memory[0] == ("Tell me a story", [], "Once upon a time, there")
    assert s.states[-2:] == [State.INTERRUPTED, State.THINKING]
    s.engine.clause(old, "A late clause.")
    assert all(text != "A late clause." for _, _, text in s.spoken)


def test_an_interrupted_answer_whose_voice_never_reports_does_not_block_the_next():
    s = Stage()
    s.engine.question("Story", "u1")
    s.engine.clause(s.generation, "Once upon a time,")
    s.engine.question("Nod", "u2")
    s.pass_time(0.5)
    assert s.asked[-1][1] == "Nod"


def test_nothing_heard_of_an_answer_is_not_in_the_memory():
    s = Stage()
    s.engine.question("Story", "u1")
    s.engine.clause(s.generation, "Once upon a time,")
    turn_id = s.spoken[0][0]
    s.pass_time(3.0)
    s.engine.question("Nod", "u2")
    s.engine.said(turn_id, 0, "")
    assert s.memory == [("Story", [], "")]


def test_words_that_follow_before_anybody_heard_of_the_answer_belong_to_the_question():
    s = Stage()
    s.engine.question("Tell me a story", "u1")
    s.answer("Once upon a time,", done=False)
    turn_id = s.spoken[0][0]
    s.pass_time(0.5)
    s.engine.person_began("u2")
    s.engine.question("about a dragon", "u2")
    s.engine.said(turn_id, 0, "")
    assert s.asked[-1][1] == "Tell me a story about a dragon"
    assert s.memory == []


def test_stop_is_never_joined_to_the_question_before_it():
    s = Stage()
    s.engine.question("Tell me a story", "u1")
    s.engine.question("Stop.", "u2")
    assert s.asked[-1][1] == "Stop."


def test_more_words_before_the_answer_begins_are_one_question():
    s = Stage()
    s.engine.question("What is", "u1")
    first = s.generation
    s.engine.question("the capital of France?", "u2")
    assert s.asked[-1][1] == "What is the capital of France?"
    assert s.generation > first
    s.engine.clause(first, "Too early.")
    assert s.spoken == []


def test_a_question_whose_tool_was_sent_is_not_asked_again_with_more_words():
    s = Stage()
    s.engine.question("Nod", "u1")
    s.engine.tool(s.generation, "play_move", "call")
    s.engine.question("and look left", "u2")
    assert s.asked[-1][1] == "and look left"


def test_questions_that_come_while_an_interrupted_one_winds_down_are_not_lost():
    s = Stage()
    s.engine.question("Story", "u1")
    s.engine.clause(s.generation, "Once upon a time,")
    s.engine.question("No wait", "u2")
    s.engine.question("tell me the time", "u3")
    s.pass_time(0.5)
    assert s.asked[-1][1] == "No wait tell me the time"


def test_the_robot_does_not_begin_while_the_person_speaks_on():
    s = Stage()
    s.engine.question("I would like", "u1")
    s.engine.person_began("u2")
    s.engine.clause(s.generation, "What would you like?")
    assert s.spoken == []
    s.engine.person_ended("u2", nothing_said=False)
    s.engine.question("a cup of tea", "u2")
    assert s.asked[-1][1] == "I would like a cup of tea"


@pytest.mark.parametrize("how", ["too short", "no words", "never"])
def test_a_cough_does_not_swallow_the_answer(how):
    s = Stage()
    s.engine.question("Who are you?", "u1")
    s.engine.person_began("u2")
    s.engine.clause(s.generation, "I am a robot.")
    s.engine.answered(s.generation, [])
    assert s.spoken == []
    s.engine.person_ended("u2", nothing_said=how == "too short")
    if how == "no words":
        s.engine.question("", "u2")
    if how == "never":
        s.pass_time(3.1)
    assert [text for _, _, text in s.spoken] == ["I am a robot."]


def test_a_model_that_is_down_is_excused_at_once_and_asked_again_until_it_answers():
    s = Stage()
    s.engine.question("Who are you?", "u1")
    s.engine.failed(s.generation, DOWN)
    assert [text for _, _, text in s.spoken] == ["One moment, I can't think right now."]
    assert s.engine.state == State.THINKING
    s.hear_all()
    s.pass_time(0.6)
    assert len(s.asked) == 2
    s.engine.failed(s.generation, DOWN)
    assert s.spoken == []  # excused once
    s.pass_time(1.1)
    assert len(s.asked) == 3
    s.engine.clause(s.generation, "I am a robot.")
    s.engine.answered(s.generation, [])
    s.hear_all()
    assert s.engine.state == State.LISTENING
    assert s.memory == [("Who are you?", [], "I am a robot.")]


def test_a_question_that_stays_unanswered_is_said_to_be():
    s = Stage(retry_window_s=5.0)
    s.engine.question("Who are you?", "u1")
    while s.engine.turn is not None and s.now < 200:
        if s.asked[-1][0] == s.engine.turn.generation and not s.engine.turn.retry_at:
            s.engine.failed(s.generation, DOWN)
        s.hear_all()
        s.pass_time(0.1)
    assert s.written[-2][0].startswith("Sorry, I could not answer that")
    assert s.over[0].error is DOWN
    assert s.memory == []
    assert s.now < 107


def test_words_said_while_the_model_is_down_are_answered_with_the_first():
    s = Stage()
    s.engine.question("Who are you", "u1")
    s.engine.failed(s.generation, DOWN)
    s.hear_all()
    s.engine.question("and what can you do?", "u2")
    assert s.asked[-1][1] == "Who are you and what can you do?"


def test_a_model_that_hangs_is_given_up():
    s = Stage(first_token_s=2.0)
    s.engine.question("Who are you?", "u1")
    s.pass_time(3.1)
    assert s.cancelled_model == 1
    assert s.spoken


def test_half_an_answer_is_not_begun_again():
    s = Stage()
    s.engine.question("Who are you?", "u1")
    s.engine.clause(s.generation, "I am a")
    s.engine.failed(s.generation, DOWN)
    s.pass_time(10)
    assert len(s.asked) == 1
    assert s.spoken[-1][2].startswith("Sorry, I could not answer")


def test_without_a_voice_the_answer_is_written_and_counts_as_said():
    s = Stage(speaks=False)
    s.engine.question("Who are you?", "u1")
    s.engine.clause(s.generation, "I am a robot.")
    s.engine.answered(s.generation, [])
    assert s.engine.state == State.LISTENING
    assert s.memory[0][2] == "I am a robot."


def test_a_confirmation_of_a_call_is_not_kept_as_words():
    s = Stage()
    call = object()
    s.engine.question("Nod", "u1")
    s.engine.clause(s.generation, "Okay, nodding.", stock=True)
    s.engine.answered(s.generation, [call])
    s.hear_all()
    assert s.memory == [("Nod", [call], "")]


def test_a_typed_question_can_be_taken_back():
    s = Stage()
    ticket = object()
    s.engine.question("Story", speak=False, ticket=ticket)
    assert s.engine.cancel(ticket)
    assert s.engine.state == State.LISTENING
    assert s.over[0].interrupted
    assert not s.engine.cancel(ticket)


def test_a_late_failure_is_said_only_after_an_answer():
    s = Stage()
    s.engine.question("Nod", "u1")
    s.engine.announce("I can't move right now.")
    assert s.spoken == []
    s.engine.clause(s.generation, "Okay.", stock=True)
    s.engine.answered(s.generation, [])
    s.hear_all()
    s.engine.announce("I can't move right now.")
    assert [text for _, _, text in s.spoken] == ["I can't move right now."]
    s.hear_all()
    assert s.engine.state == State.LISTENING


def test_no_words_open_no_turn():
    s = Stage()
    assert s.engine.question("  ", "u1") == ""
    assert s.states == []


def test_a_long_answer_is_given_to_the_voice_a_few_clauses_ahead_and_in_order():
    s = Stage()
    s.engine.question("Count to twenty", "u1")
    s.answer(*(f"Number {n}." for n in range(20)))
    assert len(s.spoken) == 6
    said = []
    while s.spoken:
        turn_id, index, text = s.spoken.pop(0)
        said.append(text)
        s.engine.said(turn_id, index, text)
    assert said == [f"Number {n}." for n in range(20)]
    assert s.engine.state == State.LISTENING
