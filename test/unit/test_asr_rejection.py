"""What Whisper invents on noise is held back, with the figure and the parameter; what people say is not."""

import math

import pytest

from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.asr.repetition import count_words, repetitions

GOOD = {"confidence": 0.8, "no_speech_probability": 0.01, "compression_ratio": 1.0}
NAN = {"confidence": math.nan, "no_speech_probability": math.nan}


def judge(text, level=-25.0, speech_s=2.0, rules=None, **figures):
    return (rules or RejectionRules()).judge(Transcription(text, **{**GOOD, **figures}), level, speech_s)


@pytest.mark.parametrize(
    ("text", "figures", "more", "reason", "by"),
    [
        ("", {}, {}, "no words", ""),
        (" ... ", {}, {}, "no words", ""),
        ("Hello", {}, {"level": -70.0}, "too quiet: -70 dBFS, below -60", "reject_level_dbfs"),
        ("Hello", {}, {"level": -math.inf}, "too quiet", "reject_level_dbfs"),
        ("go to the go to the", {"compression_ratio": 3.0}, {}, "compression ratio 3.0", "reject_compression_ratio"),
        ("or-or-or-or-or-or-or", {}, {}, "repeats itself: 7 times", "reject_repetitions"),
        ("all of us. " * 6, {}, {"speech_s": 8.0}, "repeats itself: 6 times", "reject_repetitions"),
        ("a b c d e f g h i j k l m n o p q r s t", {}, {}, "20 words in 2.0 s", "reject_words_per_second"),
        # Figures of eight readers at once, as both models heard them.
        (
            "The",
            {"confidence": 0.03, "no_speech_probability": 0.61},
            {"speech_s": 12.4},
            "slow",
            "reject_seconds_per_word",
        ),
        (
            "I'll see you guys in the next video.",
            {"confidence": 0.29, "no_speech_probability": 0.59},
            {"speech_s": 4.0},
            "often invented",
            "phantom_phrases",
        ),
        (
            "The first question that I have increased",
            {"confidence": 0.22, "no_speech_probability": 0.57},
            {},
            "credibility 0.09, below 0.2",
            "reject_credibility",
        ),
        ("Okay.", {"confidence": 0.6, "no_speech_probability": 0.83}, {}, "often invented", "phantom_phrases"),
        ("Go around", {"confidence": 0.45, "no_speech_probability": 0.7}, {}, "no speech: 0.70", "reject_no_speech"),
        ("Go around", {"confidence": 0.6, "no_speech_probability": 0.9}, {}, "below 0.1", "reject_credibility"),
        ("Go", {"confidence": 0.14, "no_speech_probability": 0.1}, {}, "confidence 0.14", "reject_below_confidence"),
    ],
)
def test_each_rule_gives_the_figure_and_the_parameter(text, figures, more, reason, by):
    found = judge(text, **more, **figures)
    assert found is not None
    assert reason in found.reason
    assert found.by == by


@pytest.mark.parametrize(
    ("text", "figures", "speech_s"),
    [
        ("Nod your head.", {}, 1.5),
        # The least credible real words of the recordings.
        ("seven", {"confidence": 0.26, "no_speech_probability": 0.49}, 0.7),
        ("Yes.", {"confidence": 0.54, "no_speech_probability": 0.63}, 0.8),
        ("2", {"confidence": 0.36, "no_speech_probability": 0.35}, 0.9),
        ("Thank you.", {}, 0.8),
        ("Okay.", {"confidence": 0.6, "no_speech_probability": 0.3}, 0.7),
        ("Thank you for the tea.", {"confidence": 0.4, "no_speech_probability": 0.4}, 1.4),
        ("no no no, stop stop stop", {}, 2.0),
        ("Stop.", {}, 9.0),
        ("1 1 1 2 2 3 4 4 4 9 0 7", {"compression_ratio": 2.6}, 8.0),
        ("one one one one one one two two three four four " * 4, {"compression_ratio": 4.0}, 20.0),
        ("Hello", NAN, 0.8),
        ("Thank you.", NAN, math.nan),
    ],
)
def test_what_people_say_passes(text, figures, speech_s):
    assert judge(text, speech_s=speech_s, **figures) is None


def test_a_phantom_phrase_of_another_language_is_known():
    doubtful = {"confidence": 0.5, "no_speech_probability": 0.5}
    for text in (
        "ご視聴ありがとうございました",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "시청해주셔서 감사합니다.",
    ):
        assert judge(text, speech_s=2.0, **doubtful).by == "phantom_phrases"


def test_the_list_of_phantom_phrases_can_be_changed():
    rules = RejectionRules(phantom_phrases=("Nod your head",))
    doubtful = {"confidence": 0.4, "no_speech_probability": 0.5}
    assert judge("nod your head!", rules=rules, **doubtful).by == "phantom_phrases"
    assert judge("Thank you.", rules=rules, **doubtful) is None


def test_rules_at_their_ends_reject_nothing_but_the_empty():
    rules = RejectionRules(-math.inf, 1e9, 0, 1e9, 1e9, 0.0, 1.0, 0.0, 0.0, ())
    bad = {"confidence": 0.0, "no_speech_probability": 1.0, "compression_ratio": 50.0}
    assert judge("you you you you you you you", -math.inf, 60.0, rules, **bad) is None


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("", 0),
        ("go", 1),
        ("a b c", 1),
        ("go go", 2),
        ("so, I go. I go. I go home", 3),
        ("Shh. Shh! shh", 3),
        ("a b a", 1),
    ],
)
def test_repetitions_are_counted_in_a_row(text, times):
    assert repetitions(text) == times


def test_words_are_counted_where_no_spaces_divide_them():
    assert count_words("今日は天気") == 2.5
    assert count_words("Hello, 世界") == 2.0
    assert count_words("I don't know") == 3.0
