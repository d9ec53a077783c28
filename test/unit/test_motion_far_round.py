"""The body is turned far round: the head's yaw in the base frame passes half a turn, where the daemon's figures jump."""

import math

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.protocol import HeadPose, RobotState
from voice_pipeline.nodes._motion_geometry import rpy
from voice_pipeline.nodes._motion_parameters import PARAMETERS, limits_of

DEFAULTS = {p.name: p.default for p in PARAMETERS}


def told(body_deg, head_deg):
    """A state in which the daemon tells the head's yaw as -pi..pi."""
    body, head = math.radians(body_deg), math.remainder(math.radians(head_deg), 2 * math.pi)
    return RobotState(0.0, 0, HeadPose(0.0, 0.0, 0.0, 0.0, 0.0, head), body, (body, *[0.0] * 8), "enabled")


@pytest.mark.parametrize(("body", "head"), [(150, 195), (-150, -195), (90, 135), (0, -45), (170, 170)])
def test_the_measured_yaw_of_the_head_is_the_one_that_its_neck_has(body, head):
    state = told(body, head)
    assert math.degrees(state.pose.yaw) == pytest.approx(head - body)
    assert math.degrees(rpy(state, relative=True).z) == pytest.approx(head - body)


def test_limits_that_let_the_head_face_backwards_are_refused_with_the_cure():
    with pytest.raises(VoiceError, match=r"body_yaw_limit_deg and yaw_limit_deg are 205 together.*175 at most"):
        limits_of({**DEFAULTS, "body_yaw_limit_deg": 160.0})


def test_the_widest_turn_of_the_body_is_allowed_with_a_head_that_turns_less():
    limits_of({**DEFAULTS, "body_yaw_limit_deg": 160.0, "yaw_limit_deg": 15.0})
    limits_of({**DEFAULTS, "body_yaw_limit_deg": 160.0, "robot": "none"})
