"""The parameters of the `motion` node for a robot with joint trajectory controllers; apart because only `robot:
ros_control` reads them. The defaults are TIAGo's head, from its public description."""

from __future__ import annotations

from voice_pipeline.motion.joint_map import ANGLES, STILL
from voice_pipeline.ros.parameters import Param

PARAMETERS = (
    Param(
        "ros_control_action",
        "head_controller/follow_joint_trajectory",
        "Action FollowJointTrajectory of the controller that has the head. The name in ros2_control: CONTROLLER/follow_joint_trajectory.",
    ),
    Param(
        "ros_control_point_head_action",
        "head_controller/point_head_action",
        "Action PointHead, which look_at uses for points; it knows every frame of the robot. "
        "Empty: points are taken in base_frame and turned into angles here.",
    ),
    Param(
        "ros_control_pointing_frame",
        "head_2_link",
        "Frame that PointHead turns to the point. The last link of the neck; a camera's frame makes the camera look.",
    ),
    Param(
        "ros_control_pointing_axis",
        [1.0, 0.0, 0.0],
        "Axis of that frame which shall point there: x, y, z. x is ahead in links, z in a camera's optical frame.",
    ),
    Param(
        "ros_control_joints",
        ["head_1_joint", "head_2_joint"],
        "Joints of that controller, all of them: ros2_control refuses trajectories that leave one out.",
    ),
    Param(
        "ros_control_axes",
        ["yaw", "-pitch"],
        f"What each joint drives, in the same order: {', '.join(ANGLES)}, or {STILL} for one that stays; a minus where it "
        "turns against REP-103 (yaw left, pitch down, roll right are positive). TIAGo's tilt joint is positive upwards.",
    ),
    Param(
        "ros_control_low_deg",
        [-75.0, -60.0],
        "Lowest position of each joint, from the robot's description. The box of the motion node holds besides.",
        unit="deg",
    ),
    Param("ros_control_high_deg", [75.0, 45.0], "Highest position of each joint. As ros_control_low_deg.", unit="deg"),
    Param(
        "ros_control_joint_states",
        "joint_states",
        "Topic of the measured joints. The usual name; at least 20 Hz are needed, because motion holds when states are 0.15 s old.",
    ),
    Param(
        "ros_control_rate_hz",
        10.0,
        "Trajectories a second while the head moves, each taking the place of the last. "
        "10: the head is 0.15 s late, and a controller has time to accept each.",
        unit="Hz",
        minimum=2.0,
        maximum=25.0,
    ),
    Param(
        "ros_control_sleep_pitch_deg",
        20.0,
        "How far the head hangs asleep. 20: seen across a room, and inside most ranges; 0 leaves it up.",
        unit="deg",
        minimum=0.0,
        maximum=45.0,
    ),
    Param(
        "ros_control_head_height_m",
        1.1,
        "Height of the head's pitch axis over base_frame, for points without PointHead. About TIAGo's with its torso down.",
        unit="m",
        minimum=0.0,
        maximum=3.0,
    ),
)
