"""Turns that nobody would ever hear of again, and people whose end was never told."""

from turn_stage import Stage


def speaking():
    stage = Stage()
    stage.engine.question("Tell me a story.")
    stage.answer("Once upon a time.", done=False)
    return stage


def test_a_typed_question_taken_back_while_another_winds_down_is_answered():
    stage = speaking()
    stage.engine.question("What time is it?", ticket="typed")
    assert stage.engine.cancel("typed")
    assert ["typed"] in [turn.tickets for turn in stage.over]
    stage.pass_time(1.0)
    assert stage.engine.idle


def test_a_stop_does_not_swallow_the_typed_question_that_waits():
    stage = speaking()
    stage.engine.question("What time is it?", ticket="typed")
    stage.engine.question("Stop!", "u2")
    assert ["typed"] in [turn.tickets for turn in stage.over]
    stage.pass_time(1.0)
    assert stage.asked[-1][1] == "Stop!"


def test_what_waits_when_the_node_goes_down_is_answered():
    stage = speaking()
    stage.engine.question("What time is it?", ticket="typed")
    stage.engine.stop()
    assert ["typed"] in [turn.tickets for turn in stage.over]
    assert len(stage.over) == 2


def test_a_detector_that_was_killed_in_the_middle_of_a_word_does_not_silence_the_robot():
    stage = Stage()
    stage.engine.person_began("old-1")
    stage.pass_time(1.0)
    stage.engine.person_began("new-0")
    stage.engine.person_ended("new-0", nothing_said=False)
    stage.engine.question("What time is it?", "new-0")
    stage.answer("Ten.")
    stage.pass_time(5.0)
    assert stage.says() == ["Ten."]


def test_nor_does_it_silence_the_answer_to_what_is_typed():
    stage = Stage()
    stage.engine.person_began("old-1")
    stage.pass_time(1_000.0, step=1.0)
    stage.engine.question("What time is it?")
    stage.answer("Ten.")
    stage.pass_time(5.0)
    assert stage.says() == ["Ten."]


def test_somebody_who_speaks_for_minutes_is_not_interrupted():
    stage = Stage()
    stage.engine.person_began("long")
    stage.engine.question("What time is it?")
    stage.answer("Ten.")
    stage.pass_time(120.0)
    assert stage.says() == []


def test_nothing_is_kept_of_utterances_that_became_one_question():
    stage = Stage()
    for n in range(3):
        stage.engine.person_began(f"u{n}")
        stage.engine.person_ended(f"u{n}", nothing_said=False)
        stage.engine.question("and then", f"u{n}")
    assert not stage.engine._began
    assert not stage.engine._pauses
