"""Every gesture can be asked for, and the model's prompt does not grow with their number."""

import pytest
import yaml
from test_motion_moves import FOLDER, MOVES

from voice_pipeline.dialogue.phrases import PhraseBook
from voice_pipeline.dialogue.prompt import describe
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.stock import stock_phrases
from voice_pipeline.dialogue.tools import ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.move_files import load_moves
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
TOOL = FILE.tools["play_move"]
NAMES = TOOL.parameters["properties"]["name"]["enum"]


def test_the_tool_knows_every_move_and_says_each_in_words():
    assert set(NAMES) == set(MOVES)
    assert set(TOOL.spoken["name"]) == set(NAMES)


def test_a_name_of_the_tool_is_one_that_the_robot_can_play():
    from test_motion_limits import LIMITS

    assert set(NAMES) <= set(load_moves([FOLDER], LIMITS))


def test_the_model_is_told_of_eleven_and_may_use_all():
    told = TOOL.spec.parameters["properties"]["name"]["enum"]
    assert told == [
        "nod",
        "shake",
        "tilt",
        "happy",
        "sad",
        "curious",
        "surprised",
        "confused",
        "thinking",
        "greet",
        "dance",
    ]
    assert len(describe(TOOL.spec)) < 180  # 394 with all of them
    assert "sneeze" not in describe(TOOL.spec)
    box = ToolBox({"play_move": TOOL})
    assert box.validate(ToolCallRequest("play_move", {"name": "sneeze"})).arguments["name"] == "sneeze"


def test_only_what_the_model_is_told_of_is_spoken_beforehand():
    phrases = stock_phrases([TOOL], [])
    assert "Okay, nodding." in phrases
    assert len(phrases) == 11


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Look bored.", "bored"),
        ("Please do the robot dance!", "dance_robot"),
        ("Act scared.", "scared"),
        ("Show me a waltz.", "dance_waltz"),
        ("Be proud", "proud"),
        ("Do a sneeze", "sneeze"),
    ],
)
def test_a_plain_sentence_needs_no_model(said, name):
    call = PhraseBook(FILE.tools).match(said)
    assert call is not None
    assert (call.name, call.arguments["name"]) == ("play_move", name)


def test_an_offered_word_that_is_none_of_the_enum_is_named(tmp_path):
    data = yaml.safe_load(resource("config/tools.yaml").read_text())
    next(t for t in data["tools"] if t["name"] == "play_move")["arguments"]["name"]["offered"] = ["nod", "fly"]
    path = tmp_path / "tools.yaml"
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(VoiceError, match="fly"):
        load(path)
