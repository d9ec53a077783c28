"""The model's thread of the dialogue node: who is kept waiting by a server that hangs, and whose fault a defect is."""

import threading
import time

import pytest

from patience import PATIENCE_S, until
from scripted_model import WAIT, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.nodes._dialogue_thinking import Thinking
from voice_pipeline.resources import resource
from voice_pipeline.turn.state import Turn


class Engine:
    """Notes what the turn engine is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda generation, *what: self.told.append((name, generation))


class Host:
    def __init__(self):
        self.engine, self.errors = Engine(), []

    def post(self, call):
        call(self.engine)

    def call_requested(self, *_): ...

    def publish_call(self, *_): ...

    def thinking_failed(self, generation, error):
        self.engine.failed(generation, error)

    def get_logger(self):
        host = self

        class Logger:
            info = warning = staticmethod(lambda text: None)
            error = staticmethod(host.errors.append)

        return Logger


class Model(ScriptedModel):
    """Answers, warms up, and reads ahead as `hold` and `defect` say."""

    def __init__(self, script=None):
        super().__init__(script)
        self.free, self.asked, self.defect = threading.Event(), threading.Event(), None

    def warm_up(self, prefix, tools):
        self.asked.set()
        self.free.wait(2 * PATIENCE_S)

    def read_ahead(self, messages, tools, cancel):
        super().read_ahead(messages, tools, cancel)
        self.asked.set()
        self.free.wait(2 * PATIENCE_S)
        if self.defect is not None:
            raise self.defect


@pytest.fixture
def bench():
    file = load(resource("config/tools.yaml"))
    persona = load_persona(resource("config/personas/plain.yaml"))
    model, robot, host = Model({"Wait": [WAIT]}), Robot(), Host()
    mind = Assembled(model, file, persona, robot, MindSettings())
    thinking = Thinking(host, mind, "the server was away")
    yield thinking, model, robot, host, mind
    model.free.set()
    thinking.stop()
    thinking.end()


def turn(question, generation):
    made = Turn(question, "", False, committed=True)
    made.generation = generation
    return made


def obeyed_while_it_hangs(thinking, model, host):
    """The server is tried again and hangs; a plain command comes, and is answered."""
    thinking.tick(time.monotonic() + 3600.0, idle=True)
    assert model.asked.wait(PATIENCE_S)
    thinking.start(turn("Look left", 1))
    until(lambda: ("answered", 1) in host.engine.told)


def test_a_command_is_obeyed_while_a_server_that_hangs_is_tried_again(bench):
    thinking, model, robot, host, _ = bench
    obeyed_while_it_hangs(thinking, model, host)
    assert len(robot.calls) == 1
    assert not model.free.is_set()
    assert thinking.fault == "the server was away"


def test_the_next_attempt_learns_that_it_is_back(bench):
    thinking, model, _, host, _ = bench
    obeyed_while_it_hangs(thinking, model, host)
    model.free.set()
    until(lambda: not thinking._worker.backlog)
    thinking.tick(time.monotonic() + 7200.0, idle=True)
    until(lambda: not thinking.fault)


def test_a_defect_while_reading_ahead_is_no_failure_of_the_question_that_waits(bench):
    thinking, model, _, host, mind = bench
    thinking.fault, mind.ready = "", True
    model.defect = KeyError("of the reading")
    thinking.read_along("What is")
    assert model.asked.wait(PATIENCE_S)
    thinking.start(turn("What is this?", 1))
    model.free.set()
    until(lambda: ("answered", 1) in host.engine.told)
    assert ("failed", 1) not in host.engine.told
    assert any("of the reading" in line for line in host.errors)


def test_a_defect_in_an_answer_is_told_of_that_answer(bench):
    thinking, model, _, host, mind = bench
    thinking.fault, mind.ready = "", True

    def broken(*_):
        raise KeyError("of the answer")

    model.stream = broken
    thinking.start(turn("Break", 7))
    until(lambda: ("failed", 7) in host.engine.told)


def test_a_defect_in_an_answer_that_was_given_up_is_nobodys_failure(bench):
    thinking, model, _, host, mind = bench
    thinking.fault, mind.ready = "", True
    begun, go = threading.Event(), threading.Event()

    def broken(*_):
        begun.set()
        go.wait(PATIENCE_S)
        raise KeyError("of the answer")

    model.stream = broken
    thinking.start(turn("Break", 7))
    assert begun.wait(PATIENCE_S)
    thinking.cancel()
    thinking.start(turn("Look left", 8))
    go.set()
    until(lambda: ("answered", 8) in host.engine.told)
    assert not [t for t in host.engine.told if t[0] == "failed"]
