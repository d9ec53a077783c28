"""Plain commands that need no model, and everything that must not pass for one."""

import pytest

from voice_pipeline.dialogue.phrases import PhraseBook
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

TOOLS = load(resource("config/tools.yaml")).tools
BOOK = PhraseBook(TOOLS)


@pytest.mark.parametrize(
    ("text", "tool", "arguments"),
    [
        ("Nod.", "play_move", {"name": "nod"}),
        ("Hey Reachy, could you please nod your head for me?", "play_move", {"name": "nod"}),
        ("nod your head three times", "play_move", {"name": "nod", "times": 3}),
        ("Shake your head twice!", "play_move", {"name": "shake", "times": 2}),
        ("Show me a happy face", "play_move", {"name": "happy"}),
        ("Look left", "look", {"direction": "left"}),
        ("Turn your head to the right, please.", "look", {"direction": "right"}),
        ("Turn your head thirty degrees to the left", "look", {"direction": "left", "degrees": 30}),
        ("look up at the ceiling", "look", {"direction": "up"}),
        ("STOP!", "stop", {}),
        ("don't move", "stop", {}),
        ("You may move again.", "resume", {}),
        ("What time is it now?", "get_time", {}),
        ("go to sleep", "sleep", {}),
    ],
)
def test_a_plain_command_is_understood_at_once(text, tool, arguments):
    found = BOOK.match(text)
    assert found is not None
    assert found.name == tool
    assert ToolBox(TOOLS).validate(found, by_model=False).arguments.items() >= arguments.items()


@pytest.mark.parametrize(
    "text",
    [
        "Don't nod.",
        "Never nod your head.",
        "What does a nod mean?",
        "Do you like to nod?",
        "Look left and you will see the church.",
        "Look up the weather.",
        "stop by the shop on your way",
        "My mother told me to go to sleep.",
        "happy",
        "",
        "please",
    ],
)
def test_anything_around_a_command_makes_it_something_else(text):
    assert BOOK.match(text) is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Nod and then look left.", ["Nod", "look left."]),
        ("First shake your head, then look up.", ["First shake your head", "look up."]),
        ("Look at the red and blue ball on your left", None),
        ("Don't look left, look right.", None),
        ("Tell me about cats and dogs", None),
        ("Nod", None),
    ],
)
def test_two_requests_are_taken_apart_and_one_is_left_whole(text, parts):
    assert BOOK.split(text) == (parts or [text])


def test_every_example_of_the_prompt_is_also_understood_without_a_model():
    for tool in TOOLS.values():
        for user, arguments in tool.examples:
            assert BOOK.match(user) == ToolCallRequest(tool.name, arguments)
