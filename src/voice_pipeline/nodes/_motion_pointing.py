"""look_at by the robot's own PointHead, for goals that give a point; apart because it waits, on a worker of its own."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.action import LookAt
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.pointing import Pointer, look_at_point
from voice_pipeline.motion.tasks import Outcome
from voice_pipeline.motion.trajectory_port import Sight
from voice_pipeline.nodes._motion_geometry import rpy
from voice_pipeline.ros.action import Goal
from voice_pipeline.ros.worker import Worker

_WAITING = 4  # goals; each takes the place of the one before


class MotionPointing:
    """Runs one goal after the other; a newer one ends the one before as PREEMPTED.

    Args:
        body: the controller; raises Refused while there is none.
        base_frame: of points that name no frame.
        done: ends a goal.
        on_error: told of a bug.
    """

    def __init__(
        self,
        body: Callable[[], Controller],
        base_frame: str,
        done: Callable[[Goal, Outcome, str], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        self._body, self._base_frame, self._done = body, base_frame, done
        self._newest: Goal | None = None
        self._worker = Worker("motion-pointing", _WAITING, on_error)

    def destroy(self) -> None:
        """End what runs."""
        self._newest = None
        self._worker.stop()

    def look(self, goal: Goal) -> None:
        """Begin; returns at once. Raises Refused while there is no controller."""
        controller = self._body()
        self._newest = goal
        if not self._worker.submit(self._run, controller, goal):
            self._done(goal, Outcome.BUSY, "Too many points at once; try again later.")

    def _run(self, controller: Controller, goal: Goal) -> None:
        r, robot = goal.request, controller.robot
        assert isinstance(robot, Pointer)
        point = r.point.point
        sight = Sight(point.x, point.y, point.z, r.point.header.frame_id or self._base_frame, r.duration_s)

        def given_up() -> bool:
            return goal.cancelled.is_set() or self._newest is not goal

        def progress(left: float) -> None:
            goal.feedback(LookAt.Feedback(head_rpy=rpy(robot.state, relative=False), error_rad=left))

        if self._newest is goal:
            outcome, message = look_at_point(controller, robot, sight, given_up, progress)
            if outcome is not Outcome.CANCELLED or goal.cancelled.is_set():
                self._done(goal, outcome, message)
                return
        self._done(goal, Outcome.PREEMPTED, "look_at made way for another point.")
