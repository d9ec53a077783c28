"""Clauses cut from a stream: a short first one, whole sentences after it, never inside an abbreviation or a number."""

import pytest

from voice_pipeline.dialogue.clauses import ClauseSplitter
from voice_pipeline.dialogue.speakable import speakable


def split(text, size=3, **kwargs):
    splitter = ClauseSplitter(**kwargs)
    clauses = []
    for i in range(0, len(text), size):
        clauses += splitter.feed(text[i : i + size])
    return clauses + splitter.flush()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_pieces_of_the_stream_do_not_change_the_clauses(size):
    text = "Sure, of course. The sun is a star, and it is very far away. It gives us light."
    assert split(text, size)[0] == "Sure, of course."
    assert " ".join(split(text, size)) == text


def test_the_first_clause_ends_at_the_first_mark_after_ten_characters():
    assert split("Well, I think, it is fine. And so on it goes for a while.")[0] == "Well, I think,"


def test_a_long_first_clause_without_marks_is_cut_where_one_breathes():
    clauses = split("The quick brown fox jumps over the lazy dog and runs into the dark forest.")
    assert len(clauses) > 1
    assert 4 <= len(clauses[0].split()) <= 8


def test_later_sentences_are_merged_until_they_are_worth_synthesising():
    clauses = split("I am here now. Yes. No. Maybe so. Perhaps we could go and see the sea tomorrow. Bye.")
    assert clauses[0] == "I am here now."
    assert all(len(c) >= 30 for c in clauses[1:-1])


@pytest.mark.parametrize(
    "text",
    [
        "Please see Dr. Brown at once today.",
        "It weighs about 3.5 kilograms now.",
        "The train leaves at 3:05 from here",
        "Take fruit, e.g. apples, with you.",
        "I met J. Smith on the way back home",
    ],
)
def test_no_clause_ends_inside_an_abbreviation_a_number_or_a_name(text):
    for clause in split(text, 1):
        assert not clause.endswith(("Dr.", "3.", "3:", "e.", "e.g.", "J."))
    assert " ".join(split(text, 1)) == text


def test_a_list_is_spoken_without_its_marks():
    clauses = split("Here is a list:\n- **red** apples\n- `green` pears\n")
    assert not any(c in " ".join(clauses) for c in "*`-")
    assert "red apples" in " ".join(clauses)


def test_an_endless_sentence_is_cut_anyway():
    assert len(split("word " * 200)) > 3


def test_marks_of_other_scripts_end_a_sentence():
    assert split("你好，我是一个小机器人。很高兴认识你，今天的天气真的非常好呢。")[0].endswith("。")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("**Hello** _there_", "Hello there"),
        ("See [the page](http://x.y/z)!", "See the page!"),
        ("# Title", "Title"),
        ("Nice 😀 day", "Nice day"),
        ("snake_case stays", "snake_case stays"),
        ("2 * 3 is 6", "2 * 3 is 6"),
        ("***", ""),
        ("<|im_end|>Hi", "Hi"),
        ("", ""),
    ],
)
def test_only_what_can_be_said_is_left(written, spoken):
    assert speakable(written) == spoken
