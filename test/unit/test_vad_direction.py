"""The direction of an utterance from those of its sounds."""

import math

import pytest

from voice_pipeline.audio.formats import NS
from voice_pipeline.vad.direction import VoiceDirection

T0 = 1_700_000_000_000_000_000


def at(seconds):
    return T0 + round(seconds * NS)


def told(directions, begin=1.0):
    """(seconds, yaw, confidence, ambiguous, speech) each, the last two optional; an utterance from `begin` on."""
    voice = VoiceDirection()
    for seconds, yaw, confidence, *rest in directions:
        ambiguous, speech = [*rest, *(False, True)[len(rest) :]]
        voice.told(at(seconds), yaw, ambiguous, confidence, speech)
    voice.began(at(begin))
    return voice


def test_nothing_told_is_unknown():
    direction = told([]).until(at(2))
    assert math.isnan(direction.yaw)
    assert not direction.ambiguous


def test_it_is_the_mean_over_the_speech_so_far_weighted_by_confidence():
    voice = told([(1.2, 0.2, 0.9), (1.5, 0.5, 0.3), (1.8, 1.0, 0.9)])
    assert voice.until(at(1.3)).yaw == pytest.approx(0.2)
    assert voice.until(at(1.7)).yaw == pytest.approx(0.275, abs=0.01)


def test_angles_are_averaged_on_the_circle():
    yaw = told([(1.1, math.pi - 0.1, 1.0), (1.2, -math.pi + 0.1, 1.0)]).until(at(2)).yaw
    assert abs(yaw) == pytest.approx(math.pi)


def test_what_was_told_shortly_before_counts_until_there_is_more():
    voice = told([(0.6, 0.7, 1.0)])
    assert voice.until(at(1.1)).yaw == pytest.approx(0.7)
    voice.told(at(1.2), -0.3, False, 1.0, True)
    assert voice.until(at(1.5)).yaw == pytest.approx(-0.3)


def test_what_was_told_earlier_is_another_persons():
    assert math.isnan(told([(0.4, 0.7, 1.0)]).until(at(1.5)).yaw)


def test_what_comes_after_the_speech_does_not_count():
    assert math.isnan(told([(1.9, 0.7, 1.0)]).until(at(1.8)).yaw)


@pytest.mark.parametrize(
    "direction", [(1.2, 0.5, 0.9, False, False), (1.2, math.nan, 0.9), (1.2, 0.5, 0.0), (1.2, math.inf, 0.9)]
)
def test_noise_and_nonsense_are_no_voice(direction):
    assert math.isnan(told([direction]).until(at(2)).yaw)


def test_an_array_without_an_opinion_on_its_confidence_is_believed():
    assert told([(1.2, 0.5, math.nan)]).until(at(2)).yaw == pytest.approx(0.5)


def test_directions_that_contradict_one_another_are_unknown():
    assert math.isnan(told([(1.2, math.pi / 2, 1.0), (1.4, -math.pi / 2, 1.0)]).until(at(2)).yaw)


def test_front_and_back_are_ambiguous_where_most_of_them_are():
    assert told([(1.1, 0.5, 0.9, True), (1.2, 0.5, 0.3, False)]).until(at(2)).ambiguous
    assert not told([(1.1, 0.5, 0.2, True), (1.2, 0.5, 0.9, False)]).until(at(2)).ambiguous
