"""The second engine answers while the first cannot, and gives way when it is back."""

import threading

import pytest

from voice_pipeline.dialogue.fallback import WithFallback
from voice_pipeline.dialogue.protocol import Done, GenerateOptions, Message, ModelUnavailable, TextDelta, ToolSpec

ASK = [Message("system", "You are a robot."), Message("user", "Hello")]
NOD = ToolSpec("nod", "Nod the head.", {"type": "object", "properties": {}})


class Engine:
    """Says its name; `breaks`: before the first word, or after it."""

    def __init__(self, name, native=False):
        self.name, self.native_tools = name, native
        self.breaks = ""
        self.prepared = 0
        self.asked = []

    def prepare(self):
        self.prepared += 1
        self.read_ahead([], [], None)

    def warm_up(self, prefix, tools):
        self.read_ahead(prefix, tools, None)

    def read_ahead(self, messages, tools, cancel):
        if self.breaks:
            raise ModelUnavailable(f"{self.name} is down.", "Wait.")

    def stream(self, messages, tools, cancel, options):
        self.asked.append(list(messages))
        if self.breaks == "before":
            raise ModelUnavailable(f"{self.name} is down.", "Wait.")
        yield TextDelta(self.name)
        if self.breaks == "after":
            raise ModelUnavailable(f"{self.name} broke.", "Wait.")
        yield Done()

    def close(self):
        pass


class Pair:
    def __init__(self, **first):
        self.now = 0.0
        self.first, self.second = Engine("first", **first), Engine("second")
        self.told = []
        self.both = WithFallback(self.first, self.second, self.told.append, lambda: self.now)
        self.cancel = threading.Event()

    def say(self):
        stream = self.both.stream(ASK, [NOD], self.cancel, GenerateOptions())
        return [d.text for d in stream if isinstance(d, TextDelta)]


def test_the_first_answers_while_it_can_and_the_second_is_not_loaded():
    p = Pair()
    p.both.prepare()
    assert p.say() == ["first"]
    assert p.second.prepared == 0


def test_a_failure_before_the_first_word_is_answered_by_the_second_at_once():
    p = Pair()
    p.both.prepare()
    p.first.breaks = "before"
    assert p.say() == ["second"]
    assert len(p.told) == 1
    assert "first is down" in p.told[0]
    assert p.say() == ["second"]
    assert len(p.first.asked) == 1  # nobody waits for it a second time


def test_what_was_begun_is_not_begun_again():
    p = Pair()
    p.both.prepare()
    p.first.breaks = "after"
    with pytest.raises(ModelUnavailable):
        p.say()
    assert p.second.asked == []


def test_the_first_is_tried_again_between_turns_not_in_them():
    p = Pair()
    p.first.breaks = "before"
    p.both.prepare()
    assert p.both.down
    p.first.breaks = ""
    p.both.read_ahead(ASK, [], p.cancel)
    assert p.say() == ["second"]  # too soon to try
    p.now = 60.0
    p.both.read_ahead(ASK, [], p.cancel)
    assert p.say() == ["first"]
    assert p.told[-1] == "the first model is back"


def test_both_down_is_an_error():
    p = Pair()
    p.first.breaks = p.second.breaks = "before"
    with pytest.raises(ModelUnavailable, match="second is down"):
        p.both.prepare()


def test_a_cancelled_question_is_not_asked_again():
    p = Pair()
    p.both.prepare()
    p.first.breaks = "before"
    p.cancel.set()
    with pytest.raises(ModelUnavailable):
        p.say()
    assert p.second.asked == []


def test_an_engine_without_a_template_for_tools_gets_them_in_the_prompt():
    p = Pair(native=True)
    p.first.breaks = "before"
    p.both.prepare()
    p.say()
    assert "- nod(): Nod the head." in p.second.asked[0][0].content
