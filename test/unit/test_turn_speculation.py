"""Answers begun at a pause, in virtual time: every race between the person who may go on and the work that was begun."""

import pytest

from turn_stage import Stage
from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.state import State


def begin(s, utterance="u1"):
    s.engine.person_began(utterance)
    s.now += 1.0


def pause(s, text, utterance="u1", asr_s=0.15, confidence=0.9):
    s.engine.person_paused(utterance)
    s.now += asr_s
    s.engine.guess(utterance, text, confidence, {"asr_final": int(s.now * 1e9)})


def end(s, text, utterance="u1"):
    s.engine.person_ended(utterance, nothing_said=False)
    s.engine.question(text, utterance, marks={"vad_end": int(s.now * 1e9)})


def test_nothing_that_anybody_could_notice_happens_before_the_end_is_known():
    s = Stage()
    begin(s)
    pause(s, "What time is it?")
    assert s.asked == [(1, "What time is it?")]
    s.answer("It is ten,", "I think.")
    assert (s.spoken, s.written, s.committed, s.memory, s.over) == ([], [], [], [], [])
    assert s.prepared == [(1, "It is ten,"), (1, "I think.")]
    assert s.engine.state == State.PAUSE


def test_the_answer_begun_at_the_pause_is_spoken_when_the_end_comes():
    s = Stage()
    begin(s)
    pause(s, "What time is it?")
    s.answer("It is ten.")
    s.now += 0.1
    end(s, "What time is it?")
    assert s.asked == [(1, "What time is it?")]
    assert s.committed == [1]
    assert s.says() == ["It is ten."]
    s.hear_all()
    turn = s.over[0]
    assert turn.speculative
    assert (turn.guesses, turn.wasted_ns) == (1, 0)
    assert turn.marks["first_clause"] < turn.marks["commit"]
    assert s.memory == [("What time is it?", [], "It is ten.")]
    assert s.states == [State.PAUSE, State.PAUSE, State.COMMITTED, State.THINKING, State.SPEAKING, State.LISTENING]


def test_an_end_that_comes_while_the_model_reads_waits_for_it_and_asks_no_second_time():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    end(s, "Who are you?")
    assert s.spoken == []
    s.answer("I am a robot.")
    assert s.says() == ["I am a robot."]
    assert len(s.asked) == 1


def test_a_person_who_goes_on_after_a_pause_gets_one_answer_to_the_whole():
    s = Stage()
    begin(s)
    pause(s, "What is the capital")
    s.answer("Which capital?", done=False)
    s.engine.person_resumed("u1")
    assert s.cancelled_model == 1
    assert s.dropped == 1
    s.engine.clause(1, "A stale clause.")
    s.now += 1.0
    pause(s, "What is the capital of France?")
    s.answer("Paris.")
    end(s, "What is the capital of France?")
    assert s.says() == ["Paris."]
    assert [q for _, q in s.asked] == ["What is the capital", "What is the capital of France?"]


def test_a_person_who_goes_on_twice_gets_one_answer_and_the_waste_is_counted():
    s = Stage()
    begin(s)
    for text in ("I", "I want"):
        pause(s, text)
        s.engine.model_asked(s.generation)
        s.now += 0.2
        s.engine.person_resumed("u1")
        s.now += 0.5
    pause(s, "I want tea.")
    s.engine.model_asked(s.generation)
    s.answer("Here you are.")
    end(s, "I want tea.")
    s.hear_all()
    assert len(s.over) == 1
    assert s.over[0].guesses == 3
    assert s.over[0].wasted_ns == pytest.approx(0.4e9)
    assert s.memory == [("I want tea.", [], "Here you are.")]


def test_a_final_text_that_differs_is_answered_afresh():
    s = Stage()
    begin(s)
    pause(s, "Turn the light")
    s.answer("Which light?")
    end(s, "Turn the light off")
    assert s.dropped == 1
    assert s.asked[-1][1] == "Turn the light off"
    s.answer("Okay.")
    assert s.says() == ["Okay."]


def test_case_and_punctuation_are_no_difference():
    s = Stage()
    begin(s)
    pause(s, "who are you")
    s.answer("A robot.")
    end(s, "Who are you?")
    assert s.says() == ["A robot."]


def test_a_final_that_was_rejected_drops_what_was_begun():
    s = Stage()
    begin(s)
    pause(s, "Thank you.")
    s.answer("You are welcome.")
    end(s, "")
    assert s.spoken == []
    assert s.dropped == 1
    assert s.engine.state == State.LISTENING


def test_a_guess_that_comes_after_the_end_changes_nothing():
    s = Stage()
    begin(s)
    end(s, "Who are you?")
    s.engine.guess("u1", "Who are", 0.9, {})
    assert [q for _, q in s.asked] == ["Who are you?"]


