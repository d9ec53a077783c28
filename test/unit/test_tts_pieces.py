"""Where a text is cut."""

from hypothesis import given
from hypothesis import strategies as st

from voice_pipeline.tts.pieces import FIRST_PIECE, MAX_PIECE, split_pieces


def test_a_short_text_stays_whole():
    assert split_pieces("Sure.") == ["Sure."]
    assert split_pieces("") == []


def test_the_first_piece_ends_with_the_first_sentence():
    assert split_pieces("I will look left now. Then I will look to the right, if you want me to.")[0] == (
        "I will look left now."
    )


def test_a_stub_is_not_synthesised_alone():
    assert split_pieces("Yes. I can do that.") == ["Yes. I can do that."]
    assert split_pieces("I can certainly do that for you. Yes.") == ["I can certainly do that for you. Yes."]


def test_a_long_sentence_is_cut_at_its_clauses():
    pieces = split_pieces("The weather is nice today, and I would love to go for a walk with you in the park.")
    assert pieces[0] == "The weather is nice today,"


def test_initials_end_no_sentence():
    assert split_pieces("Ask J. Smith about it, please.") == ["Ask J. Smith about it, please."]


@given(st.lists(st.text("abcdefg ,.!?;'", min_size=1, max_size=30), max_size=30).map(" ".join))
def test_nothing_is_lost_and_no_piece_is_too_long(text):
    text = " ".join(text.split())
    pieces = split_pieces(text)
    assert " ".join(pieces) == text
    for index, piece in enumerate(pieces):
        assert len(piece) <= (FIRST_PIECE + 12 if index == 0 else MAX_PIECE) or " " not in piece
