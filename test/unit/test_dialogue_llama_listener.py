"""The embedded model's limit for a pause: what its listener does with the words (wait for a movement) is no pause of the model."""

import queue
import threading
from pathlib import Path

import pytest

from voice_pipeline.dialogue import ModelSettings, llama_cpp
from voice_pipeline.dialogue.protocol import Done, ModelTimeout, TextDelta

WORD = {"choices": [{"delta": {"content": "Hello."}}]}
END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


class Chunks:
    """A queue: a chunk, nothing for a while, the next one."""

    def __init__(self, *chunks):
        self.waiting = list(chunks)

    def get(self, timeout):
        chunk = self.waiting.pop(0)
        if chunk is None:
            raise queue.Empty
        return chunk


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(llama_cpp, "time", made)
    return made


@pytest.fixture
def deltas():
    engine = object.__new__(llama_cpp.LlamaCpp)
    engine._path, engine._settings = Path("tiny.gguf"), ModelSettings(stall_timeout_s=5.0)
    return lambda *chunks: engine._deltas(Chunks(*chunks), threading.Event(), 0.0, 8.0)


def test_a_listener_that_takes_long_is_no_model_that_stopped(clock, deltas):
    answer = deltas(WORD, None, END)
    assert next(answer) == TextDelta("Hello.")
    clock.now += 60.0  # the robot moved
    assert isinstance(next(answer), Done)


def test_a_model_that_stops_in_the_middle_is_noticed(clock, deltas):
    class Slow(Chunks):
        def get(self, timeout):
            clock.now += 3.0
            return super().get(timeout)

    engine = object.__new__(llama_cpp.LlamaCpp)
    engine._path, engine._settings = Path("tiny.gguf"), ModelSettings(stall_timeout_s=5.0)
    answer = engine._deltas(Slow(WORD, None, None, None), threading.Event(), 0.0, 8.0)
    assert next(answer) == TextDelta("Hello.")
    with pytest.raises(ModelTimeout):
        next(answer)
