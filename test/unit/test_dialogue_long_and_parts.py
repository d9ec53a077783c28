"""Utterances that are far too long, and the parts of one: nobody's patience is tried, and nothing of what holds for it is lost."""

import subprocess
import sys
import threading

import pytest

from patience import PATIENCE_S
from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.confirmation import Confirmation
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = load_persona(resource("config/personas/plain.yaml"))

TOOLS = """\
tools:
  - name: drive
    description: Drive on.
    kind: action
    interface: test_msgs/action/Fibonacci
    target: drive
    confirm: "Say yes and I drive."
    say: "I drive."
    phrases: ["drive"]
  - name: look
    description: Look somewhere.
    kind: action
    interface: test_msgs/action/Fibonacci
    target: look
    arguments:
      direction: {type: string, enum: [left, right], any: [somewhere], set: {left: {order: 1}, right: {order: 2}}}
    needs: [look]
    say: "I look {direction}."
"""


def python(code):
    """In a process of its own: a pattern that never ends keeps the interpreter to itself."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=2 * PATIENCE_S, text=True, check=True
    ).stdout


@pytest.mark.parametrize("words", ["no thank you ", "ja bitte ", "yes yes ", "merci non merci "])
def test_a_yes_or_no_in_a_loop_is_neither_and_costs_nothing(words):
    code = f"from voice_pipeline.dialogue.confirmation import Confirmation as C; print(repr(C().read({words!r} * 40 + 'robot')))"
    assert python(code).strip() == "''"


@pytest.mark.parametrize("text", ["Yes, yes, please do it!", "Nein, danke, lieber nicht.", "はい、お願いします。"])
def test_a_plain_yes_or_no_counts_as_before(text):
    assert Confirmation().read(text) in ("yes", "no")


@pytest.mark.parametrize("text", ["look left, ", "please ", "a", "and ", "the a of "])
def test_what_is_endless_is_left_to_the_model_at_once(text):
    code = f"""
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.dialogue.books import Books
from voice_pipeline.resources import resource
file = load(resource("config/tools.yaml"))
books = Books(file, "en", load_shipped("config/phrases", "config/tools.yaml", file))
book, parts = books.choose({text!r} * 4000, "en", 3)
print(len(parts), book.match(parts[0]))
"""
    assert python(code).split() == ["1", "None"]


def shipped(model, robot):
    phrases = load_shipped("config/phrases", "config/tools.yaml", FILE)
    return Assembled(model, FILE, PERSONA, robot, MindSettings(), phrases=phrases)


def test_a_part_of_an_utterance_keeps_the_language_to_answer_in():
    model, robot = ScriptedModel(), Robot()
    shipped(model, robot).answer("Nod and then tell me a joke", threading.Event(), Notes(), hint="(Answer in French.)")
    assert len(robot.calls) == 1
    assert model.prompts[-1][-1].content == "tell me a joke (Answer in French.)"


def test_a_part_of_an_utterance_is_no_longer_than_a_question_may_be(monkeypatch):
    monkeypatch.setattr("voice_pipeline.dialogue.mind.LONGEST_QUESTION", 10)
    model = ScriptedModel()
    shipped(model, Robot()).answer("Nod and then tell me a joke", threading.Event(), Notes())
    assert model.prompts[-1][-1].content == "tell me a "


def driver(tmp_path):
    """A mind that drives on a yes, and whose model would look left at anything; what it does, what it is told."""
    path = tmp_path / "tools.yaml"
    path.write_text(TOOLS)
    model, robot = ScriptedModel(lambda q: ['{"tool": "look", "arguments": {"direction": "left"}}']), Robot()
    return Assembled(model, load(path), PERSONA, robot, MindSettings()), robot, Notes()


def test_after_a_yes_what_was_left_is_judged_by_its_own_words(tmp_path):
    mind, robot, notes = driver(tmp_path)
    mind.warm_up()
    mind.answer("Drive and then look at the cat", threading.Event(), notes)
    assert robot.calls == []
    mind.answer("Yes", threading.Event(), notes)
    assert [name for name, _ in robot.calls] == ["drive"]
    assert "nobody said left" in notes.refusals[-1][1]


def test_after_a_yes_what_was_left_is_done(tmp_path):
    mind, robot, notes = driver(tmp_path)
    mind.answer("Drive and then look to the left", threading.Event(), notes)
    mind.answer("Yes", threading.Event(), notes)
    assert [name for name, _ in robot.calls] == ["drive", "look"]
