"""Utterances on which nothing may move, whatever a model makes of them, and those on which it may."""

import pytest

from voice_pipeline.dialogue.guards import forbids


@pytest.mark.parametrize(
    "text",
    [
        "Don't nod.",
        "Please don’t move your head!",
        "Do not look left, please.",
        "You should never do that again.",
        "When I clap my hands, don't look up.",
    ],
)
def test_a_refusal_moves_nothing(text):
    assert forbids(text) == "negated"


@pytest.mark.parametrize(
    "text",
    [
        "What is a nod?",
        "Why do people shake their heads?",
        "Did you look left?",
        "Do you like to sleep?",
        "Hey Reachy, how are you?",
        "Can you tell me how a bird sleeps?",
        "Can you see me?",
        "Look up the weather.",
        "look it up",
    ],
)
def test_a_question_moves_nothing(text):
    assert forbids(text) == "question"


@pytest.mark.parametrize("text", ["I looked left.", "My brother nods all day.", "They shook their heads."])
def test_a_story_moves_nothing(text):
    assert forbids(text) == "story"


@pytest.mark.parametrize(
    "text",
    [
        "Nod.",
        "Could you nod?",
        "Would you mind looking up?",
        "Why don't you look left?",
        "How about a nod?",
        "Don't look left, look right.",
        "Don't nod, but shake your head.",
        "How are you? Now look left.",
        "I want you to nod.",
        "Look up.",
        "Look up the sky is blue",
        "Look up at the ceiling.",
        "Look up a little.",
        "My robot, look left.",
    ],
)
def test_a_command_may_move(text):
    assert forbids(text) == ""


def test_the_rules_are_english_only():
    assert forbids("Don't nod.", "de") == ""
