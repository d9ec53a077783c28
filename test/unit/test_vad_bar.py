"""The bar while the robot makes sounds itself, in stream time; with the endpointer, on probabilities written by hand."""

import math

import pytest

from voice_pipeline.audio.formats import NS
from voice_pipeline.vad.bar import Bar, BarOptions
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions, Kind, Threshold
from voice_pipeline.vad.utterance import FRAME_NS

T0 = 1_700_000_000_000_000_000
USUAL = Threshold(0.5, -65.0)
MOVING = BarOptions("raise", onset_while_moving=0.8, motion_cooldown=0.3)
PLAYING = BarOptions(onset_while_playing=0.8, min_level_while_playing=-40.0, playback_tail=0.3)


def at(seconds):
    return T0 + round(seconds * NS)


def onset(bar, seconds):
    return bar.threshold(at(seconds), USUAL).onset


def test_a_robot_that_rests_and_is_silent_raises_nothing():
    bar = Bar(MOVING)
    bar.moved(at(0), False)
    bar.played(at(0), False, -math.inf)
    assert bar.threshold(at(0), USUAL) == USUAL
    assert bar.reason(at(0)) == ""


def test_while_it_moves_and_for_the_cool_down_more_is_asked():
    bar = Bar(MOVING)
    for tenth in range(5):
        bar.moved(at(tenth / 10), True)
        assert onset(bar, tenth / 10) == 0.8
    bar.moved(at(0.5), False)
    bar.moved(at(0.6), False)  # the cool-down begins once
    assert onset(bar, 0.79) == 0.8
    assert bar.reason(at(0.79)) == "moving"
    assert onset(bar, 0.8) == 0.5


def test_while_it_moves_nothing_begins_where_it_holds():
    bar = Bar(BarOptions("hold"))
    bar.moved(at(0), True)
    assert onset(bar, 0.1) == math.inf


def test_as_usual_movements_change_nothing():
    bar = Bar(BarOptions("as_usual", onset_while_moving=0.9))
    bar.moved(at(0), True)
    assert onset(bar, 0.1) == 0.5
    assert bar.reason(at(0.1)) == ""


def test_a_motion_node_that_falls_silent_counts_as_at_rest_after_a_second():
    bar = Bar(MOVING)
    bar.moved(at(0), True)
    assert onset(bar, 0.99) == 0.8
    assert onset(bar, 1.0) == 0.5


def test_while_it_is_heard_and_for_the_tail_more_is_asked():
    bar = Bar(PLAYING)
    bar.played(at(0), True, -20.0)
    assert bar.threshold(at(0.29), USUAL) == Threshold(0.8, -40.0)
    assert bar.reason(at(0.29)) == "playing"
    bar.played(at(0.2), True, -60.0)  # a pause between its words is no sound ...
    bar.played(at(0.25), True, -30.0)  # ... and the next word is
    assert onset(bar, 0.54) == 0.8
    assert onset(bar, 0.55) == 0.5


@pytest.mark.parametrize(("playing", "level"), [(False, -20.0), (True, -50.0), (True, -math.inf), (True, math.nan)])
def test_what_is_not_heard_does_not_count_as_playing(playing, level):
    bar = Bar(PLAYING)
    bar.played(at(0), playing, level)
    assert onset(bar, 0) == 0.5


def test_a_bar_below_the_usual_lowers_nothing():
    bar = Bar(BarOptions("raise", onset_while_moving=0.1, onset_while_playing=0.1, min_level_while_playing=-100.0))
    bar.moved(at(0), True)
    bar.played(at(0), True, -20.0)
    assert bar.threshold(at(0), USUAL) == USUAL


def test_both_at_once_take_the_higher():
    bar = Bar(BarOptions("raise", onset_while_moving=0.7, onset_while_playing=0.9))
    bar.moved(at(0), True)
    bar.played(at(0), True, -20.0)
    assert onset(bar, 0.1) == 0.9


def run(bar, text, power=1e-3):
    """Events of letters of 32 ms: S sure, s rather sure, . silent."""
    endpointer = Endpointer(EndpointerOptions(), "run")
    events = []
    for i, letter in enumerate(text):
        start = T0 + i * FRAME_NS
        probability = {"S": 0.95, "s": 0.6, ".": 0.0}[letter]
        events += endpointer.push(start, probability, power, bar.threshold(start, endpointer.threshold))
    return [e.kind for e in events]


def test_what_is_unsure_begins_nothing_while_the_robot_moves_but_a_clear_voice_does():
    bar = Bar(MOVING)
    bar.moved(at(0), True)
    assert run(bar, "s" * 20) == []
    assert run(bar, "S" * 20) == [Kind.START]


def test_an_utterance_that_is_open_goes_on_while_the_robot_moves():
    bar = Bar(BarOptions("hold"))
    bar.moved(at(5 * 0.032), False)
    endpointer = Endpointer(EndpointerOptions(), "run")
    kinds = []
    for i, letter in enumerate("S" * 10 + "..." + "S" * 10 + "..."):
        start = T0 + i * FRAME_NS
        if i == 5:
            bar.moved(start, True)
        probability = 0.95 if letter == "S" else 0.0
        events = endpointer.push(start, probability, 1e-3, bar.threshold(start, endpointer.threshold))
        kinds += [e.kind for e in events]
    assert kinds == [Kind.START, Kind.PAUSE, Kind.RESUME, Kind.PAUSE]


def test_a_faint_echo_begins_nothing_while_the_robot_is_heard():
    bar = Bar(PLAYING)
    bar.played(at(0), True, -20.0)
    assert run(bar, "S" * 9, power=1e-5) == []  # -50 dBFS
    assert run(bar, "S" * 9, power=1e-3) == [Kind.START]
