"""Speaks FollowJointTrajectory and PointHead to a robot's controllers, and hears its joint states: the port that
voice_pipeline.motion.trajectory_robot drives."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from control_msgs.action import FollowJointTrajectory, PointHead
from geometry_msgs.msg import Point, Vector3
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.task import Future
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from voice_pipeline.motion.joint_stream import JointPoint
from voice_pipeline.motion.trajectory_port import Errand, Sight, Stage
from voice_pipeline.ros.mailbox import Mailbox

_LOOK_S = 0.2  # how often it is seen whether the server is there
_JOINTS_S = 0.008  # joint states that come sooner than this after the last are dropped: some robots send 1 kHz
# Best effort hears reliable and best-effort publishers; only the newest counts.
_JOINT_STATES = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
_R = FollowJointTrajectory.Result
_CODES = {getattr(_R, name): name for name in dir(_R) if name.isupper() and isinstance(getattr(_R, name), int)}
_STAGES = {GoalStatus.STATUS_SUCCEEDED: Stage.SUCCEEDED, GoalStatus.STATUS_CANCELED: Stage.CANCELED}


@dataclass(frozen=True)
class TrajectoryNames:
    """What the robot's actions, joints and frames are called. pointing: empty for a robot without PointHead.

    pointing_frame, pointing_axis: what PointHead shall turn to the point. max_velocity: rad/s, of PointHead.
    """

    trajectories: str
    pointing: str
    joint_states: str
    joints: tuple[str, ...]
    pointing_frame: str
    pointing_axis: tuple[float, float, float]
    max_velocity: float


class TrajectoryClient:
    """See `TrajectoryPort`. rclpy is touched on the executor's thread only: its action client is not safe elsewhere.

    Args:
        node: owns the clients and the subscription.
    """

    def __init__(self, node: Node, names: TrajectoryNames) -> None:
        self._node, self._names = node, names
        self.trajectories = f"'{node.resolve_topic_name(names.trajectories)}'"
        self.pointing = f"'{node.resolve_topic_name(names.pointing)}'" if names.pointing else ""
        self._mailbox = Mailbox(node)
        self._ready = False
        self._follower: ActionClient | None = None
        self._pointer: ActionClient | None = None
        self._heard = 0.0
        self._undo: list[Callable[[], Any]] = []

    def open(self, on_joints: Callable[[Mapping[str, float]], None]) -> None:
        """See TrajectoryPort. On the executor's thread."""
        node = self._node

        def hear(message: JointState) -> None:
            now = time.monotonic()
            ours = {n: p for n, p in zip(message.name, message.position, strict=False) if n in self._names.joints}
            if ours and (now - self._heard >= _JOINTS_S or len(ours) < len(self._names.joints)):
                self._heard = now
                on_joints(ours)

        self._follower = ActionClient(node, FollowJointTrajectory, self._names.trajectories)
        if self._names.pointing:
            self._pointer = ActionClient(node, PointHead, self._names.pointing)
        subscription = node.create_subscription(JointState, self._names.joint_states, hear, _JOINT_STATES)
        timer = node.create_timer(_LOOK_S, self._look)
        self._undo = [
            *(client.destroy for client in (self._follower, self._pointer) if client is not None),
            lambda: node.destroy_subscription(subscription),
            lambda: node.destroy_timer(timer),
        ]

    def close(self) -> None:
        """See TrajectoryPort. On the executor's thread."""
        self._mailbox.flush()
        self._mailbox.close()
        self._ready = False
        while self._undo:
            self._undo.pop()()
        self._follower = self._pointer = None

    @property
    def ready(self) -> bool:
        """See TrajectoryPort."""
        return self._ready

    def follow(self, points: Sequence[JointPoint]) -> Errand:
        """See TrajectoryPort. Its header has no stamp: "now", whatever the clocks of the two machines say."""
        goal = FollowJointTrajectory.Goal(
            trajectory=JointTrajectory(
                joint_names=list(self._names.joints),
                points=[
                    JointTrajectoryPoint(
                        positions=p.positions, velocities=p.velocities, time_from_start=_duration(p.time)
                    )
                    for p in points
                ],
            )
        )
        return self._send(lambda: self._follower, goal, None, _verdict)

    def point(self, sight: Sight, progress: Callable[[float], None]) -> Errand:
        """See TrajectoryPort."""
        names = self._names
        axis = Vector3(**dict(zip("xyz", names.pointing_axis, strict=True)))
        goal = PointHead.Goal(
            pointing_axis=axis,
            pointing_frame=names.pointing_frame,
            min_duration=_duration(sight.duration),
            max_velocity=names.max_velocity,
        )
        goal.target.header.frame_id = sight.frame  # no stamp: the newest transform
        goal.target.point = Point(x=sight.x, y=sight.y, z=sight.z)
        return self._send(
            lambda: self._pointer, goal, lambda m: progress(m.feedback.pointing_angle_error), lambda result: ""
        )

    def say(self, text: str) -> None:
        """See TrajectoryPort."""
        self._node.get_logger().warning(text)

    def _look(self) -> None:
        self._ready = self._follower is not None and self._follower.server_is_ready()

    def _send(
        self, client: Callable[[], ActionClient | None], goal: Any, feedback: Any, verdict: Callable[[Any], str]
    ) -> Errand:
        """Send a goal from the executor's thread; `verdict` reads the reason of a failure from a result."""
        handles: list[Any] = []  # once accepted

        def cancel() -> None:
            wanted.append(True)
            self._mailbox.post(lambda: handles[0].cancel_goal_async() if handles and not errand.ended else None)

        wanted: list[bool] = []  # cancelled before it was accepted
        errand = Errand(cancel)

        def ended(future: Future) -> None:
            response = future.result()
            if response is not None:
                errand.move(_STAGES.get(response.status, Stage.ABORTED), verdict(response.result))

        def answered(future: Future) -> None:
            handle = future.result()
            if handle is None or not handle.accepted:
                errand.move(Stage.REJECTED)
                return
            handles.append(handle)
            errand.move(Stage.ACCEPTED)
            handle.get_result_async().add_done_callback(ended)
            if wanted:
                handle.cancel_goal_async()

        def send() -> None:
            port = client()
            if port is None:
                errand.move(Stage.REJECTED, "The connection is closed.")
            else:
                port.send_goal_async(goal, feedback_callback=feedback).add_done_callback(answered)

        self._mailbox.post(send)
        return errand


def _duration(seconds: float) -> Duration:
    whole = int(seconds)
    return Duration(sec=whole, nanosec=min(round((seconds - whole) * 1e9), 999_999_999))


def _verdict(result: Any) -> str:
    """Why a trajectory failed; empty when it did not."""
    code = int(result.error_code)
    if code == _R.SUCCESSFUL:
        return str(result.error_string)
    return f"{_CODES.get(code, f'error {code}')} {result.error_string}".strip()
