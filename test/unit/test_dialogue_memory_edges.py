"""What people keep, at its edges: more facts than the robot tells, a damaged session, languages that minutes cannot be in."""

import json
from dataclasses import replace

import pytest

from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.personas import narrowed
from voice_pipeline.dialogue.prompt import load_persona
from voice_pipeline.dialogue.session_file import SessionFile
from voice_pipeline.dialogue.session_record import Line, SessionRecord, main_language
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource


def test_everything_is_forgotten_also_what_stands_below_the_facts_that_are_told(tmp_path):
    path = tmp_path / "memory.md"
    path.write_text("# Mine\n\n" + "\n".join(f"- fact number {i}" for i in range(90)) + "\n\nA note of the owner.\n")
    facts = Facts(path)
    assert len(facts.all()) == 60
    facts.forget("everything")
    assert facts.all() == []
    assert "A note of the owner." in path.read_text()


def test_one_fact_is_forgotten_and_the_others_stay(tmp_path):
    path = tmp_path / "memory.md"
    path.write_text("- my name is Anna\n- the cat is called Tom\n")
    assert Facts(path).forget("my name") == ["my name is Anna"]
    assert Facts(path).all() == ["the cat is called Tom"]


@pytest.mark.parametrize(
    "event",
    [
        {"t": "yesterday", "e": "heard", "text": "Hello"},
        {"t": 1.0, "e": "heard", "text": 5},
        {"t": 1.0, "e": "heard", "text": "Hello", "language": ["en"]},
        {"t": 1.0, "e": "said", "turn": "a", "text": None},
        {"t": None, "e": "said", "turn": "a", "text": "Hello"},
    ],
)
def test_an_event_that_is_none_is_skipped_and_the_rest_can_be_told(tmp_path, event):
    good = {"t": 2.0, "e": "heard", "text": "Good morning", "language": "en"}
    (tmp_path / "current.jsonl").write_text(f"{json.dumps(event)}\n{json.dumps(good)}\n")
    record = SessionRecord(10)
    for one in SessionFile(tmp_path, 10).left_over():
        record.apply(one)
    assert [line.text for line in record.lines(0.5)] == ["Good morning"]


def test_minutes_are_in_a_language_that_they_can_be_in():
    said = [
        Line(1.0, "person", "Bon dia", "ca"),
        Line(2.0, "person", "Bon dia", "ca"),
        Line(3.0, "person", "Hallo", "de"),
    ]
    assert main_language(said) == "de"
    assert main_language(said[:2]) == "en"


def test_a_persona_with_gestures_and_tools_without_them_is_a_clear_error(tmp_path):
    path = tmp_path / "tools.yaml"
    path.write_text(
        "tools: [{name: play_move, description: Move it., kind: action, interface: test_msgs/action/Fibonacci, target: a}]"
    )
    persona = replace(load_persona(resource("config/personas/plain.yaml")), gestures=("nod",))
    with pytest.raises(VoiceError):
        narrowed(load(path), persona)
