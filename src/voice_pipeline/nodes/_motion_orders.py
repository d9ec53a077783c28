"""The actions move_head, look_at and play_move, in ROS messages; apart from motion.py, which holds the node together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node

from voice_pipeline.action import LookAt, MoveHead, PlayMove
from voice_pipeline.motion import goals
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.tasks import Listener, Outcome, Refused, Report, Task
from voice_pipeline.nodes._motion_geometry import rpy
from voice_pipeline.nodes._motion_ros_control import head_height, pointing_for
from voice_pipeline.ros.action import DeferredActionServer, Goal


class MotionOrders:
    """Three action servers.

    Args:
        node: owns them.
        body: the controller; raises Refused while there is none.
        p: the node's parameters.
    """

    def __init__(self, node: Node, body: Callable[[], Controller], p: Mapping[str, Any]) -> None:
        self._body, self._base_frame = body, str(p["base_frame"])
        self._tasks: dict[str, Task] = {}  # by goal id
        self._head_height = head_height(p)
        self._pointing = pointing_for(node, p, body, self._pointed)
        self._servers = [
            self._serve(node, MoveHead, "move_head", self._move_head),
            self._serve(node, LookAt, "look_at", self._look_at),
            self._serve(node, PlayMove, "play_move", self._play_move),
        ]

    def destroy(self) -> None:
        """Take the servers back."""
        while self._servers:
            self._servers.pop().destroy()
        if self._pointing is not None:
            self._pointing.destroy()

    def _move_head(self, goal: Goal) -> Task:
        r = goal.request
        listener = self._listener(goal, MoveHead, relative=True)
        return self._body().move_head((r.roll, r.pitch, r.yaw), r.z, r.duration_s, listener)

    def _look_at(self, goal: Goal) -> Task | None:
        r = goal.request
        yaw, pitch = r.yaw, r.pitch
        if r.use_point and self._pointing is not None:
            self._pointing.look(goal)
            return None
        if r.use_point:
            frame = r.point.header.frame_id
            if frame not in ("", self._base_frame):
                known = self._base_frame
                raise Refused(Outcome.UNKNOWN_FRAME, f"Points are taken in frame '{known}', not in '{frame}'.")
            yaw, pitch = goals.point_direction(r.point.point.x, r.point.point.y, r.point.point.z, self._head_height)
        return self._body().look(yaw, pitch, r.duration_s, self._listener(goal, LookAt, relative=False))

    def _pointed(self, goal: Goal, outcome: Outcome, message: str) -> None:
        try:
            measured = self._body().robot.state
        except Refused:
            measured = None
        self._end(goal, outcome, _result(LookAt, outcome, message, head_rpy=rpy(measured, relative=False)))

    def _play_move(self, goal: Goal) -> Task:
        r = goal.request

        def done(outcome: Outcome, message: str, report: Report) -> None:
            self._end(goal, outcome, _result(PlayMove, outcome, message, duration_s=report.seconds))

        def progress(report: Report) -> None:
            goal.feedback(PlayMove.Feedback(progress=report.progress))

        return self._body().play(r.name, r.speed, r.repeat, r.preempt, Listener(progress, done))

    def _listener(self, goal: Goal, action: Any, relative: bool) -> Listener:
        """For a head movement; measured angles relative to the body or in the base frame, as the goal's are."""

        def progress(report: Report) -> None:
            angles = rpy(report.measured, relative)
            goal.feedback(action.Feedback(head_rpy=angles, error_rad=report.error))

        def done(outcome: Outcome, message: str, report: Report) -> None:
            angles = rpy(report.measured, relative)
            self._end(goal, outcome, _result(action, outcome, message, clamped=report.clamped, head_rpy=angles))

        return Listener(progress, done)

    def _serve(self, node: Node, action: Any, name: str, begin: Callable[[Goal], Task | None]) -> DeferredActionServer:
        def on_goal(goal: Goal) -> None:
            try:
                task = begin(goal)
            except Refused as refusal:
                goal.abort(_result(action, refusal.outcome, str(refusal)))
                return
            if task is not None and not goal.done:
                self._tasks[goal.id] = task

        def on_cancel(goal: Goal) -> None:
            task = self._tasks.get(goal.id)
            if task is not None:
                self._body().cancel(task)

        return DeferredActionServer(node, action, name, on_goal, on_cancel)

    def _end(self, goal: Goal, outcome: Outcome, result: Any) -> None:
        self._tasks.pop(goal.id, None)
        if outcome is Outcome.NONE:
            goal.succeed(result)
        elif outcome is Outcome.CANCELLED:
            goal.cancel(result)
        else:
            goal.abort(result)


def _result(action: Any, outcome: Outcome, message: str, **fields: Any) -> Any:
    code = getattr(action.Result, outcome.name)
    return action.Result(error_code=code, error_msg=message, **fields)
