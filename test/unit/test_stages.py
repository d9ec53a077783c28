"""Where the time of a turn goes: the waterfall, what the answer waited for, and both over many turns."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turn_stamps import PLAIN, SPECULATIVE, at
from voice_pipeline.bringup.conversation import Turn
from voice_pipeline.turn.critical_path import critical_path
from voice_pipeline.turn.stages import (
    STAGES,
    STAMPS,
    StageStatistics,
    durations_ms,
    gap_ms,
    percentile,
    waterfall,
)

# Zeros, moments close enough to collide, moments far out of order.
any_stamps = st.fixed_dictionaries(
    {name: st.one_of(st.just(0), st.integers(1, 12), st.integers(1, 10**19)) for name in STAMPS}
)


def spans(found):
    return [(s.stage, s.begin / 1e6, s.end / 1e6) for s in found]


def held_up(**stamps):
    return durations_ms(critical_path(at(**stamps)))


def test_a_plain_turn_waits_for_one_stage_after_the_other():
    assert held_up(**PLAIN) == {
        "wait for the end": 500.0,
        "hand-over": 8.0,
        "recognition": 200.0,
        "first token": 100.0,
        "first clause": 100.0,
        "synthesis": 200.0,
        "playback": 22.0,
    }


def test_what_speculation_hides_in_the_waiting_does_not_hold_up_the_answer():
    assert held_up(**SPECULATIVE) == {
        "wait for a pause": 96.0,
        "wait for the end": 324.0,
        "hand-over": 5.0,
        "playback": 15.0,
    }


def test_the_waterfall_shows_the_hidden_work_where_it_ran():
    assert spans(waterfall(at(**SPECULATIVE))) == [
        ("wait for a pause", 0.0, 96.0),
        ("recognition", 98.0, 230.0),
        ("end-of-turn check", 96.0, 176.0),
        ("wait for the end", 96.0, 420.0),
        ("first token", 232.0, 300.0),
        ("first clause", 300.0, 350.0),
        ("synthesis", 352.0, 410.0),
        ("playback", 425.0, 440.0),
    ]


def test_without_a_pause_the_wait_for_the_end_begins_with_the_silence():
    assert spans(waterfall(at(**PLAIN)))[1] == ("wait for the end", 0.0, 500.0)


def test_a_model_slower_than_the_wait_holds_up_the_answer():
    late = {"llm_first_token": 600, "first_clause": 650, "tts_request": 652, "first_audio": 710, "first_played": 725}
    path = held_up(**{**SPECULATIVE, **late})
    assert path["first token"] == 368.0
    assert path["recognition"] == 132.0
    assert "wait for the end" not in path
    assert sum(path.values()) == pytest.approx(725.0)


def test_an_end_right_behind_the_verdict_was_waiting_for_the_check():
    path = held_up(**{**SPECULATIVE, "verdict": 400})
    assert path["end-of-turn check"] == 304.0
    assert path["wait for the end"] == 20.0


def test_a_guess_that_calls_a_tool_speaks_when_the_turn_is_taken_and_waited_for_that():
    tool = {"llm_request": 231, "llm_first_token": 260, "first_clause": 432, "tts_request": 434, "first_audio": 600}
    path = held_up(**{**SPECULATIVE, **tool, "first_played": 620})
    assert path["wait for the end"] == 324.0
    assert path["first clause"] == 7.0
    assert "first token" not in path


def test_tokens_that_go_on_coming_long_after_the_turn_is_taken_did_not_wait_for_that():
    slow = {"first_clause": 900, "tts_request": 902, "first_audio": 1000, "first_played": 1020}
    path = held_up(**{**SPECULATIVE, **slow})
    assert path["first clause"] == 600.0
    assert "wait for the end" not in path


def test_recognition_done_again_after_the_end_holds_up_the_answer():
    again = {**PLAIN, "pause": 100, "asr_start": 505}
    assert held_up(**again)["recognition"] == 197.0


def test_time_of_a_stage_without_a_stamp_goes_to_the_one_after_it():
    path = held_up(speech_end=0, vad_end=400, first_played=1000)
    assert path == {"wait for the end": 400.0, "playback": 600.0}


def test_nothing_heard_gives_no_gap_and_no_path():
    stamps = at(**{k: v for k, v in PLAIN.items() if k != "first_played"})
    assert math.isnan(gap_ms(stamps))
    assert critical_path(stamps) == []
    assert Turn(stamps=stamps).stages_ms() == []


def test_a_typed_question_counts_from_its_first_stamp():
    assert spans(waterfall(at(commit=50, llm_request=51, llm_first_token=90))) == [("first token", 1.0, 40.0)]


@settings(max_examples=500)
@given(any_stamps)
def test_what_the_answer_waited_for_adds_up_to_the_gap_exactly(stamps):
    path = critical_path(stamps)
    gap = stamps["first_played"] - stamps["speech_end"]
    heard = stamps["speech_end"] and stamps["first_played"]
    assert sum(s.end - s.begin for s in path) == (max(0, gap) if heard else 0)
    assert all(a.end == b.begin and a.stage != b.stage for a, b in itertools.pairwise(path))
    assert all(s.end > s.begin >= 0 and s.stage in STAGES for s in path)


@given(any_stamps)
def test_no_stage_of_a_waterfall_ends_before_it_begins(stamps):
    assert all(s.end >= s.begin and s.stage in STAGES for s in waterfall(stamps))


def test_percentiles_interpolate_and_leave_out_what_is_not_a_number():
    assert percentile([10.0, math.nan, 20.0], 0.5) == 15.0
    assert percentile(range(101), 0.95) == 95.0
    assert math.isnan(percentile([], 0.5))


def test_statistics_name_p50_and_p95_of_the_gap_and_of_every_stage_seen():
    statistics = StageStatistics()
    statistics.add(at(**PLAIN))
    statistics.add(at(**SPECULATIVE), speculative=True, guesses=2, wasted_ms=120.0)
    statistics.add(at(**PLAIN), guesses=1, wasted_ms=60.0, interrupted=True)
    values = statistics.values()
    assert values["gap_ms_p50"] == 1130.0
    assert values["recognition_ms_p50"] == 200.0
    assert values["wait_for_a_pause_ms_p95"] == 96.0
    assert values["speculation_hit_rate"] == 0.5
    assert values["wasted_ms_per_turn"] == 60.0
    assert values["turns"] == 3
    assert statistics.interrupted == 1
    assert statistics.held_up("recognition") == [200.0, 0.0, 200.0]


def test_statistics_forget_turns_beyond_the_window():
    statistics = StageStatistics(window=2)
    for ms in (100, 200, 300):
        statistics.add(at(speech_end=0, first_played=ms))
    assert statistics.gaps() == [200.0, 300.0]


def test_statistics_of_nothing_say_nothing():
    assert StageStatistics().values() == {"turns": 0.0}
