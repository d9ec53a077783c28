"""The dialogue node over a longer time: facts in a file, the note in front of a question, another persona while it runs."""

import pytest
from dialogue_bench import Neighbours, meet
from rclpy.parameter import Parameter
from voice_pipeline.action import Converse
from voice_pipeline.msg import MotionState

from executor_threads import run_in
from scripted_model import ScriptedModel
from voice_pipeline.nodes import dialogue
from voice_pipeline.ros.qos import EVENTS


@pytest.fixture
def model(monkeypatch, tmp_path):
    scripted = ScriptedModel()
    monkeypatch.setattr(dialogue, "create", lambda *_: scripted)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return scripted


def ask(ros, text, speak=False):
    peer = ros.peer()
    return peer.result(peer.send_goal(Converse, "converse", Converse.Goal(text=text, speak=speak))).result.reply


def start(ros, **params):
    node = ros.start(dialogue.DialogueNode, params)
    ros.wait(lambda: hasattr(node, "_ticker"), what="the node to be open")
    return node


def become(node, name):
    return node.set_parameters([Parameter("persona", value=name)])[0]


def test_a_fact_outlives_the_node(ros, model, tmp_path):
    node = start(ros)
    assert ask(ros, "Remember that my name is Anna.") == "Okay, I will remember: your name is Anna."
    assert "- my name is Anna" in (tmp_path / "voice_pipeline" / "memory.md").read_text()
    for transition in (node.trigger_deactivate, node.trigger_cleanup, node.trigger_configure, node.trigger_activate):
        run_in(node.executor, transition)
    ros.wait(lambda: any("my name is Anna" in m.content for m in model.read[-1]), what="the model to read the fact")
    assert ask(ros, "What do you remember about me?") == "I remember: your name is Anna."


def test_a_broken_memory_file_is_told_in_the_answer_and_the_node_talks_on(ros, model, tmp_path):
    path = tmp_path / "voice_pipeline" / "memory.md"
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    start(ros)
    assert ask(ros, "Remember that my name is Anna.") == "Sorry, I can't do that."
    assert ask(ros, "How are you?") == "You said How are you?."
    assert path.read_bytes() == b"\xff\xfe\x00"


def test_an_empty_facts_file_is_no_memory(ros, model, tmp_path):
    start(ros, facts_file="")
    ask(ros, "Remember that my name is Anna.")
    assert not (tmp_path / "voice_pipeline").exists()


def test_where_the_head_looks_is_told_in_front_of_the_question(ros, model):
    model.script = lambda q: [f"You asked: {q}"]
    node = start(ros, tell_surroundings=True)
    publisher = ros.peer().publisher(MotionState, "motion/state", EVENTS)
    message = MotionState(state=MotionState.IDLE)
    message.head_rpy.z = 0.5

    def told():
        publisher.publish(message)
        return "you look left" in node._mind.history.note

    ros.wait(told)
    ask(ros, "What is over there?")
    assert model.prompts[-1][-1].content.endswith("you look left.) What is over there?")


def test_another_persona_takes_the_next_turn_and_a_missing_one_changes_nothing(ros, model):
    node = start(ros)
    assert become(node, "guide").successful
    ros.wait(lambda: model.read and "You are Ada" in model.read[-1][0].content, what="the model to read who it is")
    refused = become(node, "guid")
    assert not refused.successful
    assert "Did you mean 'guide'?" in refused.reason
    assert node.get_parameter("persona").value == "guide"
    ask(ros, "Who are you, then?")
    assert "You are Ada" in model.prompts[-1][0].content


def test_a_persona_speaks_with_its_voice(ros, model, tmp_path):
    path = tmp_path / "mo.yaml"
    path.write_text("name: Mo\ncharacter: You are a robot called Mo.\nvoice: bm_george\n")
    robot = Neighbours(ros, "say")
    node = start(ros)
    meet(ros, node, robot)
    ask(ros, "How are you, robot?", speak=True)
    assert become(node, str(path)).successful
    ask(ros, "And who are you now?", speak=True)
    assert robot.voices[0] == ""
    assert robot.voices[-1] == "bm_george"
    robot.end()
