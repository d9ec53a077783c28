"""A tool says which field it fills; type, range and words come from the interface, and a mistake from its line."""

import re

import pytest

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import RefusedCall, ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.introspect import RosInterfaces

RUMBLE = """\
tools:
  - name: pad
    description: Make the game pad rumble or light up.
    kind: topic
    interface: sensor_msgs/msg/JoyFeedback
    target: joy/feedback
    arguments:
      what: {field: type}
      which: {field: id, default: 0}
      strength: {field: intensity, minimum: 0, maximum: 1}
"""
LIGHT = """\
tools:
  - name: light
    description: Switch the light on or off.
    kind: service
    interface: std_srvs/srv/SetBool
    target: lamp/switch
    arguments:
      on: {field: data}
"""
DRIVE = """\
tools:
  - name: drive
    description: Drive at a speed.
    kind: topic
    interface: geometry_msgs/msg/Twist
    target: cmd_vel
    arguments:
      speed: {field: linear.x, minimum: -0.2, maximum: 0.2, unit: m/s}
"""
KINDS = """\
tools:
  - name: kinds
    description: One argument of every kind.
    kind: service
    interface: test_msgs/srv/BasicTypes
    target: kinds
    arguments:
      small: {field: uint8_value}
      half: {field: int8_value, scale: 0.5}
      bright: {field: uint8_value, scale: 2.55, unit: percent}
      wide: {field: int32_value}
      real: {field: float64_value}
      word: {field: string_value}
"""


def read(tmp_path, text, interfaces=None):
    path = tmp_path / "tools.yaml"
    path.write_text(text)
    return load(path, interfaces or RosInterfaces()).tools


def schema(tmp_path, text):
    (tool,) = read(tmp_path, text).values()
    return tool.parameters["properties"]


def test_type_and_range_come_from_the_field(tmp_path):
    found = schema(tmp_path, KINDS)
    assert found["small"] == {"type": "integer", "minimum": 0, "maximum": 255}
    assert (found["wide"]["minimum"], found["wide"]["maximum"]) == (-(2**31), 2**31 - 1)
    assert found["real"] == {"type": "number"}
    assert found["word"] == {"type": "string"}
    assert schema(tmp_path, LIGHT)["on"] == {"type": "boolean"}


def test_a_scaled_range_is_in_the_unit_of_the_argument(tmp_path):
    found = schema(tmp_path, KINDS)
    assert (found["half"]["minimum"], found["half"]["maximum"]) == (-256, 254)
    assert found["bright"]["type"] == "number"
    assert found["bright"]["maximum"] == pytest.approx(100.0)


def test_a_bounded_text_keeps_its_bound(tmp_path):
    text = LIGHT.replace("kind: service", "kind: topic").replace("std_srvs/srv/SetBool", "test_msgs/msg/Strings")
    assert schema(tmp_path, text.replace("data", "bounded_string_value"))["on"]["maxLength"] == 22


def test_constants_of_a_field_are_its_words(tmp_path):
    (tool,) = read(tmp_path, RUMBLE).values()
    assert sorted(tool.parameters["properties"]["what"]["enum"]) == ["buzzer", "led", "rumble"]
    call = ToolBox({"pad": tool}).validate(ToolCallRequest("pad", {"what": "Rumble", "strength": 7}))
    assert tool.message_fields(call.arguments) == {"type": 1, "id": 0, "intensity": 1}


def test_constants_that_belong_to_no_field_by_name_can_be_listed(tmp_path):
    text = RUMBLE.replace("sensor_msgs/msg/JoyFeedback", "diagnostic_msgs/msg/DiagnosticStatus")
    text = text.split("      what:")[0] + "      how: {field: level, enum: [ok, error]}\n"
    (tool,) = read(tmp_path, text).values()
    assert tool.message_fields({"how": "error"}) == {"level": 2}


def test_the_model_is_not_told_what_an_int32_holds_but_the_call_is_checked(tmp_path):
    (tool,) = read(tmp_path, KINDS.replace("      small: {field: uint8_value}\n", "")).values()
    assert tool.spec.parameters["properties"]["wide"] == {"type": "integer"}
    given = {"half": 0, "bright": 0, "wide": 2**40, "real": 0, "word": ""}
    call = ToolBox({"kinds": tool}).validate(ToolCallRequest("kinds", given))
    assert call.arguments["wide"] == 2**31 - 1


