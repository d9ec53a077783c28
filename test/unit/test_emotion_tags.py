"""[happy] in the words of a model: played, not spoken; from nobody else, not too often, and only where the persona has it."""

import threading
from dataclasses import replace

import pytest
import yaml

from scripted_model import WAIT, Notes, Robot, ScriptedModel
from voice_pipeline.dialogue import emotion_tags
from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.emotion_tags import TagLimit, TagReader
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.prompt import build_prefix, load_persona
from voice_pipeline.dialogue.tools import Outcome
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

FILE = load(resource("config/tools.yaml"))
PERSONA = replace(load_persona(resource("config/personas/plain.yaml")), emotion_tags=True)


def ask(question, pieces, persona=PERSONA, robot=None, gate=None, times=1):
    robot, notes = robot or Robot(), Notes()
    mind = Assembled(ScriptedModel(lambda _: pieces), FILE, persona, robot, MindSettings())
    for _ in range(times):
        answer = mind.answer(question, threading.Event(), notes, gate)
    return robot, notes, answer


@pytest.mark.parametrize(
    ("text", "words", "tags"),
    [
        ("[happy] Good to see you! [sad]Bye.", "Good to see you! Bye.", ["happy", "sad"]),
        ("[Look Around] Where?", "Where?", ["look_around"]),
        ("Take [1] or a[0], or [.", "Take [1] or a[0], or [.", []),
        ("Well [sur", "Well ", []),
        ("[a bracket that is much too long for a tag", "[a bracket that is much too long for a tag", []),
    ],
)
def test_tags_are_found_wherever_the_words_are_cut(text, words, tags):
    for cut in range(len(text) + 1):
        reader = TagReader()
        heads = [reader.feed(text[:cut]), reader.feed(text[cut:]), reader.flush()]
        assert "".join(w for w, _ in heads) == words, cut
        assert [t for _, found in heads for t in found] == tags, cut


def test_words_before_a_bracket_are_not_held_back():
    reader = TagReader()
    assert reader.feed("Hello the") == ("Hello the", [])
    assert reader.feed("re [hap") == ("re ", [])
    assert reader.feed("py] friend") == ("friend", ["happy"])


def test_a_tag_is_played_on_the_way_of_every_tool_and_not_spoken():
    robot, notes, answer = ask("Tell me something", ["[hap", "py] I like ", "you."])
    assert robot.calls == [("play_move", {"name": "happy", "times": 1})]
    assert notes.requested_calls == ["play_move"]
    assert notes.clauses == answer.clauses == ["I like you."]
    assert answer.messages == []  # the history is without it too


def test_a_tag_that_nobody_knows_is_dropped():
    robot, notes, _ = ask("Tell me something", ["[jubilant] I like [explode] you."])
    assert (robot.calls, notes.clauses) == ([], ["I like you."])


def test_without_the_switch_nothing_is_played_and_nothing_spoken():
    robot, notes, _ = ask("Tell me something", ["[happy] I like you."], replace(PERSONA, emotion_tags=False))
    assert (robot.calls, notes.clauses) == ([], ["I like you."])


def test_a_tag_alone_is_no_answer():
    robot, notes, _ = ask("Tell me something", ["[happy]"])
    assert (len(robot.calls), notes.clauses) == (1, [MindSettings().cannot])


def test_a_gesture_that_the_persona_does_not_have_is_not_played():
    assert ask("Tell me something", ["[sad] Oh."], replace(PERSONA, gestures=("nod",)))[0].calls == []
    assert ask("Tell me something", ["[sad] Oh."], replace(PERSONA, tools=("look",)))[0].calls == []


@pytest.mark.parametrize("question", ["Say [happy] please", "What does [ HAPPY ] mean?"])
def test_a_tag_that_only_repeats_what_a_person_said_is_not_played(question):
    robot, notes, _ = ask(question, ["[happy] That is a word."])
    assert (robot.calls, notes.clauses) == ([], ["That is a word."])


def test_the_answer_of_a_tool_triggers_nothing():
    spoken = replace(FILE.tools["look"], say="")  # the model speaks about what it answered
    file = replace(FILE, tools={**FILE.tools, "look": spoken})
    robot, notes = Robot(lambda _: Outcome("succeeded", "there is a note: [dance]")), Notes()
    answers = iter([['{"tool": "look", "arguments": {"direction": "left"}}'], ["[dance] It says [dance]."]])
    mind = Assembled(ScriptedModel(lambda _: next(answers)), file, PERSONA, robot, MindSettings(use_phrases=False))
    mind.answer("Look left", threading.Event(), notes)
    assert [c[0] for c in robot.calls] == ["look"]


def test_gestures_keep_their_distance(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("voice_pipeline.dialogue.mind.TagLimit", lambda: TagLimit(lambda: now[0]))
    robot, notes = Robot(), Notes()
    mind = Assembled(ScriptedModel(lambda _: ["[happy] Yes."]), FILE, PERSONA, robot, MindSettings())
    for at in (100.0, 100.0 + 0.9 * emotion_tags._APART_S, 100.0 + 1.1 * emotion_tags._APART_S):
        now[0] = at
        mind.answer("Tell me something", threading.Event(), notes)
    assert len(robot.calls) == 2


def test_one_answer_is_one_gesture():
    assert len(ask("Tell me something", ["[happy] One. [sad] Two. [curious] Three."])[0].calls) == 1


def test_nothing_is_played_while_the_person_speaks():
    gate = threading.Event()
    assert ask("Tell me something", ["[happy] I like you."], gate=gate)[0].calls == []
    gate.set()
    assert len(ask("Tell me something", ["[happy] I like you."], gate=gate)[0].calls) == 1


@pytest.mark.parametrize("question", ["Don't move.", "Please do not move, and tell me something."])
def test_a_robot_that_must_not_move_does_not(question):
    assert [c for c in ask(question, ["[happy] Fine."])[0].calls if c[0] == "play_move"] == []


def test_a_cancelled_answer_plays_nothing():
    cancel = threading.Event()
    cancel.set()
    robot = Robot()
    mind = Assembled(ScriptedModel(lambda _: [WAIT, "[happy] x"]), FILE, PERSONA, robot, MindSettings())
    mind.answer("Tell me something", cancel, Notes())
    assert robot.calls == []


def test_the_model_is_told_of_tags_only_where_the_persona_has_them():
    def system(persona):
        return build_prefix(persona, FILE, False, "en")[0].content

    assert "[happy]" in system(PERSONA)
    assert "[happy]" not in system(replace(PERSONA, emotion_tags=False))


@pytest.mark.parametrize(("text", "value"), [("on", True), ("off", False), ("true", True)])
def test_the_switch_is_a_key_of_the_persona(tmp_path, text, value):
    path = tmp_path / "p.yaml"
    path.write_text(f"name: A\ncharacter: You are a robot.\nemotion_tags: {text}\n")
    assert load_persona(path).emotion_tags is value
    assert yaml.safe_load(path.read_text())["emotion_tags"] is value


def test_another_value_is_a_mistake(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text("name: A\ncharacter: You are a robot.\nemotion_tags: sometimes\n")
    with pytest.raises(VoiceError, match="emotion_tags"):
        load_persona(path)
