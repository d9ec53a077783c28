"""eval_tools: counts what happened, tells false actions from wrong answers, reads both file formats."""

import json

import pytest

from scripted_model import ScriptedModel
from voice_pipeline.commands import eval_tools
from voice_pipeline.errors import VoiceError

NOD = '{"tool": "play_move", "arguments": {"name": "nod"}}'


@pytest.fixture
def model(monkeypatch):
    scripted = ScriptedModel(
        {"Bob your head, nod it": [NOD], "A nod, a nod, my kingdom for a nod": [NOD], "Who are you?": ["A robot."]}
    )
    monkeypatch.setattr(eval_tools, "create", lambda settings: scripted)
    return scripted


def measure(tmp_path, cases, name="cases.yaml", *more):
    path = tmp_path / name
    path.write_text(cases)
    code = eval_tools.main(["--cases", str(path), "--out", str(tmp_path / "out"), *more])
    return code, json.loads((tmp_path / "out" / "summary.json").read_text())


def test_right_wrong_and_false_are_counted_apart(tmp_path, model):
    code, summary = measure(
        tmp_path,
        """
        - {say: "Bob your head, nod it", tool: play_move, arguments: {name: nod}}
        - {say: "A nod, a nod, my kingdom for a nod", tool: null}
        - {say: "Who are you?", tool: null}
        - {say: "Look left", tool: look, arguments: {direction: right}}
        - {say: "Turn your head 30 degrees to the left", tool: look, arguments: {direction: left, degrees: 30}}
        """,
    )
    assert code == 0
    assert (summary["n"], summary["correct"], summary["false_actions"]) == (5, 3, 1)
    assert summary["seconds_p50"] is not None


def test_json_lines_and_compound_cases_are_read(tmp_path, model):
    lines = [
        {"say": "Nod and then look left", "calls": [{"tool": "play_move"}, {"tool": "look", "arguments": {}}]},
        {"say": "What time is it?", "tool": "get_time"},
    ]
    _, summary = measure(tmp_path, "\n".join(map(json.dumps, lines)), "cases.jsonl")
    assert summary["correct"] == 2


def test_without_phrases_the_model_decides(tmp_path, model):
    _, summary = measure(tmp_path, "[{say: Nod, tool: play_move}]", "cases.yaml", "--no-phrases")
    assert summary["correct"] == 0
    assert summary["by_model_alone"]["n"] == 1


@pytest.mark.parametrize("text", ["", "[]", "- 5", "- {say: x}", "- {tool: null}", "a: [", "cases: {}"])
def test_a_file_without_cases_is_a_clear_error(tmp_path, text, model):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(VoiceError):
        eval_tools.read_cases(path)
    assert eval_tools.main(["--cases", str(path)]) == 2


def test_our_own_cases_are_all_readable():
    from voice_pipeline.resources import resource

    cases = eval_tools.read_cases(resource("test/data/tool_cases.yaml"))
    assert len(cases) >= 40
    assert sum(not c.calls for c in cases) >= 15
