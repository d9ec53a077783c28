"""The shape of the house: arrows run one way, engines know nothing of ROS, every profile key is declared."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "voice_pipeline"
STAGES = ("audio", "vad", "asr", "dialogue", "tts", "motion", "turn")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def engine_files():
    return [p for stage in STAGES for p in sorted((SOURCE / stage).rglob("*.py"))]


@pytest.mark.parametrize("path", engine_files(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_an_engine_knows_nothing_of_ros_or_of_another_stage(path):
    stage = path.relative_to(SOURCE).parts[0]
    for name in imports(path):
        top = name.split(".")[0]
        assert top not in ("rclpy", "launch", "launch_ros"), name
        assert not top.endswith(("_msgs", "_srvs", "_interfaces")), name
        if top == "voice_pipeline" and "." in name:
            room = name.split(".")[1]
            assert room not in ("nodes", "ros", "bringup", "commands", "msg", "action"), name
            assert room not in STAGES or room in (stage, "audio"), f"{name}: no stage imports another"


def test_nodes_do_not_import_one_another():
    for path in (SOURCE / "nodes").glob("[a-z]*.py"):
        assert not [n for n in imports(path) if n.startswith("voice_pipeline.nodes") and "._" not in n], path


def test_what_nodes_share_does_not_import_nodes():
    for path in (SOURCE / "ros").glob("*.py"):
        assert not [n for n in imports(path) if n.startswith(("voice_pipeline.nodes", "voice_pipeline.bringup"))], path
