"""The base of every node: autostart, faults that name a cure, unknown parameters, a life cycle that can be repeated."""

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.parameter import Parameter

from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.parameters import Param


class Probe(VoiceNode):
    PARAMETERS = (
        Param("gain", 1.0, "Gain. 1 changes nothing.", minimum=0.0, maximum=2.0),
        Param("mode", "fast", "Mode.", choices=("fast", "slow")),
        Param("fail", False, "Fail in configure."),
    )

    def __init__(self, **kwargs):
        self.calls = []
        super().__init__("probe", **kwargs)

    def load(self):
        self.calls.append("load")
        if self.p["fail"]:
            raise VoiceError("the probe was told to fail.", "Set fail to false.")

    def open(self):
        self.calls.append("open")

    def close(self):
        self.calls.append("close")

    def unload(self):
        self.calls.append("unload")


def test_a_node_starts_itself_and_releases_in_reverse(ros):
    node = ros.start(Probe)
    ros.stop(node)
    assert node.calls == ["load", "open", "close", "unload"]


def test_a_deactivate_activate_cycle_reopens(ros):
    node = ros.start(Probe)
    peer = ros.peer()
    for transition in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert peer.call(ChangeState, "probe/change_state", request).success
    assert node.calls == ["load", "open", "close", "open"]
    assert node.active


def test_a_transition_that_the_state_does_not_have_is_refused_and_the_node_lives_on(ros):
    node = ros.start(Probe)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert not ros.peer().call(ChangeState, "probe/change_state", request).success
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
    assert ros.peer().call(ChangeState, "probe/change_state", request).success
    assert not node.active


def test_a_failed_configure_says_what_to_do_on_diagnostics(ros):
    heard = ros.peer().record(DiagnosticArray, "/diagnostics")
    node = ros.start(Probe, {"fail": True}, wait=False)
    ros.wait(lambda: any("Set fail to false" in m.status[0].message for m in heard))
    assert not node.active


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("gian", 1.0, "did you mean 'gain'"),
        ("gain", 3.0, "within 0.0 and 2.0"),
        ("gain", float("nan"), "within"),
        ("gain", "loud", "Give a float"),
        ("mode", "fats", "Did you mean 'fast'"),
    ],
)
def test_a_wrong_parameter_is_an_error_with_a_suggestion(ros, name, value, message):
    with pytest.raises(VoiceError, match=message):
        Probe(context=ros.context, parameter_overrides=[Parameter(name, value=value)])


def test_a_whole_number_is_good_for_a_float(ros):
    node = ros.start(Probe, {"gain": 2})
    assert node.p["gain"] == 2.0
    assert isinstance(node.p["gain"], float)
