"""Nodes made for the container carry exactly the parameters of their plan, in a namespace too."""

import pytest
import rclpy

from voice_pipeline.bringup.container import make_node
from voice_pipeline.bringup.plan import make_plan
from voice_pipeline.errors import VoiceError


@pytest.fixture
def default_context(ros, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    rclpy.init(args=[])
    yield
    rclpy.shutdown()


@pytest.mark.parametrize("namespace", ["", "robot_1"])
def test_a_node_has_the_parameters_of_its_plan(default_context, namespace):
    plan = make_plan("demo", robot="sim", port=4711)
    node = make_node(next(n for n in plan.nodes if n.name == "motion"), namespace)
    assert node.p["url"] == "http://127.0.0.1:4711"  # of the plan
    assert node.p["autostart"] is False
    assert node.get_namespace() == f"/{namespace}"
    node.destroy_node()


def test_a_parameter_nobody_declared_is_an_error_with_a_suggestion(default_context):
    plan = make_plan("demo", overrides={"vad": {"onest": 0.4}})
    with pytest.raises(VoiceError, match="did you mean 'onset'"):
        make_node(next(n for n in plan.nodes if n.name == "vad"))
