"""What is written and what is spoken."""

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.markup import strip_markup
from voice_pipeline.tts.normalize import parse_pronunciations, speakable


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It costs $3.50.", "It costs three dollars and fifty cents."),
        ("It costs $1.00 and €2.", "It costs one dollar and two euros."),
        ("Only $0.99!", "Only ninety nine cents!"),
        ("£5.99 and $1.5 million", "five pounds and ninety nine pence and one point five million dollars"),
        ("$20/hour", "twenty dollars per hour"),
        ("See you at 3:05 pm.", "See you at three o five PM."),
        ("It is 15:30.", "It is fifteen thirty."),
        ("I move at 5 km/h.", "I move at five kilometers per hour."),
        ("I move at 1.5 m/s.", "I move at one point five meters per second."),
        ("1 m away, 10 cm tall", "one meter away, ten centimeters tall"),
        ("10 x 10 m", "ten by ten meters"),
        ("20 deg/s and 12 V", "twenty degrees per second and twelve volts"),
        ("Dr. Smith lives on Main St. near St. Paul.", "doctor Smith lives on Main Street near Saint Paul."),
        ("Mr. and Mrs. Brown vs. Prof. Green.", "Mister and Misses Brown versus Professor Green."),
        ("Fruits, e.g. apples, i.e. food, etc.", "Fruits, for example, apples, that is, food, et cetera."),
        (
            "It is 21 °C or -5 °C, 70°F.",
            "It is twenty one degrees Celsius or negative five degrees Celsius, seventy degrees Fahrenheit.",
        ),
        ("Turn 90° to the left.", "Turn ninety degrees to the left."),
        ("the 1st and the 22nd", "the first and the twenty second"),
        ("In 2026 and 1999.", "In twenty twenty six and nineteen ninety nine."),
        ("I have 2026 apples.", "I have two thousand and twenty six apples."),
        ("the 1990s", "the nineteen nineties"),
        ("10% or 10.5 %", "ten percent or ten point five percent"),
        ("Call 555-0199 now.", "Call five five five, zero one nine nine now."),
        ("+1 650 555 0199", "one, six five zero, five five five, zero one nine nine"),
        ("1/2 of 3/4", "one half of three quarters"),
        ("On Nov. 21, 2026 we met.", "On the twenty first of november, twenty twenty six we met."),
        (
            "Version 1.13.0 at 127.0.0.1",
            "Version one point thirteen point zero at one two seven dot zero dot zero dot one",
        ),
        ("No. 7 & #3", "number seven and number three"),
        ("1,000 people", "one thousand people"),
        ("2 * 3 = 6", "two times three equals six"),
        ("~5 cm", "about five centimeters"),
        ("24/7 and/or 50/50", "twenty-four seven and or fifty-fifty"),
        ("10–20 people", "ten to twenty people"),
        ("joe@example.com", "joe at example dot com"),
        ("I'm here, don't worry.", "I'm here, don't worry."),
    ],
)
def test_numbers_money_times_units_and_abbreviations_become_words(written, spoken):
    assert speakable(written) == spoken


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("**Bold**, *very* good and `code` here.", "Bold, very good and code here."),
        ("*nods* Yes, I can.", "Yes, I can."),
        ("Hello! *waves happily*", "Hello!"),
        ("(laughs) Good one 😀👍🏽!", "Good one!"),
        ("This is *important*.", "This is important."),
        ("# Title\n\n- one\n- two.\n> said", "Title. one. two. said"),
        ("See [this](http://x.y/z) or https://a.b/c?d=e.", "See this or."),
        ("Before.\n```python\nx = 1\n```\nAfter.", "Before. After."),
        ("Unclosed ```x = 1", "Unclosed"),
        ("well — done, “quoted” isn’t", "well, done, quoted isn't"),
        ("| a | b |\n|---|---|\n| c | d |", "a, b, c, d"),
        ("<b>fat</b>", "fat"),
    ],
)
def test_what_is_meant_for_the_eye_is_taken_out(written, left):
    assert strip_markup(written) == left


@pytest.mark.parametrize("text", ["", "   ", "...", "😀", "```x=1```", "*waves*", "!?", "https://a.b", "---"])
def test_a_text_with_nothing_to_say_is_empty(text):
    assert speakable(text) == ""


def test_a_sentence_the_library_cannot_read_is_still_spoken():
    assert "seven" in speakable("\u05e9 ### 7 @@ ~~ +++ &&&")


def test_words_of_the_lexicon_are_respelt_whole_and_in_any_case():
    words = parse_pronunciations(["Reachy=Reechy"])
    assert speakable("Reachy's head, REACHY, preachy", pronunciations=words) == "Reechy's head, Reechy, preachy"


def test_other_languages_keep_their_digits():
    assert speakable("Son las 3:05.", "es") == "Son las 3:05."


@pytest.mark.parametrize("entry", ["Reachy", "=x", "Reachy="])
def test_a_pronunciation_that_is_none_is_an_error(entry):
    with pytest.raises(VoiceError, match="word=spelling"):
        parse_pronunciations([entry])
