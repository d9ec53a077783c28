"""From samples played to words heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_fakes import tone
from voice_pipeline.tts.clause import Clause
from voice_pipeline.tts.heard import Spoken, heard_text, share_heard, word_index
from voice_pipeline.tts.speaker import Sound

TEXT = "One two three four five six"


def test_all_nothing_and_half():
    assert heard_text(TEXT, 1.0) == TEXT
    assert heard_text(TEXT, 0.0) == ""
    assert heard_text(TEXT, 0.5) == "One two three"


def test_a_word_that_was_cut_off_was_not_heard():
    assert heard_text("supercalifragilistic yes", 0.4) == ""


@given(st.text(max_size=80), st.floats(0.0, 1.0))
def test_what_was_heard_is_a_beginning_of_whole_words(text, share):
    heard = heard_text(text, share)
    assert text.strip().startswith(heard) or heard == text
    assert share == 1.0 or heard.split() == text.split()[: len(heard.split())]


def test_pieces_count_by_their_own_pace():
    pieces = [Spoken(10, 1000), Spoken(30, 1000)]
    assert share_heard(pieces, 1000, 40) == pytest.approx(0.25)
    assert share_heard(pieces, 1500, 40) == pytest.approx(0.625)
    assert share_heard(pieces, 9999, 40) == 1.0
    assert share_heard([], 100, 40) == 0.0
    assert share_heard([Spoken(0, 0)], 100, 0) == 0.0


def test_nothing_is_said_in_the_pause_after_a_piece():
    pieces = [Spoken(10, 1300, pause=300), Spoken(10, 1000)]
    assert share_heard(pieces, 500, 20) == pytest.approx(0.25)
    assert share_heard(pieces, 1000, 20) == share_heard(pieces, 1300, 20) == pytest.approx(0.5)


def test_the_last_words_of_a_sentence_are_heard_before_its_pause():
    clause = Clause("a", "t", TEXT + ".", "anna", 1.0, 24_000)
    clause.begin([TEXT + "."], 5)
    clause.add(Sound(tone(1.3), len(TEXT) + 1), 6)
    clause.played(1.0, 7)
    assert clause.heard() == TEXT + "."
    clause = Clause("a", "t", TEXT + ".", "anna", 2.0, 24_000)  # who talks faster pauses for less
    clause.begin([TEXT + "."], 5)
    clause.add(Sound(tone(1.15), len(TEXT) + 1), 6)
    clause.played(0.8, 7)
    assert clause.heard() == "One two three four five"


def test_pieces_still_to_come_are_not_heard():
    assert share_heard([Spoken(10, 1000)], 1000, 40) == pytest.approx(0.25)


def test_the_word_being_said_moves_on():
    assert [word_index(TEXT, s) for s in (0.0, 0.2, 0.5, 1.0)] == [0, 1, 2, 5]
    assert word_index("", 0.5) == 0


def test_a_clause_that_was_played_is_heard_whole_in_its_own_words():
    clause = Clause("a", "t", "It costs $3.50.", "anna", 1.0, 24_000)
    clause.begin(["It costs three dollars and fifty cents."], 5)
    clause.add(Sound(tone(1.0), 39), 6)
    clause.complete = True
    assert clause.heard() == ""
    clause.played(0.5, 7)
    assert clause.heard() == "It costs"
    clause.played(0.4, 9)  # an old report changes nothing
    clause.played(0.999, 9)
    assert clause.heard() == "It costs $3.50."
    assert (clause.request_ns, clause.first_audio_ns, clause.first_played_ns) == (5, 6, 7)
