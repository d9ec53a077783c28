"""eval_tools: counts what happened, tells false actions from wrong answers, reads both file formats, works without model."""

import json

import pytest

from scripted_model import ScriptedModel
from voice_pipeline.commands import _eval_tools_robot, eval_tools
from voice_pipeline.commands._eval_tools_cases import Case, Wanted
from voice_pipeline.commands._eval_tools_judge import judge
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

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
    code = eval_tools.main(["--cases", str(path), "--no-ros", "--out", str(tmp_path / "out"), *more])
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
    assert summary["by_path"]["model"]["n"] == 1


@pytest.mark.parametrize("text", ["", "[]", "- 5", "- {say: x}", "- {tool: null}", "a: [", "cases: {}"])
def test_a_file_without_cases_is_a_clear_error(tmp_path, text, model):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(VoiceError):
        eval_tools.read_cases(path)
    assert eval_tools.main(["--cases", str(path)]) == 2


@pytest.mark.parametrize("name", ["tool_cases", "tool_cases_unseen", "tool_cases_report"])
def test_our_own_cases_are_all_readable(name):
    assert len(eval_tools.read_cases(resource(f"test/data/{name}.yaml"))) >= 35


def test_the_cases_for_reporting_are_many_and_no_example_or_tuning_case_is_among_them():
    cases = eval_tools.read_cases(resource("test/data/tool_cases_report.yaml"))
    assert len(cases) >= 200
    assert {c.language for c in cases} >= {"en", "de", "fr", "es", "ja"}
    assert {c.kind for c in cases} == {
        *("plain", "polite", "indirect", "compound", "negated", "question", "outside", "ambiguous", "injection")
    }
    file = load(resource("config/tools.yaml"))
    known = {e[0].lower() for t in file.tools.values() for e in t.examples}
    for name in ("tool_cases", "tool_cases_unseen"):
        known |= {c.say.lower() for c in eval_tools.read_cases(resource(f"test/data/{name}.yaml"))}
    said = [c.say.lower() for c in cases]
    assert len(set(said)) == len(said)
    assert not known & set(said)


def test_without_any_model_plain_commands_are_carried_out_and_the_rest_is_told_apart(tmp_path):
    code, summary = measure(
        tmp_path,
        """
        - {say: "Stop!", tool: stop}
        - {say: "Look left and then nod.", calls: [{tool: look}, {tool: play_move}]}
        - {say: "Who wrote Hamlet?", tool: null}
        - {say: "Behold the proceedings", tool: look}
        """,
        "cases.yaml",
        "--rules-only",
    )
    assert code == 0
    assert (summary["correct"], summary["no_rule"], summary["false_actions"]) == (3, 1, 0)
    assert summary["commands"] == {"n": 3, "correct": 2}
    assert summary["engine"] == "none"


def test_languages_and_kinds_are_counted_apart(tmp_path, model):
    _, summary = measure(
        tmp_path,
        """
        - {say: "Nod", kind: plain, tool: play_move}
        - {say: "Sei ein Frosch", kind: plain, language: de, tool: play_move}
        - {say: "Who are you?", kind: question, tool: null}
        """,
    )
    assert {k: v["correct"] for k, v in summary["by_language"].items()} == {"en": 2, "de": 0}
    assert {k: v["n"] for k, v in summary["by_kind"].items()} == {"plain": 2, "question": 1}


# -- the judge
TOOLS = load(resource("config/tools.yaml")).tools
LOOK_LEFT = Wanted("look", {"direction": "left"}, {"yaw": 0.5236})


def call(name, **arguments):
    return ToolBox(TOOLS).validate(ToolCallRequest(name, arguments), by_model=False)


def arrival(one):
    """What a robot gets of a call, made by hand from the interface."""
    message = _eval_tools_robot.interface(one.tool.interface)
    message = message.Goal() if one.tool.kind == "action" else message.Request()
    for name, value in one.tool.message_fields(one.arguments).items():
        setattr(message, name, value)
    return _eval_tools_robot.Arrival(one.tool.target, message)


@pytest.mark.parametrize(
    ("outcomes", "calls", "verdict"),
    [
        ([(LOOK_LEFT,)], [("look", {"direction": "left", "degrees": 30})], "right"),
        ([(LOOK_LEFT,)], [("look", {"direction": "left"})], "not delivered"),
        ([(LOOK_LEFT,)], [("look", {"direction": "right"})], "wrong"),
        ([(LOOK_LEFT,)], [], "missed"),
        ([(LOOK_LEFT,)], [("look", {"direction": "left", "degrees": 30}), ("sleep", {})], "false action"),
        ([(LOOK_LEFT,)], [("look", {"direction": "left", "degrees": 30})] * 2, "false action"),
        ([()], [("stop", {})], "false action"),
        ([()], [("get_time", {})], "wrong"),
        ([()], [("remember", {"fact": "anything"})], "false action"),
        ([()], [("do_nothing", {})], "right"),
        ([(), (LOOK_LEFT,)], [], "right"),
        ([(), (Wanted("stop"),)], [("sleep", {})], "false action"),
        ([(Wanted("stop"), Wanted("sleep"))], [("sleep", {}), ("stop", {})], "wrong"),
    ],
)
def test_verdicts(outcomes, calls, verdict):
    made = [call(name, **arguments) for name, arguments in calls]
    arrived = [arrival(c) for c in made if c.tool.kind != "local"]
    assert judge(Case("x", tuple(outcomes)), made, arrived, "", False) == verdict


def test_what_never_arrived_and_what_came_without_a_call_is_seen():
    stop = Case("Stop", ((Wanted("stop"),),))
    assert judge(stop, [call("stop")], [], "", False) == "not delivered"
    assert judge(stop, [call("stop")], None, "", False) == "right"
    assert judge(stop, [call("stop")], [arrival(call("stop"))] * 2, "", False) == "false action"
    assert judge(Case("x", ((),)), [], [arrival(call("sleep"))], "", False) == "false action"


def test_a_model_that_fails_answers_nothing_not_even_where_nothing_was_to_be_done():
    assert judge(Case("x", ((),)), [], None, "timeout", False) == "no answer"
    assert judge(Case("x", ((),)), [], None, "no model", True) == "right"
