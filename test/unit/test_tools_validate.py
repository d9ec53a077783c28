"""What a valid call is, and what it becomes in the fields of a message."""

import math

import pytest

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import RefusedCall, ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))


@pytest.fixture
def box():
    return ToolBox(FILE.tools)


def call(box, tool, **arguments):
    return box.validate(ToolCallRequest(tool, arguments))


def test_degrees_become_radians_and_left_is_positive(box):
    fields = call(box, "look", direction="left", degrees=30).tool.message_fields({"direction": "left", "degrees": 30})
    assert fields["yaw"] == pytest.approx(math.radians(30))
    down = call(box, "look", direction="down")
    assert down.tool.message_fields(down.arguments)["pitch"] == pytest.approx(math.radians(20))


def test_what_is_left_out_gets_its_default(box):
    assert call(box, "look", direction="up").arguments["degrees"] == 20
    assert call(box, "look", direction="up", degrees=None).arguments["degrees"] == 20


def test_a_number_out_of_range_is_limited_and_said_so(box):
    found = call(box, "look", direction="up", degrees=400)
    assert found.arguments["degrees"] == 45
    assert found.notes == ("degrees 400 limited to 45",)


def test_numbers_in_words_of_json_and_other_case_are_understood(box):
    assert call(box, "look", direction="Left", degrees="30").arguments == {"direction": "left", "degrees": 30.0}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("rm", {}),
        ("resume", {}),
        ("play_move", {}),
        ("play_move", {"name": "fly"}),
        ("play_move", {"name": ["nod"]}),
        ("play_move", {"name": "nod", "shell": "rm -rf /"}),
        ("play_move", {"name": "nod", "times": "often"}),
        ("look", {"direction": "left", "degrees": float("nan")}),
        ("look", {"direction": "left", "degrees": float("inf")}),
        ("look", {"direction": "left", "degrees": True}),
        ("look", {"direction": {"yaw": 1}}),
        ("__class__", {}),
    ],
)
def test_a_call_that_does_not_fit_is_refused(box, name, arguments):
    with pytest.raises(RefusedCall):
        box.validate(ToolCallRequest(name, arguments))


def test_stop_stops_whatever_comes_with_it(box):
    assert call(box, "stop", reason="now").arguments == {}


def test_more_calls_than_the_limit_within_a_minute_are_refused():
    now = 0.0
    box = ToolBox(FILE.tools, per_minute=3, clock=lambda: now)
    for _ in range(3):
        box.admit()
    with pytest.raises(RefusedCall):
        box.admit()
    now = 61.0
    box.admit()


def test_the_confirmation_is_in_words(box):
    found = call(box, "play_move", name="shake")
    assert found.tool.confirmation(found.arguments) == "Okay, shaking my head."


def test_a_tool_is_asked_for_only_when_its_words_are_used():
    assert FILE.tools["sleep"].asked_for("You look tired.")
    assert not FILE.tools["sleep"].asked_for("Pour me a glass of water.")
    assert not FILE.tools["play_move"].asked_for("The anodes are hot.")
