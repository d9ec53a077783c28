"""Direction from two channels: synthesised delays of recorded speech, in noise, in a room, and where there is none."""

import math

import numpy as np
import pytest
from bench.hearing.direction import directions, in_a_room, plane_wave, voices, with_noise

from voice_pipeline.audio.direction import DirectionFinder
from voice_pipeline.errors import VoiceError


@pytest.fixture(scope="module")
def voice(recordings):
    return voices(recordings, 2, 5.0)[1][0]


def degrees(found):
    return [math.degrees(d.yaw) for d in found]


@pytest.mark.parametrize("yaw", [-75, -40, -10, 0, 5, 30, 75])
@pytest.mark.parametrize("distance", [0.03, 0.1, 0.2])
def test_fractional_delays_give_the_angle_left_positive(voice, yaw, distance):
    sound = with_noise(plane_wave(voice, math.radians(yaw), distance), 30, 1)
    found = degrees(directions(sound, distance))
    assert len(found) >= 2
    assert np.median(found) == pytest.approx(yaw, abs=3)


def test_other_rates_give_the_same_angle(voice):
    """Every sample doubled in time: a delay of so many samples is half as long at twice the rate."""
    sound = with_noise(plane_wave(voice, math.radians(30), 0.1), 30, 1)
    finder = DirectionFinder(0.05, 32_000)
    found = degrees(finder.push(sound, 0))
    assert np.median(found) == pytest.approx(30, abs=3)


@pytest.mark.parametrize("snr", [20, 10])
def test_noise_of_its_own_in_each_channel_moves_the_median_little(voice, snr):
    found = degrees(directions(with_noise(plane_wave(voice, math.radians(40), 0.1), snr, 1), 0.1))
    assert np.median(found) == pytest.approx(40, abs=5)


@pytest.mark.parametrize("yaw", [-60, -20, 0, 40])
def test_in_a_room_the_median_is_within_fifteen_degrees(voice, yaw):
    found = degrees(directions(with_noise(in_a_room(voice, math.radians(yaw), 0.1, 0.4), 20, 1), 0.1))
    assert np.median(found) == pytest.approx(yaw, abs=15)


def test_a_voice_from_behind_looks_as_if_it_were_ahead(voice):
    found = degrees(directions(with_noise(plane_wave(voice, math.radians(150), 0.1), 30, 1), 0.1))
    assert np.median(found) == pytest.approx(30, abs=3)


def test_channels_that_do_not_belong_together_give_no_direction(voice):
    n = len(voice)
    rng = np.random.default_rng(1)
    bursts = rng.standard_normal((n, 2)) * np.abs(voice)[:, None]
    assert directions(with_noise(bursts, 60, 1), 0.1) == []
    far_apart = np.stack([voice, np.roll(voice, 8000)], axis=1)  # half a second: two different sounds
    assert directions(with_noise(far_apart, 60, 1), 0.1) == []


def test_silence_a_steady_noise_and_a_dead_channel_give_no_direction(voice):
    assert directions(np.zeros((80_000, 2), np.int16), 0.1) == []
    fan = np.random.default_rng(1).standard_normal(80_000)
    assert len(directions(with_noise(plane_wave(fan, 0.5, 0.1), 60, 1), 0.1)) == 0
    sound = with_noise(plane_wave(voice, 0.5, 0.1), 30, 1)
    sound[:, 1] = 0
    assert directions(sound, 0.1) == []


def test_one_microphone_sent_twice_is_noticed(voice):
    mono = with_noise(plane_wave(voice, 0.0, 0.1), 60, 1)
    mono[:, 1] = mono[:, 0]
    finder = DirectionFinder(0.1, 16_000)
    assert finder.push(mono, 0) == []
    assert finder.same


def test_pieces_of_any_length_give_what_the_whole_gives(voice):
    sound = with_noise(plane_wave(voice, 0.5, 0.1), 30, 1)
    whole = DirectionFinder(0.1, 16_000).push(sound, 0)
    finder, pieces, at = DirectionFinder(0.1, 16_000), [], 0
    for size in np.random.default_rng(1).integers(1, 3000, 200):
        pieces += finder.push(sound[at : at + size], round(at * 62_500))
        at += size
    assert pieces == whole
    assert whole[0].stamp_ns % 32_000_000 == 0
    assert 0 <= whole[0].stamp_ns < whole[-1].stamp_ns < 5e9


@pytest.mark.parametrize("distance", [0.0, -0.1, 0.019, 0.6, math.nan])
def test_a_distance_that_tells_nothing_is_refused(distance):
    with pytest.raises(VoiceError, match="microphone_distance_m"):
        DirectionFinder(distance, 16_000)
