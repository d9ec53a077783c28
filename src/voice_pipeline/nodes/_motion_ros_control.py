"""A robot with joint trajectory controllers, from the node's parameters; and look_at by its PointHead. Apart because
only `robot: ros_control` needs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.joint_map import Joint, JointMap
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import HEAD_HEIGHT, Robot
from voice_pipeline.motion.registry import HANDED_IN
from voice_pipeline.motion.tasks import Outcome
from voice_pipeline.motion.trajectory_robot import TrajectoryRobot, TrajectorySettings
from voice_pipeline.nodes._motion_pointing import MotionPointing
from voice_pipeline.ros.action import Goal
from voice_pipeline.ros.trajectory_client import TrajectoryClient, TrajectoryNames

_BEFORE = 0.9  # of state_timeout_s: what is missing is told before the controller misses it


def is_other_robot(p: Mapping[str, Any]) -> bool:
    """It publishes its own joint states and transforms, and its axes are what parameters say."""
    return p["robot"] in HANDED_IN


def limits_for(p: Mapping[str, Any], limits: Limits) -> Limits:
    """The limits, narrowed to what the robot's joints reach.

    Raises:
        VoiceError: see JointMap.
    """
    return joints_of(p).limits(limits) if is_other_robot(p) else limits


def joints_of(p: Mapping[str, Any]) -> JointMap:
    """The joints that parameter values name.

    Raises:
        VoiceError: the lists differ in length, or see JointMap.
    """
    lists = [p[f"ros_control_{key}"] for key in ("joints", "axes", "low_deg", "high_deg")]
    if len({len(values) for values in lists}) != 1:
        raise VoiceError(
            "ros_control_joints, _axes, _low_deg and _high_deg differ in length.",
            "Give one value each for every joint.",
        )
    return JointMap(
        [
            Joint(name, axis.removeprefix("-"), -1.0 if axis.startswith("-") else 1.0, *map(math.radians, range_))
            for name, axis, *range_ in zip(*lists, strict=True)
        ]
    )


def head_height(p: Mapping[str, Any]) -> float:
    """Of the head's origin over base_frame, m."""
    return float(p["ros_control_head_height_m"]) if is_other_robot(p) else HEAD_HEIGHT


def pointing_for(
    node: Node, p: Mapping[str, Any], body: Callable[[], Controller], done: Callable[[Goal, Outcome, str], None]
) -> MotionPointing | None:
    """What serves points by PointHead; None for a robot without it. `done` ends a goal."""
    if not (is_other_robot(p) and p["ros_control_point_head_action"]):
        return None
    return MotionPointing(
        body, p["base_frame"], done, lambda error: node.get_logger().error(f"look_at failed: {error!r}")
    )


def ros_control_robot(node: Node, p: Mapping[str, Any], limits: Limits) -> Callable[[], Robot]:
    """Makes the robot, not yet connected.

    Args:
        limits: of `limits_for`.
    """

    def make() -> Robot:
        joints = joints_of(p)
        axis = tuple(p["ros_control_pointing_axis"])
        if len(axis) != 3 or not any(axis):
            raise VoiceError(f"ros_control_pointing_axis is {list(axis)}.", "Give x, y, z, such as [1.0, 0.0, 0.0].")
        names = TrajectoryNames(
            trajectories=p["ros_control_action"],
            pointing=p["ros_control_point_head_action"],
            joint_states=p["ros_control_joint_states"],
            joints=joints.names,
            pointing_frame=p["ros_control_pointing_frame"],
            pointing_axis=axis,
            max_velocity=limits.velocity.yaw,
        )
        settings = TrajectorySettings(
            rate=p["ros_control_rate_hz"],
            dt=1.0 / p["rate_hz"],
            sleep_pitch=math.radians(p["ros_control_sleep_pitch_deg"]),
            oldest=_BEFORE * p["state_timeout_s"],
        )
        return TrajectoryRobot(TrajectoryClient(node, names), joints, limits, settings)

    return make