def test_recognition_slower_than_the_end_of_turn_is_answered_without_a_guess():
    s = Stage()
    begin(s)
    s.engine.person_paused("u1")
    s.engine.person_ended("u1", nothing_said=False)
    assert s.engine.state == State.COMMITTED
    s.now += 2.0
    s.engine.tick()
    s.engine.question("Who are you?", "u1")
    s.answer("A robot.")
    assert s.says() == ["A robot."]
    assert not s.engine.turn.speculative


def test_words_that_never_come_leave_the_robot_listening():
    s = Stage()
    begin(s)
    s.engine.person_paused("u1")
    s.engine.person_ended("u1", nothing_said=False)
    s.pass_time(3.1)
    assert s.engine.state == State.LISTENING


def test_a_guess_whose_model_fails_is_asked_again_at_the_end_without_an_excuse():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    s.engine.failed(s.generation, VoiceError("no server.", "Start it."))
    assert s.spoken == []
    end(s, "Who are you?")
    assert len(s.asked) == 2
    s.answer("A robot.")
    assert s.says() == ["A robot."]


def test_a_model_that_hangs_on_a_guess_is_given_up_after_its_time_and_excused():
    s = Stage(first_token_s=2.0)
    begin(s)
    pause(s, "Who are you?")
    end(s, "Who are you?")
    committed = s.now
    while not s.spoken:
        s.pass_time(0.05)
    assert s.now - committed < 2.0 + 1.5
    s.hear_all()
    s.pass_time(0.6)
    s.answer("A robot.")  # and recovers without a restart
    assert s.says() == ["A robot."]


def test_a_model_that_hangs_on_a_guess_nobody_needs_is_only_cancelled():
    s = Stage(first_token_s=2.0)
    begin(s)
    pause(s, "Who are")
    s.engine.person_resumed("u1")
    s.pass_time(10.0)
    assert s.cancelled_model == 1
    assert s.spoken == []


def test_a_tool_of_a_guess_may_run_only_after_the_commitment():
    s = Stage()
    begin(s)
    pause(s, "Nod.")
    assert s.committed == []
    s.engine.person_resumed("u1")
    s.now += 1.0
    pause(s, "Nod twice.")
    end(s, "Nod twice.")
    assert s.committed == [2]  # the first guess never; its work was cancelled
    assert s.cancelled_model == 1


def test_the_same_guess_twice_is_begun_once():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    s.engine.guess("u1", "Who are you?", 0.9, {})
    assert len(s.asked) == 1


def test_a_cough_between_the_persons_turn_and_the_answer_does_not_cost_the_answer():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    end(s, "Who are you?")
    s.engine.person_began("u2")
    s.answer("A robot.")
    assert s.spoken == []  # it may be words
    s.engine.person_paused("u2")
    s.engine.guess("u2", "", float("nan"), {})
    s.engine.person_ended("u2", nothing_said=True)
    assert s.says() == ["A robot."]


def test_a_question_whose_answer_was_given_up_for_noise_is_answered_after_all():
    s = Stage()
    begin(s)
    end(s, "Who are you?")
    s.answer("I am a robot,", done=False)
    turn_id = s.spoken[0][0]
    s.engine.person_began("u2")
    s.engine.overheard("u2", "blah blah blah", 0.9)
    s.engine.said(turn_id, 0, "")
    s.engine.person_ended("u2", nothing_said=False)
    s.engine.question("", "u2")
    assert s.asked[-1][1] == "Who are you?"


def test_typed_words_while_a_guess_is_open_take_the_turn_and_what_is_said_comes_after():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    s.engine.question("Tell me the time", speak=False)
    assert s.dropped == 1
    assert s.asked[-1][1] == "Tell me the time"
    end(s, "Who are you?")
    assert s.asked[-1][1] == "Tell me the time Who are you?"


def test_without_speculation_nothing_is_begun_at_a_pause():
    s = Stage(speculate=False)
    begin(s)
    pause(s, "Who are you?")
    assert s.asked == []
    end(s, "Who are you?")
    assert len(s.asked) == 1


def test_a_slow_answer_is_acknowledged_once_when_that_is_wanted():
    s = Stage(acknowledge_after_s=1.0, acknowledgements=("Let me see.",))
    begin(s)
    end(s, "Why is the sky blue?")
    s.pass_time(0.9)
    assert s.spoken == []
    s.pass_time(2.0)
    assert s.says() == ["Let me see."]
    s.answer("Because of the air.")
    assert s.says() == ["Let me see.", "Because of the air."]
    s.hear_all()
    assert s.memory[0][2] == "Because of the air."


def test_a_quick_answer_is_not_acknowledged():
    s = Stage(acknowledge_after_s=1.0)
    begin(s)
    end(s, "Who are you?")
    s.pass_time(0.5)
    s.answer("A robot.")
    s.pass_time(3.0)
    assert s.says() == ["A robot."]


def test_going_down_in_the_middle_of_a_guess_leaves_nothing_behind():
    s = Stage()
    begin(s)
    pause(s, "Who are you?")
    s.engine.stop()
    assert s.cancelled_model == 1
    s.answer("A robot.")
    assert s.spoken == []
