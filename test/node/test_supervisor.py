"""The supervisor with real managed nodes: order, a node that fails at first, a node that is replaced."""

from diagnostic_msgs.msg import DiagnosticArray
from std_msgs.msg import Bool

from voice_pipeline.errors import VoiceError
from voice_pipeline.nodes.supervisor import SupervisorNode
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import LATCHED

ORDER = []


def make(name, failures=0):
    class Managed(VoiceNode):
        left = failures

        def __init__(self, **kwargs):
            super().__init__(name, **kwargs)

        def load(self):
            if Managed.left > 0:
                Managed.left -= 1
                raise VoiceError("no microphone.", "Plug one in.")

        def open(self):
            ORDER.append(name)

    return Managed


def start(ros, *nodes):
    ORDER.clear()
    running = {n: ros.start(make(n, f), {"autostart": False}, wait=False) for n, f in nodes}
    ready = ros.peer().record(Bool, "supervisor/ready", LATCHED)
    ros.start(SupervisorNode, {"nodes": [n for n, _ in nodes], "retry_s": 0.5})
    return running, ready


def test_nodes_come_up_in_the_order_of_the_list(ros):
    nodes, ready = start(ros, ("audio_player", 0), ("tts", 0), ("vad", 0))
    ros.wait(lambda: ready and ready[-1].data)
    assert ORDER == ["audio_player", "tts", "vad"]
    assert all(n.active for n in nodes.values())


def test_a_node_that_cannot_start_is_told_and_tried_again(ros):
    heard = ros.peer().record(DiagnosticArray, "/diagnostics")
    _, ready = start(ros, ("audio_player", 0), ("audio_capture", 2))
    ros.wait(lambda: any("audio_capture: configure failed" in m.status[0].message for m in heard))
    ros.wait(lambda: ready and ready[-1].data)


def test_a_respawned_node_is_driven_up_again(ros):
    nodes, ready = start(ros, ("tts", 0), ("vad", 0))
    ros.wait(lambda: ready and ready[-1].data)
    ros.stop(nodes["vad"])
    ros.wait(lambda: not ready[-1].data)
    again = ros.start(make("vad"), {"autostart": False}, wait=False)
    ros.wait(lambda: again.active)
    ros.wait(lambda: ready[-1].data)
