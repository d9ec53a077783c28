"""A result of the short encoder window is trusted unless it shows one of the ways in which such a window fails."""

import pytest

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.second_look import doubt, ends_in_repetition, leaves_out


@pytest.mark.parametrize(
    ("text", "figures", "reason"),
    [
        ("Nod your head.", {}, ""),
        ("", {"confidence": 0.0}, ""),
        ("0 0 0 0 0 0 0", {"compression_ratio": 3.5}, "repeats itself"),
        ("9 9", {}, "repeats itself"),
        ("record", {"confidence": 0.2}, "not sure"),
        ("record", {"confidence": 0.3}, ""),
    ],
)
def test_what_is_doubted(text, figures, reason):
    assert doubt(Transcription(text, **{"confidence": 0.8, "compression_ratio": 0.6, **figures}), False) == reason


def test_a_text_that_was_cut_off_is_doubted():
    assert doubt(Transcription("Nod your", confidence=0.9), True) == "did not come to an end"


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("Snowboy Snowboy", True),
        ("Stop. stop!", True),
        ("What's the time? What's the time?", True),
        ("It was 5, 5", True),
        ("No no, not that", False),
        ("Go left then go right", False),
        ("stop", False),
        ("", False),
    ],
)
def test_only_the_end_of_a_text_is_looked_at_for_repetition(text, repeats):
    assert ends_in_repetition(text) is repeats


def test_a_long_time_with_few_words_shows_that_some_were_left_out():
    assert leaves_out("no less than a second appearance of the smart man in top boots", 15.2)
    assert not leaves_out("word " * 25, 15.2)
    assert not leaves_out("stop", 6.0)
    assert not leaves_out("", 20.0)
