"""A first engine that takes its warming up and never ends it: the second answers, while the first still hangs."""

import socket
import threading
from dataclasses import replace

import pytest

from ollama_server import HANG
from openai_server import OpenAiStub
from patience import MODEL_LIMITS, PATIENCE_S, ended, until
from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue import ModelSettings, create
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.fallback import WithFallback
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import GenerateOptions, Message, ModelTimeout, TextDelta
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

ASK = [Message("system", "You are a robot."), Message("user", "Hello")]


class Hung(ScriptedModel):
    """Whatever it is to read takes until `free` is set."""

    def __init__(self):
        super().__init__(lambda _: ["first"])
        self.free = threading.Event()

    def warm_up(self, prefix, tools):
        super().warm_up(prefix, tools)
        self._hang()

    def read_ahead(self, messages, tools, cancel):
        super().read_ahead(messages, tools, cancel)
        self._hang()

    def _hang(self):
        self.free.wait(PATIENCE_S)
        if self.fault is not None:
            raise self.fault


class Pair:
    def __init__(self, first):
        self.now = 0.0
        self.first, self.second = first, ScriptedModel(lambda _: ["second"])
        self.told = []
        self.both = WithFallback(first, self.second, self.told.append, lambda: self.now, patience_s=0.05)

    def say(self):
        stream = self.both.stream(ASK, [], threading.Event(), GenerateOptions())
        return [d.text for d in stream if isinstance(d, TextDelta)]

    def read(self, cancel=None):
        self.both.read_ahead(ASK, [], cancel or threading.Event())


@pytest.fixture
def pair():
    p = Pair(Hung())
    yield p
    p.first.free.set()


def aside(call):
    """On a thread of its own; it, once it ended or has had half of what a hung engine keeps it."""
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(PATIENCE_S / 2)
    return thread


def warmed(pair):
    pair.both.prepare()
    assert not aside(lambda: pair.both.warm_up(ASK, [])).is_alive()
    assert not pair.first.free.is_set()


def test_the_second_is_warm_and_answers_while_the_first_hangs_in_its_warming_up(pair):
    warmed(pair)
    assert pair.second.warmed == 1
    assert pair.say() == ["second"]
    assert "hangs" in pair.told[0]


def test_the_first_answers_once_its_warming_up_has_ended_without_another(pair):
    warmed(pair)
    pair.read()
    assert pair.say() == ["second"]
    pair.first.free.set()
    until(lambda: (pair.read(), pair.say() == ["first"])[1])
    assert pair.first.warmed == 1
    assert pair.told[-1] == "the first model is back"


def test_one_whose_warming_up_fails_late_is_tried_again(pair):
    warmed(pair)
    pair.first.fault = ModelTimeout("it hangs.", "Restart it.")
    pair.first.free.set()
    until(lambda: (pair.read(), pair.both.down.startswith("it hangs"))[1])
    assert pair.say() == ["second"]
    pair.first.fault = None
    pair.now = 60.0
    until(lambda: (pair.read(), pair.say() == ["first"])[1])


def test_a_question_does_not_wait_for_an_attempt_at_a_first_that_hangs(pair):
    warmed(pair)
    pair.first.fault = ModelTimeout("it hangs.", "Restart it.")
    pair.first.free.set()
    until(lambda: (pair.read(), pair.both.down.startswith("it hangs"))[1])
    pair.first.fault = None
    pair.first.free.clear()
    pair.now = 60.0
    cancel = threading.Event()
    cancel.set()  # somebody speaks already: the attempt is left alone, and is no success
    assert not aside(lambda: pair.read(cancel)).is_alive()
    assert pair.say() == ["second"]


def test_a_first_that_fails_between_two_turns_leaves_them_to_the_second():
    pair = Pair(Hung())
    pair.both.prepare()
    pair.first.fault = ModelTimeout("it hangs.", "Restart it.")
    pair.first.free.set()
    pair.read()
    assert pair.say() == ["second"]
    assert len(pair.second.read) == 1


def test_a_question_asked_while_the_mind_warms_up_is_answered_by_the_second(pair):
    persona = load_persona(resource("config/personas/plain.yaml"))
    mind = Assembled(pair.both, load(resource("config/tools.yaml")), persona, Robot(), MindSettings())
    said = []
    asked = aside(lambda: said.extend(mind.answer("Tell me a story", threading.Event(), Notes()).clauses))
    assert not asked.is_alive()
    assert said == ["second"]
    assert not pair.first.free.is_set()


def server(host, **limits):
    return create(ModelSettings(**{**MODEL_LIMITS, **limits}, engine="openai", model="tiny", host=host))


def answer_of(model):
    stream = model.stream(ASK, [], threading.Event(), GenerateOptions())
    return "".join(d.text for d in stream if isinstance(d, TextDelta))


def test_a_server_that_takes_the_first_prompt_and_never_answers_gives_way_long_before_its_time_to_load():
    with OpenAiStub(lambda _: [HANG]) as hung, OpenAiStub(lambda _: ["Here I am."]) as well:
        model = WithFallback(server(hung.host), server(well.host), patience_s=0.2)
        model.prepare()
        assert not aside(lambda: model.warm_up(ASK, [])).is_alive()
        assert not hung.gone.is_set()  # it is waited for still
        assert answer_of(model) == "Here I am."
        model.close()
        until(hung.gone.is_set, "the hung request to be given up")


def test_a_socket_that_takes_connections_and_says_nothing_gives_way_after_the_time_to_connect():
    with socket.create_server(("127.0.0.1", 0)) as mute, OpenAiStub(lambda _: ["Here I am."]) as well:
        mute_host = f"http://127.0.0.1:{mute.getsockname()[1]}"
        model = WithFallback(server(mute_host, connect_timeout_s=0.2), server(well.host))
        start = threading.Thread(target=lambda: (model.prepare(), model.warm_up(ASK, [])), daemon=True)
        start.start()
        assert ended(start)
        assert answer_of(model) == "Here I am."
        model.close()


def test_the_first_leaves_the_second_half_of_the_time_to_the_first_word():
    with OpenAiStub(lambda _: [HANG]) as hung:
        limits = {**MODEL_LIMITS, "first_token_timeout_s": 0.4}
        settings = ModelSettings(**limits, engine="openai", model="tiny", host=hung.host, fallback_engine="openai")
        model = create(replace(settings, fallback_model="tiny"))
        model.prepare()
        with pytest.raises(ModelTimeout, match=r"within 0.4 s"):
            answer_of(model)
    assert "within 0.2 s" in model.down
