"""tools.yaml: what is shipped is right, and a mistake is named with its tool and key."""

from pathlib import Path

import pytest
import yaml

from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

SHIPPED = resource("config/tools.yaml")


def changed(tmp_path: Path, change) -> Path:
    data = yaml.safe_load(SHIPPED.read_text())
    change({t["name"]: t for t in data["tools"]}, data)
    path = tmp_path / "tools.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_the_shipped_tools_are_what_the_robot_can_do():
    assert {"play_move", "look", "stop", "wake_up", "sleep", "get_time"} <= set(load(SHIPPED).tools)


def test_stop_ends_what_the_dialogue_has_begun_also_where_there_is_no_motion_node(tmp_path):
    assert load(SHIPPED).tools["stop"].cancels
    path = tmp_path / "tools.yaml"
    path.write_text("tools: [{name: stop, description: Stop it., kind: local, say: Okay.}]")
    assert load(path).tools["stop"].cancels
    assert not any(t.cancels for t in load(SHIPPED).tools.values() if t.name != "stop")


def test_a_stop_can_only_be_released_by_a_person_in_their_own_words():
    assert load(SHIPPED).tools["resume"].only_phrases


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t, d: t["look"].update(kind="shell"), "tool 'look', key 'kind'"),
        (lambda t, d: t["look"].update(comand="x"), "tool 'look'"),
        (lambda t, d: t["look"].pop("target"), "tool 'look', key 'target'"),
        (lambda t, d: t["look"].update(interface="std_srvs/srv/Trigger"), "tool 'look', key 'interface'"),
        (lambda t, d: t["look"]["arguments"]["direction"]["set"].pop("up"), "'up'"),
        (lambda t, d: t["look"]["arguments"]["direction"]["set"]["up"].update(pitch={"from": "speed"}), "'speed'"),
        (lambda t, d: t["look"].update(say="Okay, {wohin}."), "'wohin'"),
        (lambda t, d: t["play_move"].update(say_after="That was {wohin}."), "key 'say_after'"),
        (lambda t, d: t["stop"].update(say_after="It stands."), "only an action has an end"),
        (lambda t, d: t["play_move"].update(examples=[{"user": "x", "arguments": {"name": "fly"}}]), "'fly'"),
        (lambda t, d: t["play_move"].update(phrases=["do {what}"]), "'what'"),
        (lambda t, d: t["get_time"].update(name="get_weather"), "get_weather"),
        (lambda t, d: d["tools"].append(dict(t["stop"])), "used twice"),
        (lambda t, d: d.update(compound_examples=[{"user": "x", "calls": [{"tool": "a"}, {"tool": "b"}]}]), "'a'"),
        (lambda t, d: d.pop("tools"), "tools"),
    ],
)
def test_a_mistake_is_named(tmp_path, change, named):
    with pytest.raises(VoiceError) as error:
        load(changed(tmp_path, change))
    assert named in str(error.value)


@pytest.mark.parametrize("text", ["", "tools: [", "- 1", "tools: 5"])
def test_a_file_that_is_none_is_a_clear_error(tmp_path, text):
    path = tmp_path / "tools.yaml"
    path.write_text(text)
    with pytest.raises(VoiceError):
        load(path)
