"""Personas: files that say who the robot is and what it may do, and the change from one to another while it runs."""

import threading

import pytest
import yaml

from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.personas import find_persona, narrowed
from voice_pipeline.dialogue.prompt import Persona
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
NAMES = sorted(p.stem for p in resource("config/personas").glob("*.yaml"))


def persona(tmp_path, **keys):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"name": "Mo", "character": "You are a robot called Mo.", **keys}))
    return find_persona(str(path), FILE)


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_persona_fits_the_shipped_tools_and_can_be_stopped(name):
    assert {"stop", "resume"} <= set(narrowed(FILE, find_persona(name, FILE)).tools)


def test_a_missing_one_is_named_with_the_nearest():
    with pytest.raises(VoiceError, match=r"no persona 'reachi'. Did you mean 'reachy'"):
        find_persona("reachi", FILE)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"tools": ["lok"]}, r"no tool 'lok'. Did you mean 'look'"),
        ({"gestures": ["nood"]}, r"no gesture 'nood'. Did you mean 'nod'"),
        ({"language": "English"}, "language"),
        ({"voise": "x"}, "voise"),
    ],
)
def test_a_mistake_names_the_key_or_the_nearest_name(tmp_path, keys, words):
    with pytest.raises(VoiceError, match=words):
        persona(tmp_path, **keys)


def test_it_has_the_tools_and_gestures_that_it_names_and_no_others(tmp_path):
    file = narrowed(FILE, persona(tmp_path, tools=["play_move"], gestures=["nod"]))
    assert set(file.tools) == {"play_move", "stop", "resume"}
    assert file.tools["play_move"].parameters["properties"]["name"]["enum"] == ["nod"]
    assert all(a.get("name", "nod") == "nod" for _, a in file.tools["play_move"].examples)
    assert file.compound_examples == ()


def test_without_gestures_there_is_no_tool_for_them(tmp_path):
    assert "play_move" not in narrowed(FILE, persona(tmp_path, gestures=[])).tools


def test_one_that_names_none_has_all():
    assert narrowed(FILE, Persona("Mo", "You are Mo.")) is FILE


def talk(name="reachy", script=None):
    model, robot = ScriptedModel(script), Robot()
    mind = Assembled(model, FILE, find_persona(name, FILE), robot, MindSettings())
    mind.warm_up()
    return mind, model, robot


def ask(mind, question):
    notes = Notes()
    mind.answer(question, threading.Event(), notes)
    return notes.clauses


def test_another_persona_answers_the_next_question_and_what_was_said_stays_said():
    mind, model, _ = talk()
    mind.history.append("my name is Anna", [Message("assistant", "Hello Anna")])
    mind.become(find_persona("guide", FILE))
    ask(mind, "Who are you?")
    prompt = model.prompts[-1]
    assert "You are Ada" in prompt[0].content
    assert [m.content for m in prompt[-3:]] == ["my name is Anna", "Hello Anna", "Who are you?"]


def test_it_is_read_before_anybody_asks():
    mind, model, _ = talk()
    mind.become(find_persona("guide", FILE))
    mind.tidy(threading.Event())
    assert "You are Ada" in model.read[-1][0].content


def test_what_the_new_one_may_not_do_is_refused_by_phrase_and_by_model():
    call = '{"tool": "play_move", "arguments": {"name": "dance"}}'
    mind, _, robot = talk(script=lambda q: [call])
    mind.become(find_persona("guide", FILE))
    for text in ("Dance!", "Show me how you would dance to this"):
        ask(mind, text)
    assert robot.calls == []
    ask(mind, "Stop!")
    assert robot.calls == [("stop", {})]


def test_a_change_before_the_model_is_there_is_not_lost():
    mind, model, _ = talk()
    mind.ready = False
    mind.become(find_persona("guide", FILE))
    ask(mind, "Who are you, dear robot?")
    assert "You are Ada" in model.prompts[-1][0].content
