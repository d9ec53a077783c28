"""Frames, threshold, patience, refractory time and gaps of the wake word listener, with an engine that plays scores."""

import numpy as np
import pytest

from voice_pipeline.audio.formats import NS, AudioChunk, samples_to_ns
from voice_pipeline.wake.listener import WakeWordListener

BEGIN = 5_000 * NS


class Scores:
    """One frame of 1280 samples after another gets the next score."""

    frame_samples = 1280
    words = ["hey"]

    def __init__(self, *scores):
        self.left = list(scores)
        self.resets = 0

    def scores(self, frame):
        assert frame.shape == (1280,)
        return {"hey": self.left.pop(0) if self.left else 0.0}

    def reset(self):
        self.resets += 1


def feed(listener, frames, at_ns=BEGIN, size=512):
    """Whole frames in chunks of 512; returns what was heard."""
    heard = []
    for start in range(0, frames * 1280, size):
        samples = np.zeros(min(size, frames * 1280 - start), np.int16)
        heard += listener.push(AudioChunk(at_ns + samples_to_ns(start), samples))
    return heard


def frame_end(count):
    return BEGIN + samples_to_ns(1280 * count)


def test_a_score_at_the_threshold_is_a_detection_stamped_with_the_end_of_its_frame():
    heard = feed(WakeWordListener(Scores(0.1, 0.5, 0.2), 0.5, 2.0), 3)
    assert [(d.word, d.score, d.stamp_ns) for d in heard] == [("hey", 0.5, frame_end(2))]


def test_one_word_is_reported_once_however_long_its_score_stays_high():
    heard = feed(WakeWordListener(Scores(*[0.9] * 10), 0.5, 2.0), 10)
    assert len(heard) == 1


def test_after_the_refractory_time_it_is_heard_again():
    heard = feed(WakeWordListener(Scores(*[0.9] * 30), 0.5, 0.8), 30)
    assert [d.stamp_ns for d in heard] == [frame_end(1), frame_end(11), frame_end(21)]


def test_patience_wants_frames_in_a_row():
    heard = feed(WakeWordListener(Scores(0.9, 0.1, 0.9, 0.9, 0.9), 0.5, 2.0, patience=2), 5)
    assert [d.stamp_ns for d in heard] == [frame_end(4)]


def test_a_gap_in_the_audio_makes_the_engine_start_anew():
    engine = Scores(0.0, 0.9)
    listener = WakeWordListener(engine, 0.5, 2.0)
    feed(listener, 1)
    heard = feed(listener, 1, BEGIN + 3 * NS)
    assert (engine.resets, listener.gaps) == (1, 1)
    assert heard[0].stamp_ns == BEGIN + 3 * NS + samples_to_ns(1280)


def test_chunks_that_follow_each_other_are_no_gap():
    engine = Scores()
    listener = WakeWordListener(engine, 0.5, 2.0)
    feed(listener, 40)
    assert (engine.resets, listener.gaps) == (0, 0)


def test_the_best_score_since_the_last_look_is_kept_for_people():
    listener = WakeWordListener(Scores(0.1, 0.4, 0.2), 0.5, 2.0)
    feed(listener, 3)
    assert listener.take_best() == pytest.approx(0.4)
    assert listener.take_best() == 0.0
