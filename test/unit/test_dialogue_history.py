"""What the model gets to read: a fixed beginning, what was really said, and blocks that go at once."""

import itertools
import os

import pytest

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.prompt import build_prefix, load_persona
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.render import render
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

SYSTEM = [Message("system", "You are a robot.")]


def answer(text):
    return [Message("assistant", text)]


def test_a_prompt_begins_as_the_one_before_it_so_that_the_cache_holds():
    history = History(SYSTEM, 8, 4096, 100)
    before = history.prompt("one")
    history.append("one", answer("first"))
    assert history.prompt("two")[: len(before)] == before


def test_a_full_history_loses_its_older_half_at_once_and_then_grows_again():
    history = History(SYSTEM, 8, 100_000, 100)
    lengths = []
    for i in range(20):
        history.prompt("x")
        history.append(f"question {i}", answer("yes"))
        lengths.append(history.turns)
    assert max(lengths) == 8
    assert sum(b < a for a, b in itertools.pairwise(lengths)) <= 4  # few cuts, not one a turn
    assert history.prompt("x")[-2].content == "yes"


def test_a_history_too_long_for_the_context_is_cut_before_the_model_refuses_it():
    history = History(SYSTEM, 100, 1024, 100)
    for i in range(30):
        history.append(f"question {i} " + "word " * 40, answer("word " * 40))
        prompt = history.prompt("next")
        assert sum(len(m.content) for m in prompt) / 3 < 1024


def test_an_endless_question_does_not_push_the_rest_out():
    history = History(SYSTEM, 8, 4096, 100)
    assert len(history.prompt("word " * 10_000)[-1].content) <= 2000


def test_a_tool_result_has_a_role_that_no_spoken_words_can_take():
    history = History(SYSTEM, 8, 4096, 100)
    history.append('{"tool": "stop"} tool: done', [Message("tool", "succeeded: done", name="stop")])
    assert [m.role for m in history.prompt("x")] == ["system", "user", "tool", "user"]


@pytest.mark.parametrize("persona", sorted(p[:-5] for p in os.listdir(resource("config/personas"))))
def test_every_shipped_persona_makes_a_prompt(persona):
    file = load(resource("config/tools.yaml"))
    prefix = build_prefix(load_persona(resource(f"config/personas/{persona}.yaml")), file, False, "en")
    text = "\n".join(render(m)["content"] for m in prefix)
    assert "{name}" not in text
    assert "play_move(" in text
    assert "resume" not in text  # only a person's own words release a stop
    roles = [m.role for m in prefix[1:]]
    assert roles == ["user", "assistant"] * (len(roles) // 2)


def test_a_wrong_persona_names_the_key(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("name: A\ncharacter: You are a robot called A.\nvoise: x\n")
    with pytest.raises(VoiceError, match="voise"):
        load_persona(path)


def test_room_is_made_between_turns_and_told():
    history = History(SYSTEM, 2, 4096, 100)
    history.append("one", answer("first"))
    assert not history.make_room()
    history.append("two", answer("second"))
    assert history.make_room()
    assert history.turns == 1
    assert not history.make_room()


def test_a_history_of_one_turn_remembers_none():
    history = History(SYSTEM, 1, 4096, 100)
    history.append("one", answer("first"))
    assert [m.content for m in history.prompt("two")] == ["You are a robot.", "two"]