def test_yes_and_no_in_words_of_json_are_understood_and_others_refused(tmp_path):
    box = ToolBox(read(tmp_path, LIGHT))
    assert box.validate(ToolCallRequest("light", {"on": "True"})).arguments == {"on": True}
    for value in ("bright", 1, None):
        with pytest.raises(RefusedCall):
            box.validate(ToolCallRequest("light", {"on": value}))


@pytest.mark.parametrize(
    ("text", "old", "new", "line", "named"),
    [
        (LIGHT, "field: data", "field: dta", 8, "has no field 'dta'. Did you mean 'data'? Fields: data."),
        (LIGHT, "field: data", "field: 'on'", 8, "std_srvs/srv/SetBool has no field 'on'. Fields: data."),
        (DRIVE, "linear.x", "liner.x", 8, "Did you mean 'linear'?"),
        (DRIVE, "linear.x", "linear.w", 8, "Fields: linear.x, linear.y, linear.z."),
        (DRIVE, "linear.x", "linear", 8, "linear.x"),
        (LIGHT, "    target:", "    targt:", 6, "there is no key 'targt'. Did you mean 'target'?"),
        (LIGHT, "{field: data}", "{feild: data}", 8, "Did you mean 'field'?"),
        (LIGHT, "SetBool", "SetBol", 5, "Did you mean 'std_srvs/srv/SetBool'?"),
        (LIGHT, "std_srvs/srv/SetBool", "nosuch_msgs/srv/SetBool", 5, "nosuch_msgs"),
        (LIGHT, "{field: data}", "{field: data, type: string}", 8, "'string' does not fit boolean"),
        (KINDS, "{field: uint8_value}", "{field: uint8_value, maximum: 300}", 8, "300 does not fit uint8 (0..255)"),
        (KINDS, "{field: uint8_value}", "{field: uint8_value, type: number}", 8, "does not fit uint8"),
        (KINDS, "{field: string_value}", "{field: string_value, scale: 2}", 13, "cannot be scaled"),
        (RUMBLE, "{field: type}", "{field: type, enum: [led, siren]}", 8, "'siren' is none"),
        (LIGHT, "{field: data}", "{type: boolean}", 8, "goes nowhere"),
        (LIGHT, "{field: data}", "{}", 8, "'type' is missing"),
        (DRIVE, "    arguments:", "    fixed: {linear.y: fast}\n    arguments:", 7, "'fast' does not fit double"),
        (KINDS, "    arguments:", "    fixed: {uint16_value: -1}\n    arguments:", 7, "-1 does not fit uint16"),
        (LIGHT, "    arguments:", "    result: mesage\n    arguments:", 7, "Did you mean 'message'?"),
        (DRIVE, "    arguments:", "    result: x\n    arguments:", 7, "a topic has no result"),
        (LIGHT, "    arguments:", "    confirm: Really {onn}?\n    arguments:", 7, "Did you mean 'on'?"),
        (LIGHT, "    arguments:", "    say: Done {result\n    arguments:", 7, "key 'say'"),
        (LIGHT, "    arguments:", "    per_minute: 0\n    arguments:", 7, "key 'per_minute'"),
        (LIGHT, "    arguments:", "    while_speaking: maybe\n    arguments:", 7, "key 'while_speaking'"),
        (LIGHT, "    arguments:", "    confirm_within_s: 0\n    arguments:", 7, "key 'confirm_within_s'"),
        (LIGHT, "    arguments:", "    kind: topic\n    arguments:", 7, "'kind' stands twice"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_cure(tmp_path, text, old, new, line, named):
    assert old in text
    with pytest.raises(VoiceError) as error:
        read(tmp_path, text.replace(old, new, 1))
    assert re.match(rf"tools\.yaml:{line}: ", str(error.value)), str(error.value)
    assert named in str(error.value)


def test_without_ros_at_hand_a_type_has_to_be_given(tmp_path):
    path = tmp_path / "tools.yaml"
    path.write_text(LIGHT)
    with pytest.raises(VoiceError, match="'type' is missing"):
        load(path)
    path.write_text(LIGHT.replace("{field: data}", "{field: data, type: boolean}"))
    assert load(path).tools["light"].parameters["properties"]["on"] == {"type": "boolean"}


def test_on_and_off_are_words_as_people_write_them(tmp_path):
    words = "      how: {type: string, enum: [on, off], set: {on: {data: true}, off: {data: false}}}\n"
    (tool,) = read(tmp_path, LIGHT.replace("      on: {field: data}\n", words)).values()
    assert tool.message_fields({"how": "off"}) == {"data": False}
