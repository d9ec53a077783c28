"""Poses to joints of another robot and back: signs, ranges, joints that stay, axes that nobody drives."""

import math

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.joint_map import Joint, JointMap
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.protocol import Pose

PAN = Joint("pan", "yaw", 1.0, -1.3, 1.3)
TILT = Joint("tilt", "pitch", -1.0, -1.0, 0.7)  # positive looks up, as TIAGo's
TORSO = Joint("torso", "still", 1.0, 0.0, 0.35)


def test_a_joint_that_turns_the_other_way_gets_the_opposite_sign_and_back():
    joints = JointMap([PAN, TILT])
    pose = Pose(yaw=0.4, pitch=0.2)
    positions = joints.to_joints(pose, (0.0, 0.0))
    assert positions == pytest.approx((0.4, -0.2))
    assert joints.to_pose(dict(zip(joints.names, positions, strict=True))) == pytest.approx(pose)


def test_no_pose_takes_a_joint_out_of_its_range():
    joints = JointMap([PAN, TILT])
    assert joints.to_joints(Pose(yaw=2.0, pitch=-2.0), (0.0, 0.0)) == (1.3, 0.7)


def test_a_joint_that_stays_keeps_its_measured_position():
    joints = JointMap([TORSO, PAN])
    assert joints.to_joints(Pose(yaw=0.1), (0.2, 0.0)) == (0.2, 0.1)


def test_an_axis_without_a_joint_is_where_it_was_asked_to_be():
    joints = JointMap([PAN, TILT])
    asked = Pose(roll=0.1, right_antenna=1.0, yaw=0.9)
    assert joints.to_pose({"pan": 0.5, "tilt": 0.0}, asked) == Pose(roll=0.1, right_antenna=1.0, yaw=0.5)


def test_the_box_is_what_the_joints_reach_and_a_head_without_a_body_cannot_turn_it():
    limits = JointMap([PAN, TILT]).limits(make_limits(pitch=60.0, yaw=60.0))
    assert limits.high.pitch == pytest.approx(1.0)  # tilt's lowest, seen from the other side
    assert limits.low.pitch == pytest.approx(-0.7)
    assert limits.high.yaw == pytest.approx(math.radians(60.0))
    assert (limits.low.body_yaw, limits.high.body_yaw) == (0.0, 0.0)
    assert limits.guard is None


@pytest.mark.parametrize(
    ("joints", "told"),
    [
        ([Joint("lift", "z", 1.0, -1.0, 1.0)], "'z'"),
        ([Joint("pan", "yew", 1.0, -1.0, 1.0)], "'yew'"),
        ([Joint("pan", "yaw", 1.0, 0.2, 1.0)], "from 11"),
        ([PAN, Joint("pan2", "yaw", 1.0, -1.0, 1.0)], "one axis"),
        ([PAN, Joint("pan", "pitch", 1.0, -1.0, 1.0)], "twice"),
        ([TORSO], "none drives"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused_by_name(joints, told):
    with pytest.raises(VoiceError, match=told):
        JointMap(joints)
