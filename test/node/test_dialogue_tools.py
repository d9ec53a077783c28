"""Tool calls over real ROS actions and services, and nothing else moving anything."""

import json
import math

import pytest
from dialogue_bench import Neighbours, heard, listen, meet
from voice_pipeline.action import Converse
from voice_pipeline.msg import Reply, ToolCall, Transcript

from ros_bench import names
from scripted_model import ScriptedModel
from voice_pipeline.nodes import dialogue
from voice_pipeline.resources import resource


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel()
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    return scripted


@pytest.fixture
def robot(ros, request):
    node = Neighbours(ros, "play_move", "look_at", "motion/stop", "motion/wake_up", "motion/sleep", hold=False)
    yield node
    node.end()


def ask(ros, text):
    peer = ros.peer()
    return peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text=text))).result


def test_a_call_goes_to_its_action_and_is_written_down_twice(ros, model, robot):
    node = meet(ros, ros.start(dialogue.DialogueNode), robot)
    calls = listen(ros, node, ToolCall, "tool_calls")
    result = ask(ros, "Nod your head twice")
    assert list(result.tools) == ["play_move"]
    assert result.reply == "Okay, nodding."
    assert (robot.moves[0].name, robot.moves[0].repeat) == ("nod", 2)
    ros.wait(lambda: len(calls) == 2)
    assert names(calls, "status") == [ToolCall.REQUESTED, ToolCall.SUCCEEDED]
    assert json.loads(calls[0].arguments_json) == {"name": "nod", "times": 2}
    assert calls[0].turn_id == result.turn_id
    assert calls[0].call_id == calls[1].call_id


def test_degrees_arrive_as_radians(ros, model, robot):
    model.script = lambda q: ['{"tool": "look", "arguments": {"direction": "right", "degrees": 30}}']
    meet(ros, ros.start(dialogue.DialogueNode, {"use_phrases": False}), robot)  # the model decides
    ask(ros, "Would you look over there to your right, some thirty degrees")
    assert robot.moves[0].yaw == pytest.approx(-math.radians(30), abs=1e-5)
    assert not robot.moves[0].use_point


def test_services_are_called_and_the_time_is_told_without_any(ros, model, robot):
    meet(ros, ros.start(dialogue.DialogueNode), robot)
    ask(ros, "Stop!")
    ask(ros, "Go to sleep")
    assert robot.triggered == ["motion/stop", "motion/sleep"]
    assert ":" in ask(ros, "What time is it?").reply


@pytest.mark.parametrize(
    "nonsense",
    [
        '{"tool": "play_move", "arguments": {"name": "explode"}}',
        '{"tool": "set_motor", "arguments": {"torque": 100}}',
        '{"tool": "look", "arguments": {"direction": "left", "yaw": 9.0}}',
        '{"tool": "motion/stop"',
    ],
)
def test_a_model_that_emits_nonsense_moves_nothing(ros, model, robot, nonsense):
    model.script = lambda q: [nonsense]
    node = meet(ros, ros.start(dialogue.DialogueNode), robot)
    calls = listen(ros, node, ToolCall, "tool_calls")
    result = ask(ros, "Please nod or look or stop or something")
    assert result.reply == "Sorry, I can't do that."
    assert list(result.tools) == []
    ros.wait(lambda: calls)
    assert set(names(calls, "status")) == {ToolCall.REFUSED}
    assert calls[0].result
    assert robot.moves == []
    assert robot.triggered == []


def test_a_robot_that_is_not_there_is_said_and_the_cure_is_in_the_audit(ros, model):
    node = ros.start(dialogue.DialogueNode)
    calls = listen(ros, node, ToolCall, "tool_calls")
    assert ask(ros, "Nod").reply == "I can't move right now."
    ros.wait(lambda: len(calls) == 2)
    assert calls[1].status == ToolCall.FAILED
    assert "start the node" in calls[1].result


def test_a_movement_that_fails_late_is_said_too(ros, model, robot):
    node = meet(ros, ros.start(dialogue.DialogueNode), robot)
    peer = ros.peer()
    replies, calls = listen(ros, node, Reply, "reply"), listen(ros, node, ToolCall, "tool_calls")
    peer.publisher(Transcript, "transcript").publish(heard("Show me a sad face"))
    ros.wait(lambda: any(r.text == "I can't move right now." for r in replies))
    ros.wait(lambda: len(calls) == 2)
    assert calls[1].status == ToolCall.FAILED
    assert "no robot" in calls[1].result


def test_a_move_that_takes_too_long_is_cancelled(ros, model, robot, tmp_path):
    text = resource("config/tools.yaml").read_text().replace("timeout_s: 20.0", "timeout_s: 0.5")
    path = tmp_path / "tools.yaml"
    path.write_text(text)
    robot.free.clear()
    node = meet(ros, ros.start(dialogue.DialogueNode, {"tools_file": str(path)}), robot)
    calls = listen(ros, node, ToolCall, "tool_calls")
    ask(ros, "Nod")
    ros.wait(lambda: len(calls) == 2)
    assert "not done within 0.5 s" in calls[1].result


def test_stop_gets_through_while_a_move_runs(ros, model, robot):
    robot.free.clear()
    meet(ros, ros.start(dialogue.DialogueNode), robot)
    peer = ros.peer()
    say = peer.publisher(Transcript, "transcript")
    say.publish(heard("Nod"))
    ros.wait(lambda: robot.moves)
    say.publish(heard("Stop!", "u2"))
    ros.wait(lambda: robot.triggered == ["motion/stop"])


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("field: name", "field: nome", "nome"),
        ("voice_pipeline/action/PlayMove", "voice_pipeline/action/PlayMoves", "PlayMoves"),
        ("{pitch: {from: degrees, scale: -0.017453293}}", "{tilt: {from: degrees}}", "tilt"),
    ],
)
def test_a_field_or_type_that_does_not_exist_stops_the_start(ros, model, tmp_path, old, new, named):
    path = tmp_path / "tools.yaml"
    path.write_text(resource("config/tools.yaml").read_text().replace(old, new))
    node = ros.start(dialogue.DialogueNode, {"tools_file": str(path)}, wait=False)
    ros.wait(lambda: node._fault)
    assert named in node._fault
    assert not node.active
