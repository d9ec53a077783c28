"""The action motion/follow_joint_trajectory and the topic motion/joint_trajectory, as joint_trajectory_controller has
them. Apart from the other actions because the messages and the error codes are other people's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from control_msgs.action import FollowJointTrajectory
from rclpy.node import Node
from rclpy.time import Time
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.joint_orders import JointTask, Tolerances, follow
from voice_pipeline.motion.protocol import AXES
from voice_pipeline.motion.tasks import Listener, Outcome, Refused, Report
from voice_pipeline.motion.trajectory import JOINTS, MOST_POINTS, Waypoint
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.qos import EVENTS

_TELL_AGAIN_S = 5.0
_Result = FollowJointTrajectory.Result
# Everything else is INVALID_GOAL, which is what joint_trajectory_controller says of a goal that had to make way, too.
_CODES = {
    Outcome.NONE: _Result.SUCCESSFUL,
    Outcome.CANCELLED: _Result.SUCCESSFUL,
    Outcome.INVALID_JOINTS: _Result.INVALID_JOINTS,
    Outcome.OLD_STAMP: _Result.OLD_HEADER_TIMESTAMP,
    Outcome.OFF_PATH: _Result.PATH_TOLERANCE_VIOLATED,
    Outcome.NOT_REACHED: _Result.GOAL_TOLERANCE_VIOLATED,
}


class MotionTrajectories:
    """An action server and a subscription.

    Args:
        node: owns them.
        body: the controller; raises Refused while there is none.
        p: the node's parameters.
    """

    def __init__(self, node: Node, body: Callable[[], Controller], p: Mapping[str, Any]) -> None:
        self._node, self._body = node, body
        self._goal_tolerance, self._goal_time = math.radians(p["goal_tolerance_deg"]), float(p["settle_s"])
        self._tasks: dict[str, JointTask] = {}  # by goal id
        self._last: JointTask | None = None
        self._taken = self._refused = 0
        self._server = DeferredActionServer(
            node, FollowJointTrajectory, "motion/follow_joint_trajectory", self._on_goal, self._on_cancel
        )
        self._subscription = node.create_subscription(
            JointTrajectory, "motion/joint_trajectory", self._on_topic, EVENTS
        )

    def destroy(self) -> None:
        """Take them back."""
        self._server.destroy()
        self._node.destroy_subscription(self._subscription)

    @property
    def counters(self) -> dict[str, int]:
        """For /diagnostics; since configuration."""
        return {"trajectories": self._taken, "trajectories_refused": self._refused}

    def _on_goal(self, goal: Goal) -> None:
        def progress(report: Report) -> None:
            task = self._tasks.get(goal.id)
            if task is not None:
                goal.feedback(_feedback(task, report, self._node.get_clock().now()))

        def done(outcome: Outcome, message: str, report: Report) -> None:
            self._tasks.pop(goal.id, None)
            _end(goal, outcome, message)

        try:
            task = self._follow(goal.request.trajectory, self._tolerances(goal.request), Listener(progress, done))
        except Refused as refusal:
            _end(goal, refusal.outcome, str(refusal))
            return
        if not goal.done:
            self._tasks[goal.id] = task

    def _on_cancel(self, goal: Goal) -> None:
        task = self._tasks.get(goal.id)
        if task is not None:
            self._body().cancel(task)

    def _on_topic(self, message: JointTrajectory) -> None:
        def done(outcome: Outcome, text: str, report: Report) -> None:
            if outcome not in (Outcome.NONE, Outcome.CANCELLED, Outcome.PREEMPTED):
                self._node.get_logger().warning(f"motion/joint_trajectory: {text}")

        try:
            if not message.points:  # as joint_trajectory_controller has it: hold
                if self._last is not None:
                    self._body().cancel(self._last)
                return
            tolerances = Tolerances({}, dict.fromkeys(message.joint_names, self._goal_tolerance), self._goal_time)
            self._follow(message, tolerances, Listener(lambda report: None, done))
        except Refused as refusal:
            self._node.get_logger().warning(
                f"motion/joint_trajectory refused: {refusal}", throttle_duration_sec=_TELL_AGAIN_S
            )

    def _follow(self, trajectory: JointTrajectory, tolerances: Tolerances, listener: Listener) -> JointTask:
        try:
            points = [_waypoint(n, point) for n, point in enumerate(trajectory.points[: MOST_POINTS + 1])]
            names = list(trajectory.joint_names)
            self._last = follow(self._body(), names, points, self._delay(trajectory), tolerances, listener)
        except Refused:
            self._refused += 1
            raise
        self._taken += 1
        return self._last

    def _delay(self, trajectory: JointTrajectory) -> float:
        """s until it begins; a stamp of 0 is now."""
        stamp = _seconds(trajectory.header.stamp)  # not by Time.from_msg, which raises when it is negative
        return stamp - self._node.get_clock().now().nanoseconds * 1e-9 if stamp else 0.0

    def _tolerances(self, request: Any) -> Tolerances:
        joints = list(request.trajectory.joint_names)
        extra = request.multi_dof_trajectory.points or request.component_path_tolerance
        if extra or request.component_goal_tolerance:
            self._refused += 1
            raise Refused(Outcome.INVALID_GOAL, "Only joints are taken; leave what is multi-DOF empty.")
        seconds = _seconds(request.goal_time_tolerance)
        try:
            return Tolerances(
                _limits(joints, request.path_tolerance, math.inf),
                _limits(joints, request.goal_tolerance, self._goal_tolerance),
                math.inf if seconds < 0.0 else seconds or self._goal_time,
            )
        except Refused:
            self._refused += 1
            raise


def _limits(joints: Sequence[str], asked: Sequence[Any], default: float) -> dict[str, float]:
    """rad by joint. In a message 0 means the default and a negative one means any."""
    limits = dict.fromkeys(joints, default)
    for tolerance in asked:
        if tolerance.name not in limits:
            raise Refused(Outcome.INVALID_JOINTS, f"A tolerance is for '{tolerance.name}', which has no trajectory.")
        if not math.isfinite(tolerance.position) or tolerance.velocity > 0.0 or tolerance.acceleration > 0.0:
            raise Refused(
                Outcome.INVALID_GOAL, f"The tolerance of {tolerance.name}: give a position only; it is measured."
            )
        if tolerance.position:
            limits[tolerance.name] = tolerance.position if tolerance.position > 0.0 else math.inf
    return {name: limit for name, limit in limits.items() if limit < math.inf}


def _waypoint(n: int, point: JointTrajectoryPoint) -> Waypoint:
    if any(point.effort):
        raise Refused(Outcome.INVALID_GOAL, f"Point {n} has efforts; the robot takes positions. Leave effort empty.")
    time = _seconds(point.time_from_start)
    return Waypoint(time, tuple(point.positions), tuple(point.velocities), tuple(point.accelerations))


def _seconds(duration: Any) -> float:
    """Of a Duration or a Time."""
    return float(duration.sec + duration.nanosec * 1e-9)


def _feedback(task: JointTask, report: Report, now: Time) -> Any:
    axes = [AXES.index(JOINTS[name]) for name in task.joints]
    p, v, a = ([float(x[i]) for i in axes] for x in task.path.now)
    message = FollowJointTrajectory.Feedback(joint_names=list(task.joints))
    message.header.stamp = now.to_msg()
    message.desired = JointTrajectoryPoint(positions=p, velocities=v, accelerations=a)
    if report.measured is not None:
        actual = [float(report.measured.pose[i]) for i in axes]
        message.actual = JointTrajectoryPoint(positions=actual)
        message.error = JointTrajectoryPoint(positions=[w - m for w, m in zip(p, actual, strict=True)])
    return message


def _end(goal: Goal, outcome: Outcome, message: str) -> None:
    result = _Result(error_code=_CODES.get(outcome, _Result.INVALID_GOAL), error_string=message)
    if outcome is Outcome.NONE:
        goal.succeed(result)
    elif outcome is Outcome.CANCELLED:
        goal.cancel(result)
    else:
        goal.abort(result)
