"""The Asker of say, chat and summarize against a server that answers faster than rclpy writes down what it asked."""

import threading

import pytest
from voice_pipeline.action import Say

from voice_pipeline.ros.action import DeferredActionServer
from voice_pipeline.ros.ask import Asker
from voice_pipeline.ros.node import VoiceNode


class Prompt(VoiceNode):
    """Ends each goal at once."""

    def __init__(self, **kwargs):
        super().__init__("prompt", **kwargs)

    def load(self):
        self.server = DeferredActionServer(
            self, Say, "say", lambda goal: goal.succeed(Say.Result(spoken_text=goal.request.text)), lambda goal: None
        )

    def unload(self):
        self.server.destroy()


class Slow:
    """rclpy's handle of a client, where what was asked is on its way for a while before the call returns."""

    def __init__(self, handle):
        self._handle = handle

    def __getattr__(self, name):
        call = getattr(self._handle, name)
        if not name.startswith("send_"):
            return call

        def late(*arguments):
            number = call(*arguments)
            threading.Event().wait(0.3)
            return number

        return late


@pytest.fixture
def server(ros, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    return ros.start(Prompt)


def test_an_answer_that_comes_at_once_is_not_lost(server, ros):
    heard = []

    def ask():
        with Asker("asker", Say, "say") as asker:
            asker.wait_for_server(60.0)
            asker._client._client_handle = Slow(asker._client._client_handle)
            heard.append(asker.ask(Say.Goal(text="hello")).result.spoken_text)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    ros.wait(lambda: heard)
    assert heard == ["hello"]
    thread.join(60.0)
