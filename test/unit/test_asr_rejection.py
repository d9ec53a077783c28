"""What Whisper invents on noise is held back; what people say is not."""

import math

import pytest

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.rejection import RejectionRules

GOOD = {"confidence": 0.8, "no_speech_probability": 0.01, "compression_ratio": 1.0}


@pytest.mark.parametrize(
    ("text", "figures", "level", "reason"),
    [
        ("Nod your head.", {}, -25.0, ""),
        ("", {}, -25.0, "no words"),
        (" ... ", {}, -25.0, "no words"),
        ("Thank you.", {"no_speech_probability": 0.9, "confidence": 0.3}, -25.0, "probably no speech"),
        ("Thank you.", {"no_speech_probability": 0.9, "confidence": 0.9}, -25.0, ""),
        ("you you you", {"compression_ratio": 3.0}, -25.0, "repeats itself"),
        ("The", {"confidence": 0.04}, -22.0, "confidence 0.04"),
        ("Hello", {}, -70.0, "too quiet"),
        ("Hello", {}, -math.inf, "too quiet"),
        ("Hello", {"confidence": math.nan, "no_speech_probability": math.nan}, -25.0, ""),
    ],
)
def test_each_rule(text, figures, level, reason):
    found = RejectionRules().reason(Transcription(text, **{**GOOD, **figures}), level)
    assert found.startswith(reason) if reason else found == ""


def test_rules_at_their_ends_reject_nothing_but_the_empty():
    rules = RejectionRules(1.0, 0.0, 0.0, 1e9, -math.inf)
    bad = Transcription("you", confidence=0.0, no_speech_probability=1.0, compression_ratio=50.0)
    assert rules.reason(bad, -math.inf) == ""
