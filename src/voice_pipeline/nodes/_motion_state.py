"""What the body tells: joint_states, head_pose, transforms and motion/state. Apart from motion.py, which holds the node
together; these are called on the robot's thread."""

from __future__ import annotations

import time
from array import array
from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import PoseStamped, TransformStamped
from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.protocol import HEAD_HEIGHT, JOINT_NAMES, RobotState
from voice_pipeline.msg import MotionState
from voice_pipeline.nodes._motion_geometry import quaternion, rpy
from voice_pipeline.nodes._motion_ros_control import is_other_robot
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg

_BODY_HEIGHT = 0.0348  # m, origin of the joint yaw_body in the robot's URDF
_TF_DEPTH = 100  # what tf2's own broadcaster uses


class MotionTold:
    """Publishers of what the robot measures and how the controller stands.

    Args:
        node: owns them.
        p: the node's parameters.
    """

    def __init__(self, node: Node, p: Mapping[str, Any]) -> None:
        self._node, self._base_frame = node, str(p["base_frame"])
        self._other = is_other_robot(p)  # it tells its joints and frames itself
        self.states = 0  # measured states that were published
        self._joints = None if self._other else node.create_publisher(JointState, "joint_states", EVENTS)
        self._head_pose = None if self._other else node.create_publisher(PoseStamped, "head_pose", EVENTS)
        self._state = node.create_publisher(MotionState, "motion/state", EVENTS)
        # Absolute, as tf2 has it: listeners of every namespace look there.
        tells = p["publish_tf"] and not self._other
        self._tf = node.create_publisher(TFMessage, "/tf", _TF_DEPTH) if tells else None
        # Filled anew for every state: making them 45 times a second costs more than sending them.
        self._joints_message = JointState(name=list(JOINT_NAMES))
        self._pose_message = PoseStamped()
        self._pose_message.header.frame_id = self._base_frame
        self._body, self._face = (
            TransformStamped(header=self._pose_message.header, child_frame_id=frame)
            for frame in (str(p["body_frame"]), str(p["head_frame"]))
        )
        self._body.transform.translation.z = _BODY_HEIGHT
        self._tf_message = TFMessage(transforms=[self._body, self._face])

    def destroy(self) -> None:
        """Take the publishers back; after the robot's last word."""
        for publisher in (self._joints, self._head_pose, self._state, self._tf):
            if publisher is not None:
                self._node.destroy_publisher(publisher)

    def measured(self, state: RobotState) -> None:
        """Every measured state, on the robot's thread."""
        self.states += 1
        if self._joints is None or self._head_pose is None:
            return
        stamp = to_msg(state.stamp_ns)
        if _heard(self._joints):
            joints = self._joints_message
            joints.header.stamp, joints.position = stamp, array("d", state.joints)
            self._joints.publish(joints)
        tells_frames = self._tf is not None and _heard(self._tf)
        if not (tells_frames or _heard(self._head_pose)):
            return
        pose, head = self._pose_message, state.head
        at = pose.pose.position
        pose.header.stamp = stamp
        at.x, at.y, at.z = head.x, head.y, HEAD_HEIGHT + head.z
        pose.pose.orientation = quaternion(head.roll, head.pitch, head.yaw)
        if _heard(self._head_pose):
            self._head_pose.publish(pose)
        if self._tf is not None and tells_frames:
            face, body = self._face.transform, self._body.transform
            face.translation.x, face.translation.y, face.translation.z = at.x, at.y, at.z
            face.rotation = pose.pose.orientation
            body.rotation = quaternion(0.0, 0.0, state.body_yaw)
            self._tf.publish(self._tf_message)

    def stands(self, controller: Controller) -> None:
        """How the controller stands; on any thread."""
        status = controller.status(time.monotonic())
        connected = status.state != "DISCONNECTED" and status.measured is not None
        message = MotionState(
            state=getattr(MotionState, status.state),
            move=status.move,
            progress=float(status.progress),
            head_rpy=rpy(status.measured, relative=False),
            body_yaw=status.measured.body_yaw if status.measured else 0.0,
            state_age_s=float(min(status.age, 1e6)),
            clamps=status.clamps,
            detail=status.detail,
            control_mode=status.measured.motors if connected and status.measured else "",
            moving=status.state == "MOVING" or controller.lively,
        )
        message.header.stamp, message.header.frame_id = to_msg(time.time_ns()), self._base_frame
        self._state.publish(message)


def _heard(publisher: Publisher) -> bool:
    """Somebody listens. Messages to nobody cost as much as a third of all that this process does."""
    return bool(publisher.get_subscription_count())
