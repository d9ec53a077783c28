"""A server that takes a request and never answers, while the model is warmed up: it holds no plain command, and no cancel."""

import threading

import pytest

from patience import PATIENCE_S
from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import ModelTimeout
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))


class Hung(ScriptedModel):
    """Warming up takes until `free` is set."""

    def __init__(self):
        super().__init__()
        self.free, self.asked = threading.Event(), threading.Event()

    def warm_up(self, prefix, tools):
        super().warm_up(prefix, tools)
        self.asked.set()
        self.free.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def model():
    hung = Hung()
    yield hung
    hung.free.set()


@pytest.fixture
def talk(model):
    robot = Robot()
    persona = load_persona(resource("config/personas/plain.yaml"))
    return Assembled(model, FILE, persona, robot, MindSettings()), robot


def ask_and_give_up(mind, model, question):
    """On a thread of its own; the thread, once it has ended or patience has."""
    cancel, asked = threading.Event(), threading.Event()

    def ask():
        asked.set()
        mind.answer(question, cancel, Notes())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    model.asked.wait(PATIENCE_S)
    cancel.set()
    thread.join(PATIENCE_S / 2)  # it would hang for PATIENCE_S
    return thread


def test_a_question_that_is_given_up_waits_no_longer_and_a_plain_command_is_done_meanwhile(talk, model):
    mind, robot = talk
    assert not ask_and_give_up(mind, model, "Tell me a story").is_alive()
    answer = mind.answer("Look left", threading.Event(), Notes())
    assert [name for name, _ in robot.calls] == [answer.calls[0].call.tool.name]
    assert not model.free.is_set()


def test_the_next_question_waits_for_the_same_warming_up_and_is_answered(talk, model):
    mind, _ = talk
    ask_and_give_up(mind, model, "Tell me a story")
    threading.Timer(0.05, model.free.set).start()
    assert mind.answer("Who are you?", threading.Event(), Notes()).clauses == ["You said Who are you?."]
    assert model.warmed == 1
    assert mind.ready


def test_what_it_failed_with_is_told_to_the_next_who_asks_and_then_it_is_tried_again(talk, model):
    mind, _ = talk
    ask_and_give_up(mind, model, "Tell me a story")
    model.fault = ModelTimeout("no word.", "Wait.")
    model.free.set()
    with pytest.raises(ModelTimeout):
        mind.answer("Who are you?", threading.Event(), Notes())
    model.fault = None
    assert mind.answer("Who are you?", threading.Event(), Notes()).clauses
    assert mind.ready
