"""Transforms, joint_states and motion/state, against the robot's real daemon in simulation and its URDF."""

import math
import xml.etree.ElementTree as ElementTree

import pytest
from geometry_msgs.msg import PoseStamped
from tf2_msgs.msg import TFMessage
from voice_pipeline.action import LookAt

from motion_bench import Body, patience, simulated_robot, stamp  # noqa: F401
from voice_pipeline.motion.simulator import find_robot_environment

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def urdf():
    """joint name -> (parent link, child link, lower, upper), and the names of all links."""
    root = ElementTree.parse(next(find_robot_environment().rglob("robot_no_collision.urdf"))).getroot()
    joints = {}
    for joint in root.findall("joint"):
        limit, origin = joint.find("limit"), joint.find("origin")
        joints[joint.get("name")] = (
            float(limit.get("lower")) if limit is not None else 0.0,
            float(limit.get("upper")) if limit is not None else 0.0,
            [float(v) for v in origin.get("xyz").split()],
            joint.get("type"),
        )
    return joints, {link.get("name") for link in root.findall("link")}


def yaw_of(rotation):
    return 2 * math.atan2(rotation.z, rotation.w)


def test_transforms_follow_head_and_body_as_they_are_measured(ros, robot):
    body = Body(ros, robot)
    transforms = body.peer.record(TFMessage, "/tf")
    poses = body.peer.record(PoseStamped, "head_pose")
    assert body.do(LookAt.Goal(yaw=1.2)).error_code == LookAt.Result.NONE

    def there():
        found = {t.child_frame_id: t for t in transforms[-1].transforms} if transforms else {}
        return found and yaw_of(found["head"].transform.rotation) == pytest.approx(1.2, abs=0.02) and found

    by_child = body.ros.wait(there, what="a head that faces there")
    assert set(by_child) == {"head", "body"}
    assert {t.header.frame_id for t in transforms[-1].transforms} == {"base_link"}
    assert yaw_of(by_child["body"].transform.rotation) == pytest.approx(1.2 - math.radians(45), abs=0.02)
    assert by_child["head"].transform.translation.z == pytest.approx(0.177, abs=0.002)

    def pair():
        """A transform and the pose of the same state."""
        return next(((t, p) for t in transforms[-9:] for p in poses[-9:] if stamp(t.transforms[0]) == stamp(p)), None)

    same, pose = body.ros.wait(pair, what="a transform and a pose of one state")
    head = next(t for t in same.transforms if t.child_frame_id == "head").transform
    assert head.rotation == pose.pose.orientation
    assert head.translation.z == pose.pose.position.z


def test_there_is_one_for_every_state_with_rising_stamps(ros, robot):
    body = Body(ros, robot)
    transforms = body.peer.record(TFMessage, "/tf")
    body.ros.wait(lambda: len(transforms) > 60)
    stamps = [stamp(t.transforms[0]) for t in list(transforms)]
    assert stamps == sorted(set(stamps))
    body.ros.wait(lambda: stamp(body.joints[-1]) >= stamps[-1])
    assert [t for m in list(body.joints) if stamps[0] <= (t := stamp(m)) <= stamps[-1]] == stamps


def test_frames_have_the_names_that_are_asked_for(ros, robot):
    body = Body(ros, robot, base_frame="torso", head_frame="mini/head", body_frame="mini/body")
    transforms = body.peer.record(TFMessage, "/tf")
    body.ros.wait(lambda: transforms)
    names = {(t.header.frame_id, t.child_frame_id) for t in transforms[-1].transforms}
    assert names == {("torso", "mini/head"), ("torso", "mini/body")}


def test_without_publish_tf_nothing_is_on_tf(ros, robot):
    body = Body(ros, robot, publish_tf=False)
    assert body.peer.node.count_publishers("/tf") == 0
    assert body.joints


def test_joint_states_have_the_names_and_ranges_of_the_urdf(ros, robot, urdf):
    joints, links = urdf
    body = Body(ros, robot)
    body.move(roll=0.2, pitch=-0.2, yaw=0.4)
    last = body.joints[-1]
    assert len(last.name) == len(last.position) == 9
    assert set(last.name) == {n for n, (*_, kind) in joints.items() if kind != "fixed" and not n.startswith("passive")}
    for name, position in zip(last.name, last.position, strict=True):
        lower, upper, *_ = joints[name]
        assert lower <= position <= upper, name
    assert "head" in links
    assert joints["yaw_body"][2][2] == pytest.approx(0.0348)  # where the transform of the body is
    assert body.states[-1].control_mode == "enabled"
