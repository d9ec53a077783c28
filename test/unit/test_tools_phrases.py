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
        ("Louder!", "set_volume", {"how": "louder", "percent": 20}),
        ("Could you speak a bit louder, please?", "set_volume", {"how": "louder"}),
        ("quieter please", "set_volume", {"how": "quieter"}),
        ("Turn the volume down a little.", "set_volume", {"how": "quieter"}),
        ("Turn up the volume.", "set_volume", {"how": "louder"}),
        ("Set the volume to fifty percent.", "set_volume", {"how": "to", "percent": 50}),
        ("Set your volume to 80%.", "set_volume", {"how": "to", "percent": 80}),
        ("Set the volume to one hundred percent.", "set_volume", {"how": "to", "percent": 100}),
        ("Put the volume to half.", "set_volume", {"how": "to", "percent": 50}),
        ("full volume", "set_volume", {"how": "loudest"}),
        ("I can't hear you.", "set_volume", {"how": "louder"}),
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
        "Turn the music down.",
        "Is it louder outside?",
        "Don't speak louder.",
        "The neighbours are too loud.",
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


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("louder", {"volume": 0.2, "relative": True}),
        ("quieter", {"volume": -0.2, "relative": True}),
        ("full volume", {"volume": 1.0, "relative": False}),
        ("set the volume to 30 percent", {"volume": 0.3, "relative": False}),
        ("set the volume to 0 percent", {"volume": 0.1, "relative": False}),  # it could not say what it did
    ],
)
def test_a_wish_for_loudness_becomes_a_volume_or_a_step(text, fields):
    call = ToolBox(TOOLS).validate(BOOK.match(text), by_model=False)
    assert call.tool.message_fields(call.arguments) == pytest.approx(fields)
    assert call.tool.confirmation(call.arguments, "The volume is 30 percent.") == "The volume is 30 percent."
