"""The supervisor and a node whose process is lost in the middle of a transition."""

import threading

from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from voice_pipeline.nodes.supervisor import SupervisorNode
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import LATCHED


class Loading(VoiceNode):
    """Loads until the test lets it: what is still in the graph of a process that was killed answers as little."""

    go_on = threading.Event()
    begun = threading.Event()

    def __init__(self, **kwargs):
        super().__init__("asr", **kwargs)

    def load(self):
        Loading.begun.set()
        Loading.go_on.wait()


class Fresh(VoiceNode):
    def __init__(self, **kwargs):
        super().__init__("asr", **kwargs)


def test_a_node_that_was_killed_while_it_loaded_is_driven_up_again(ros):
    Loading.go_on.clear()
    Loading.begun.clear()
    ready = ros.peer().record(Bool, "supervisor/ready", LATCHED)
    ros.start(Loading, {"autostart": False}, wait=False)
    ros.start(SupervisorNode, {"nodes": ["asr"], "retry_s": 0.5})
    try:
        ros.wait(Loading.begun.is_set)
        again = ros.start(Fresh, {"autostart": False}, wait=False)
        ros.wait(lambda: again.active)
        ros.wait(lambda: ready and ready[-1].data)
    finally:
        Loading.go_on.set()


class Opening(VoiceNode):
    """Opens its device until the test lets it."""

    go_on = threading.Event()
    begun = threading.Event()

    def __init__(self, **kwargs):
        super().__init__("audio_capture", **kwargs)
        self.closed = 0

    def open(self):
        Opening.begun.set()
        Opening.go_on.wait()

    def close(self):
        self.closed += 1


def test_a_shutdown_during_activation_leaves_no_microphone_open(ros):
    Opening.go_on.clear()
    Opening.begun.clear()
    node = ros.start(Opening, {"autostart": False}, wait=False)
    ros.start(SupervisorNode, {"nodes": ["audio_capture"]})
    try:
        ros.wait(Opening.begun.is_set)
        assert ros.peer().call(Trigger, "supervisor/shutdown", Trigger.Request()).success
    finally:
        Opening.go_on.set()
    ros.wait(lambda: node.closed)
    assert not node.active
