"""The note in front of a question: what holds now, told when it is news, and never taken back."""

import time

import pytest

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.surroundings import Surroundings

SYSTEM = [Message("system", "You are a robot.")]
MORNING = 1_795_248_240.0  # 2026-11-21 08:04 UTC


@pytest.fixture
def now():
    return [MORNING]


@pytest.fixture
def around(now):
    return Surroundings(lambda: now[0], time.gmtime)


def test_it_is_one_short_line_with_date_pose_and_volume(around):
    around.body("", 0.3, 0.3)
    around.volume("volume 70 percent.")
    assert around.line() == "(Saturday, November 21, 2026, 08:04; you look down and left; volume 70 percent.)"


@pytest.mark.parametrize(
    ("pose", "words"),
    [
        (("", 0.05, -0.05), "you look ahead"),
        (("moving", -0.3, 0.0), "you look up, moving"),
        (("", 0.0, -0.5), "you look right"),
        (("asleep", 0.4, 0.0), "you are asleep"),
        (("disconnected", 0.0, 0.0), "your body is not connected"),
    ],
)
def test_the_body_is_told_in_words(around, pose, words):
    around.body(*pose)
    assert words in around.line()


def test_it_stays_the_same_while_nothing_but_seconds_pass(around, now):
    around.body("", 0.0, 0.3)
    first = around.line()
    now[0] += 599.0
    around.body("", 0.02, 0.31)
    assert around.line() == first
    now[0] += 2.0
    assert "08:14" in around.line()
    now[0] -= 7200.0  # the clock was set
    assert "06:14" in around.line()


def test_the_note_is_told_once_in_front_of_a_question_and_stays_as_it_was_read():
    history = History(SYSTEM, 8, 4096, 100)
    history.note = "(08:04.)"
    asked = history.prompt("one")
    assert asked[-1].content == "(08:04.) one"
    history.append("one", [Message("assistant", "1")])
    assert history.prompt("two")[: len(asked)] == asked
    assert history.prompt("two")[-1].content == "two"
    history.append("two", [Message("assistant", "2")])
    history.note = "(08:14.)"
    assert history.prompt("three")[-1].content == "(08:14.) three"
    assert history.prompt("three")[: len(asked)] == asked


def test_it_is_told_again_when_the_turn_that_held_it_is_gone():
    history = History(SYSTEM, 2, 4096, 100)
    history.note = "(08:04.)"
    for text in ("one", "two", "three"):
        history.prompt(text)
        history.append(text, [Message("assistant", "yes")])
    assert sum("(08:04.)" in m.content for m in history.prompt("four")) == 1


def test_a_hundred_turns_are_each_the_beginning_of_the_next_but_for_the_cuts(around, now):
    history = History(SYSTEM, 12, 4096, 100)
    before, cuts = SYSTEM, 0
    for i in range(100):
        now[0] += 45.0
        around.body("", 0.0, 0.3 * (i % 3 - 1))
        history.note = around.line()
        history.make_room()
        prompt = history.prompt(f"question {i}")
        cuts += prompt[: len(before)] != before
        history.append(f"question {i}", [Message("assistant", "yes")])
        before = prompt
    assert cuts == 15  # of blocks of six turns: nothing else ever changed behind the model
