"""How words and sound of a pause are weighed, in virtual time: early, late, never, for a pause that is over."""

import math

import pytest

from voice_pipeline.turn.end_of_turn import Ask, EndOfTurn, EndOfTurnOptions

T0 = 1_700_000_000_000_000_000
MS = 1_000_000
DONE, OPEN = "What's the weather like?", "Turn on the"


def paused(**options):
    turn = EndOfTurn(EndOfTurnOptions(**options))
    turn.paused("u", 1, T0 - 900 * MS, T0)
    return turn


def after(turn, ms):
    return turn.heard(T0 + ms * MS)


def test_the_model_is_asked_when_the_words_are_there_and_leave_it_open():
    turn = paused()
    assert after(turn, 96) is None
    assert turn.words("u", 1, DONE) == Ask("u", 1, T0 - 900 * MS)


@pytest.mark.parametrize(("probability", "complete"), [(0.9, True), (0.5, True), (0.49, False)])
def test_with_such_words_the_sound_decides(probability, complete):
    turn = paused()
    turn.words("u", 1, DONE)
    verdict = turn.judged("u", 1, probability, 0.04)
    assert (verdict.complete, verdict.probability, verdict.processing_s) == (complete, probability, 0.04)
    assert (verdict.utterance_id, verdict.generation, verdict.speech_end_ns) == ("u", 1, T0)


def test_words_that_go_on_decide_without_the_model():
    turn = paused()
    verdict = turn.words("u", 1, OPEN)
    assert verdict.complete is False
    assert math.isnan(verdict.probability)
    assert [after(turn, ms) for ms in range(64, 3_000, 32)] == [None] * 92


@pytest.mark.parametrize("text", ["", "  "])
def test_without_words_nothing_is_known(text):
    turn = paused()
    verdict = turn.words("u", 1, text)
    assert (verdict.complete, verdict.reason) == (None, "no words")
    assert after(turn, 400) is None


def test_without_a_transcript_the_model_is_asked_once_after_the_wait():
    turn = paused(wait=0.35)
    asked = [ms for ms in range(64, 1_200, 32) if after(turn, ms)]
    assert asked == [352]


def test_the_model_alone_decides_while_the_words_are_not_known():
    turn = paused()
    after(turn, 352)
    verdict = turn.judged("u", 1, 0.9)
    assert verdict.complete is True
    assert "not known" in verdict.reason


def test_words_that_go_on_overrule_the_model_when_they_come_late():
    turn = paused()
    after(turn, 352)
    assert turn.judged("u", 1, 0.9).complete is True
    assert turn.words("u", 1, OPEN).complete is False


def test_words_that_go_on_overrule_the_model_while_it_thinks():
    turn = paused()
    after(turn, 352)
    assert turn.words("u", 1, OPEN).complete is False
    assert turn.judged("u", 1, 0.9) is None


def test_good_words_while_the_model_thinks_do_not_ask_again():
    turn = paused()
    after(turn, 352)
    assert turn.words("u", 1, DONE) is None
    assert turn.judged("u", 1, 0.9).reason == "sounds complete"


def test_a_turn_that_sounds_unfinished_is_asked_about_once_more():
    turn = paused(again=0.5)
    turn.words("u", 1, DONE)
    turn.judged("u", 1, 0.1)
    assert after(turn, 480) is None
    assert isinstance(after(turn, 512), Ask)
    assert turn.judged("u", 1, 0.8).complete is True
    assert after(turn, 900) is None


def test_a_turn_that_sounds_complete_is_not_asked_about_again():
    turn = paused()
    turn.words("u", 1, DONE)
    turn.judged("u", 1, 0.9)
    assert after(turn, 900) is None


def test_a_slow_model_is_not_asked_again_before_it_answers():
    turn = paused()
    turn.words("u", 1, DONE)
    assert after(turn, 900) is None


def test_a_word_said_alone_is_not_held_longer_than_silence_alone_would():
    turn = paused()
    turn.words("u", 1, "Yes, please.")
    assert turn.judged("u", 1, 0.1).complete is None
    late = paused()
    after(late, 352)
    assert late.judged("u", 1, 0.1).complete is False
    assert late.words("u", 1, "Stop.").complete is None


def test_a_word_said_alone_that_sounds_complete_is_complete():
    turn = paused()
    turn.words("u", 1, "Stop.")
    assert turn.judged("u", 1, 0.9).complete is True


@pytest.mark.parametrize(("utterance", "generation"), [("u", 0), ("u", 3), ("v", 1)])
def test_what_belongs_to_another_pause_is_dropped(utterance, generation):
    turn = paused()
    assert turn.words(utterance, generation, OPEN) is None
    assert isinstance(turn.words("u", 1, DONE), Ask)
    assert turn.judged(utterance, generation, 0.9) is None
    assert turn.judged("u", 1, 0.9).complete is True


def test_after_the_pause_everything_is_stale():
    turn = paused()
    turn.words("u", 1, DONE)
    turn.moved_on()
    assert turn.judged("u", 1, 0.9) is None
    assert turn.words("u", 1, OPEN) is None
    assert after(turn, 900) is None
    turn.paused("u", 3, T0, T0 + 900 * MS)
    assert turn.judged("u", 1, 0.9) is None
    assert isinstance(turn.words("u", 3, DONE), Ask)


def test_by_text_only_what_goes_on_is_known():
    turn = paused(judge="text")
    assert turn.words("u", 1, DONE) is None
    assert after(turn, 900) is None
    assert turn.words("u", 1, OPEN).complete is False


def test_by_silence_nothing_is_judged():
    turn = paused(judge="none")
    assert turn.words("u", 1, OPEN) is None
    assert after(turn, 900) is None


def test_the_language_of_the_words_counts_before_the_parameter():
    assert isinstance(paused().words("u", 1, "the", "de"), Ask)
    assert paused(language="de").words("u", 1, "the", "en").complete is False
    assert isinstance(paused(language="de").words("u", 1, "the"), Ask)
