"""The container ends: what a node answers and releases at its end it can still answer and release."""

from types import SimpleNamespace

import pytest
import rclpy
from voice_pipeline.action import Say

from voice_pipeline.bringup import container as module
from voice_pipeline.bringup.container import Container
from voice_pipeline.ros.action import DeferredActionServer
from voice_pipeline.ros.node import VoiceNode


class Speaking(VoiceNode):
    """Ends its goal when it is deactivated, as tts does."""

    def __init__(self):
        super().__init__("speaking")
        self.goals = []
        self.released = []

    def load(self):
        self.server = DeferredActionServer(self, Say, "say", self.goals.append, lambda goal: None)

    def close(self):
        for goal in self.goals:
            goal.cancel(Say.Result())
        self.released.append("closed")

    def unload(self):
        self.server.destroy()
        self.released.append("unloaded")


@pytest.fixture
def node(ros, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    rclpy.init(args=[])
    yield Speaking()
    rclpy.shutdown()


def test_a_node_that_is_busy_is_released_whole(ros, monkeypatch, node, capfd):
    monkeypatch.setattr(module, "make_node", lambda *_: node)
    container = Container(SimpleNamespace(all=[SimpleNamespace(name="speaking")]))
    container.start()
    handle = ros.peer().send_goal(Say, "say", Say.Goal(text="hello"))
    assert handle.accepted
    ros.wait(lambda: node.goals)
    container.stop()
    assert node.released == ["closed", "unloaded"]
    assert "while stopping" not in capfd.readouterr().err
