"""Stock phrases on disk: what is kept, for whom, and what happens when the disk is not what it was."""

import os

import numpy as np
import pytest

from voice_fakes import RATE, tone
from voice_pipeline.tts.shelf import Shelf
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.words import Words

SURE = Words("Sure.", "anna", 1.0)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "speech", "fake model.onnx, 7 bytes", RATE)


def test_what_was_stored_is_there_for_the_next_start_sample_by_sample(shelf, tmp_path):
    shelf.store(SURE, tone(0.3))
    again = Shelf(tmp_path / "speech", "fake model.onnx, 7 bytes", RATE)
    assert np.array_equal(again.load(SURE), tone(0.3))
    assert [p.suffix for p in (tmp_path / "speech").iterdir()] == [".wav"]


@pytest.mark.parametrize("other", [SURE._replace(text="Sure!"), SURE._replace(voice="bert"), SURE._replace(speed=1.2)])
def test_other_words_voice_or_speed_are_another_sound(shelf, other):
    shelf.store(SURE, tone(0.3))
    assert shelf.load(other) is None


def test_another_model_never_plays_what_this_one_made(shelf, tmp_path):
    shelf.store(SURE, tone(0.3))
    assert Shelf(tmp_path / "speech", "fake model.onnx, 8 bytes", RATE).load(SURE) is None
    assert Shelf(tmp_path / "speech", "fake model.onnx, 7 bytes", 22_050).load(SURE) is None


@pytest.mark.parametrize("break_it", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: b"RIFF" + os.urandom(99)])
def test_a_broken_file_counts_as_absent_and_is_made_again(shelf, break_it):
    shelf.store(SURE, tone(0.3))
    path = shelf.path(SURE)
    path.write_bytes(break_it(path.read_bytes()))
    assert shelf.load(SURE) is None
    shelf.store(SURE, tone(0.3))
    assert np.array_equal(shelf.load(SURE), tone(0.3))


def test_above_the_limit_what_was_not_used_for_longest_goes(tmp_path):
    shelf = Shelf(tmp_path, "m", RATE, limit_bytes=3 * 2 * RATE)
    pieces = [Words(f"Phrase {n}.", "anna", 1.0) for n in range(4)]
    for age, piece in enumerate(pieces[:3]):
        shelf.store(piece, tone(0.9))
        os.utime(shelf.path(piece), (1000 + age, 1000 + age))
    assert shelf.load(pieces[0]) is not None  # used: the second is the oldest now
    shelf.store(pieces[3], tone(0.9))
    assert [shelf.load(p) is not None for p in pieces] == [True, False, True, True]


def test_a_disk_that_cannot_be_written_is_told_and_costs_no_phrase(tmp_path):
    (tmp_path / "speech").write_text("a file where the folder should be")
    sounds = Sounds(4, Shelf(tmp_path / "speech", "m", RATE))
    sounds.keep(SURE, tone(0.3))
    sounds.save(SURE, tone(0.3))
    assert np.array_equal(sounds.find(SURE), tone(0.3))
    assert "keep_on_disk" in sounds.problem


def test_what_was_only_said_is_never_written(shelf, tmp_path):
    sounds = Sounds(4, shelf)
    sounds.remember(SURE, tone(0.3))
    assert not (tmp_path / "speech").exists()


def test_a_full_stock_keeps_the_first_and_says_so(shelf):
    sounds = Sounds(4, shelf, stock_limit=1)
    sounds.keep(SURE, tone(0.3))
    with pytest.raises(Exception, match="stock phrases"):
        sounds.keep(SURE._replace(text="No."), tone(0.3))
    assert sounds.stock == 1
