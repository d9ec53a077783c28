"""The fall-back after the first engine broke off inside an answer: it is loaded before it is used."""

import threading

import pytest

from scripted_model import ScriptedModel
from voice_pipeline.dialogue.fallback import WithFallback
from voice_pipeline.dialogue.protocol import GenerateOptions, Message, ModelUnavailable


class Loaded(ScriptedModel):
    """Reads only what it was loaded for."""

    loaded = False

    def prepare(self):
        self.loaded = True

    def read_ahead(self, messages, tools, cancel):
        assert self.loaded
        super().read_ahead(messages, tools, cancel)


def test_the_second_is_loaded_before_it_reads_ahead():
    first, second = Loaded(lambda q: ["Once upon", ModelUnavailable("it broke off.", "Restart it.")]), Loaded()
    both = WithFallback(first, second, clock=lambda: 0.0)
    both.prepare()
    with pytest.raises(ModelUnavailable):
        list(both.stream([Message("user", "A story")], [], threading.Event(), GenerateOptions()))
    both.read_ahead([Message("user", "Hello")], [], threading.Event())
    assert len(second.read) == 1
