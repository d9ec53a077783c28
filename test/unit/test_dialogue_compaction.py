"""Old turns become a summary while nobody speaks; at once given up when somebody does, and never at the cost of a turn."""

import threading

import pytest

from patience import ended, until
from scripted_model import WAIT, Notes, Robot, ScriptedModel
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.protocol import Message, ModelUnavailable
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = load_persona(resource("config/personas/plain.yaml"))
SUMMARY = "You are Anna. You asked a question about Rome."


def talk(script, turns=6, max_turns=8):
    """A mind after some turns; its history is nearly full at 70 % of max_turns."""
    model = ScriptedModel(script)
    mind = Assembled(model, FILE, PERSONA, Robot(), MindSettings(), max_turns=max_turns)
    mind.warm_up()
    for i in range(turns):
        mind.history.append(f"question {i}", [Message("assistant", f"answer {i}" if i else "Anna is in Rome")])
    return mind, model


def spoken(mind):
    return [m.content for m in mind.history.prompt("next")[len(mind.history.prefix) :]]


def test_the_older_half_becomes_a_summary_and_the_newer_stays_word_by_word():
    mind, model = talk(lambda q: [SUMMARY])
    mind.tidy(threading.Event())
    said = spoken(mind)
    assert SUMMARY in said[1]
    assert said[2:] == ["question 3", "answer 3", "question 4", "answer 4", "question 5", "answer 5", "next"]
    assert mind.history.prompt("Hello") == model.read[-1]  # and it is read before anybody asks


def test_the_model_sums_up_behind_what_it_has_read_and_may_call_no_tool():
    mind, model = talk(lambda q: [SUMMARY])
    before = mind.history.prompt("x")[:-1]
    mind.tidy(threading.Event())
    assert model.prompts[0][: len(before)] == before
    assert model.options[0].only_tools == ()


def test_nothing_is_summed_up_before_there_is_much():
    mind, model = talk(lambda q: [SUMMARY], turns=5)
    mind.tidy(threading.Event())
    assert model.prompts == []
    assert mind.history.turns == 5


def test_the_next_summary_takes_in_the_one_before():
    mind, model = talk(lambda q: [SUMMARY])
    mind.tidy(threading.Event())
    for i in range(3):
        mind.history.append(f"later {i}", [Message("assistant", "yes")])
    mind.tidy(threading.Event())
    assert SUMMARY in [m.content for m in model.prompts[1]]
    assert sum(SUMMARY in text for text in spoken(mind)) == 1


def test_somebody_who_speaks_ends_it_at_once_and_the_old_turns_are_still_there():
    mind, model = talk(lambda q: ["You are Anna. ", WAIT, "You asked."])
    before, cancel = spoken(mind), threading.Event()
    thread = threading.Thread(target=mind.tidy, args=(cancel,), daemon=True)
    thread.start()
    until(lambda: model.prompts, "the prompt")
    assert spoken(mind) == before  # the block stays until the summary is there
    cancel.set()
    assert ended(thread)
    assert spoken(mind) == before
    assert model.read == []


@pytest.mark.parametrize(
    "nonsense",
    [
        [""],
        ["{}"],
        ['{"tool": "stop"}'],
        ["Yes. "] * 40,
        ["You asked me to look at the table."],
        ["and on and on " * 50],
        [ModelUnavailable("x.", "y")],
    ],
)
def test_a_model_that_fails_leaves_the_history_to_be_cut_when_it_is_full(nonsense):
    mind, _ = talk(lambda q: nonsense)
    for i in (6, 7):
        before = spoken(mind)
        try:
            mind.tidy(threading.Event())
        except ModelUnavailable:
            pass  # told as the node's fault; the next turn tries again
        assert spoken(mind) == before
        mind.history.append(f"question {i}", [Message("assistant", f"answer {i}")])
    assert spoken(mind)[0] == "question 4"


def test_a_turn_that_was_cut_meanwhile_makes_the_summary_void():
    mind, _ = talk(lambda q: [SUMMARY])
    block = mind.history.block("Sum up.")
    mind.history.append("a", [Message("assistant", "b")])
    mind.history.append("c", [Message("assistant", "d")])
    mind.history.prompt("cuts the older half")
    assert not mind.history.replace(block, SUMMARY)
    assert mind.history.summary == ""


def test_turns_that_are_added_meanwhile_are_kept():
    mind, _ = talk(lambda q: [SUMMARY])
    block = mind.history.block("Sum up.")
    mind.history.append("meanwhile", [Message("assistant", "yes")])
    assert mind.history.replace(block, SUMMARY)
    assert spoken(mind)[-3:] == ["meanwhile", "yes", "next"]


def test_an_answer_needs_no_summary_first():
    mind, model = talk(lambda q: ["Fine."], turns=7)
    mind.answer("How are you?", threading.Event(), Notes())
    assert len(model.prompts) == 1
