"""What a hundred turns cost the model: it reads what is new, and little else, whatever changes around the conversation."""

import statistics
import threading
import time

import pytest

from scripted_model import Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.render import render
from voice_pipeline.dialogue.surroundings import Surroundings
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = load_persona(resource("config/personas/plain.yaml"))


class OneSlot(ScriptedModel):
    """Keeps what it has read as a server with one slot does: the part that two prompts in a row have in common is free."""

    def __init__(self, script):
        super().__init__(script)
        self.slot = ""
        self.costs = []  # characters that were new, of each answer
        self.sizes = []
        self.all_costs = []  # reading ahead and summaries too

    def _load(self, messages):
        text = "".join(str(render(m)) for m in messages)
        same = next((i for i, (a, b) in enumerate(zip(text, self.slot, strict=False)) if a != b), len(self.slot))
        self.slot = text
        self.all_costs.append(len(text) - min(same, len(text)))
        return len(text) - min(same, len(text)), len(text)

    def warm_up(self, prefix, tools):
        self._load(prefix)

    def read_ahead(self, messages, tools, cancel):
        self._load(messages)

    def stream(self, messages, tools, cancel, options):
        cost, size = self._load(messages)
        if not str(messages[-1].content).startswith("Now sum up"):
            self.costs.append(cost)
            self.sizes.append(size)
        yield from super().stream(messages, tools, cancel, options)


def answer(question):
    return ["We talked about question 1 and question 2."] if question.startswith("Now sum up") else ["That is so."]


@pytest.mark.parametrize("summaries", [True, False])
def test_a_hundred_turns_cost_the_same_each_and_hit_the_cache(tmp_path, summaries):
    model = OneSlot(answer if summaries else lambda q: ["" if q.startswith("Now") else "That is so."])
    Facts(tmp_path / "memory.md").remember("my name is Anna")
    mind = Assembled(model, FILE, PERSONA, Robot(), MindSettings(), max_turns=12, facts=Facts(tmp_path / "memory.md"))
    mind.warm_up()
    now = [1_795_248_240.0]
    around = Surroundings(lambda: now[0], time.gmtime)
    for i in range(100):
        now[0] += 45.0
        around.body("", 0.0, 0.3 * (i // 5 % 3 - 1))
        mind.history.note = around.line()
        question = f"What about question {i}?"
        mind.read_along(question[:10], threading.Event())
        reply = mind.answer(question, threading.Event(), Notes())
        mind.history.append(question, [Message("assistant", " ".join(reply.clauses))])
        mind.tidy(threading.Event())
    assert bool(mind.history.summary) == summaries
    assert max(model.costs) < 60  # characters: the rest of the question; everything else was read before it was asked
    assert statistics.mean(model.costs[50:]) < 1.2 * statistics.mean(model.costs[:50])
    assert max(model.all_costs[1:]) < 1_000  # what a summary or a cut leaves of the history; never the prefix
    assert 1 - sum(model.costs) / sum(model.sizes) > 0.98
