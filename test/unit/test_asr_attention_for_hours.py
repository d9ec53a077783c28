"""Attention over many utterances."""

from voice_pipeline.asr.attention import NONE, Attention
from voice_pipeline.asr.wake_phrases import WakePhrases


def test_where_everybody_is_heard_nothing_is_kept_of_what_was_said():
    """In this mode nobody asks it to judge, so nothing would ever be forgotten."""
    attention = Attention(NONE, WakePhrases(["hey reachy"]), 8.0, lambda text: False, lambda: 0.0)
    for n in range(1_000):
        attention.began(f"run-{n:05d}")
    assert not attention._counts
    assert attention.open
