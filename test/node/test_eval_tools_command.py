"""eval_tools with real servers in the robot's place: what arrives there decides, not what was meant to be sent."""

import json

from ros_bench import PATIENCE_S
from scripted_model import ScriptedModel
from voice_pipeline.commands import _eval_tools_robot, eval_tools
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import ToolBox
from voice_pipeline.dialogue.tools_file import load
from voice_pipeline.resources import resource

CASES = """
- {say: "Look left by thirty degrees.", tool: look, arguments: {direction: left}, received: {yaw: 0.5236, pitch: 0.0}}
- {say: "Nod three times", tool: play_move, received: {name: nod, repeat: 3}}
- {say: "Nod", tool: play_move, received: {name: shake}}
- {say: "Stop!", tool: stop}
- {say: "Louder please", tool: set_volume, received: {relative: true, volume: 0.2}}
- {say: "What time is it?", tool: get_time}
- {say: "Who are you?", tool: null}
"""


def wait_long(monkeypatch):
    for limit in ("_APPEAR_S", "_SETTLE_S"):
        monkeypatch.setattr(_eval_tools_robot, limit, PATIENCE_S)


def test_the_servers_get_the_fields_in_their_own_units(tmp_path, monkeypatch):
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setattr(eval_tools, "create", lambda settings: ScriptedModel())
    wait_long(monkeypatch)
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    assert eval_tools.main(["--cases", str(path), "--out", str(tmp_path)]) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["correct"], summary["not_delivered"], summary["false_actions"]) == (6, 1, 0)
    details = json.loads((tmp_path / "details.json").read_text())
    assert details[0]["received"][0].startswith("look_at: ")
    assert [len(d["received"]) for d in details] == [1, 1, 1, 1, 1, 0, 0]
    assert details[6]["answer"] == "You said Who are you?."


def test_every_tool_of_the_file_has_a_server_that_answers(tmp_path, monkeypatch):
    wait_long(monkeypatch)
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    tools = load(resource("config/tools.yaml")).tools
    box = ToolBox(tools, 1000)
    with eval_tools.MockRobot(tools, Facts(tmp_path / "facts.md")) as robot:
        for name, tool in tools.items():
            required = tool.parameters.get("required", [])
            arguments = {k: tool.parameters["properties"][k].get("enum", ["x"])[0] for k in required}
            call = box.validate(ToolCallRequest(name, arguments), by_model=False)
            pending = robot.start(call, name)
            calls, arrived = robot.take()
            assert pending.outcome is not None
            assert len(calls) == 1
            assert len(arrived) == (tool.kind != "local"), name
