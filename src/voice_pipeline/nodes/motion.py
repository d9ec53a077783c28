"""The `motion` node: the robot's body over ROS. Topics, actions and services only; the work is in
voice_pipeline.motion."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import PoseStamped, Quaternion, Vector3
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from voice_pipeline.action import LookAt, MoveHead, PlayMove
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import goals, wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.moves import Move, load_moves
from voice_pipeline.motion.protocol import HEAD_HEIGHT, JOINT_NAMES, RobotState
from voice_pipeline.motion.registry import make_robot
from voice_pipeline.motion.tasks import Listener, Outcome, Refused, Report, Task
from voice_pipeline.msg import MotionState
from voice_pipeline.nodes._motion_hearing import MotionHearing
from voice_pipeline.nodes._motion_parameters import PARAMETERS, limits_of, settings_of
from voice_pipeline.resources import resource
from voice_pipeline.ros.action import DeferredActionServer, Goal
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg
from voice_pipeline.ros.worker import Worker

_STATE_PERIOD_S = 0.1


class MotionNode(VoiceNode):
    """Moves the robot: gestures, head movements, looking at things; wakes it, puts it to sleep, stops it."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        self._moves: dict[str, Move] = {}
        self._controller: Controller | None = None
        self._hearing: MotionHearing | None = None
        self._loaded_parts: list[Callable[[], Any]] = []  # what unload() calls, last first
        self._open_parts: list[Callable[[], Any]] = []  # what close() calls, last first
        self._tasks: dict[str, Task] = {}  # by goal id
        self._states = 0
        self._counted = (0.0, 0)
        self._wake_fault = ""
        super().__init__("motion", **kwargs)

    # -- life cycle

    def load(self) -> None:
        """Read the gestures; actions and services."""
        self._limits = limits_of(self.p)
        self._moves = load_moves([resource(folder) for folder in self.p["moves_dirs"]], self._limits)
        make_robot(self.p["robot"], self.p["url"])  # a wrong url is told now
        # They outlive a deactivation, so that the goals it ends get their results.
        self._worker = Worker("motion-orders", 4, self._on_worker_error)
        self._loaded_parts = [self._worker.stop]
        self._serve("motion/wake_up", lambda: wake.wake_up(self._body()), blocks=True)
        self._serve("motion/sleep", lambda: wake.sleep(self._body()), blocks=True)
        self._serve("motion/stop", self._stop, blocks=False)
        self._serve("motion/reset_stop", self._reset_stop, blocks=False)
        self._act(MoveHead, "move_head", self._move_head)
        self._act(LookAt, "look_at", self._look_at)
        self._act(PlayMove, "play_move", self._play_move)

    def open(self) -> None:
        """Connect to the robot and publish what it measures."""
        p = self.p
        box = f"roll {p['roll_limit_deg']:g}, pitch {p['pitch_limit_deg']:g}, yaw {p['yaw_limit_deg']:g} degrees"
        speed = f"{p['head_velocity_deg_s']:g} degrees/s, {p['head_acceleration_deg_s2']:g} degrees/s^2"
        self.get_logger().info(
            f"robot {p['robot']} at {p['url']}; head within {box}, {speed}; {len(self._moves)} moves"
        )
        self._wake_fault = ""
        controller = self._controller = Controller(
            make_robot(p["robot"], p["url"]),
            self._limits,
            self._moves,
            settings_of(p),
            on_change=self._publish_state,
            on_asleep=lambda: self._worker.submit(self._wake),
        )
        self._open_parts = [controller.close]
        self._joints = self._publisher(JointState, "joint_states")
        self._head_pose = self._publisher(PoseStamped, "head_pose")
        self._state = self._publisher(MotionState, "motion/state")
        timer = self.create_timer(_STATE_PERIOD_S, self._publish_state)
        self._open_parts.append(lambda: self.destroy_timer(timer))
        hearing = self._hearing = MotionHearing(self, controller, p)
        self._open_parts.insert(0, hearing.destroy)  # after the robot's last word
        controller.start(self._on_state, hearing.on_bearing if hearing.wants_bearings else None)

    def close(self) -> None:
        """Bring the robot to rest and let go of it."""
        controller = self._controller
        if controller is not None and self.p["sleep_on_stop"]:
            try:
                wake.sleep(controller)
            except (VoiceError, Refused) as error:
                self.get_logger().warning(f"not put to sleep: {error}")
        self._controller = self._hearing = None
        while self._open_parts:
            self._open_parts.pop()()

    def unload(self) -> None:
        """Forget the gestures; end actions and services."""
        while self._loaded_parts:
            self._loaded_parts.pop()()
        self._moves = {}

    def health(self) -> Health:
        """How the robot is, and what to do about it."""
        controller = self._controller
        if controller is None:
            return Health()
        now = time.monotonic()
        status = controller.status(now)
        then, counted = self._counted
        self._counted = (now, self._states)
        values: dict[str, str | int | float] = {
            "robot": self.p["robot"],
            "state": status.state.lower(),
            "state_age_s": status.age,
            "states_per_s": (self._states - counted) / max(now - then, 1e-3) if then else 0.0,
            "clamps": status.clamps,
            "late_periods": controller.late,
        }
        if self._hearing is not None:
            values |= {"directions": self._hearing.heard, "turns_to_speaker": self._hearing.attention.turns}
        if status.state == "DISCONNECTED":
            return Health(OK if self.p["robot"] == "none" else ERROR, status.detail, values)
        if self._wake_fault:
            return Health(ERROR, f"{self._wake_fault} Then call motion/wake_up.", values)
        if status.state == "STOPPED":
            return Health(WARN, status.detail, values)
        if not status.following:
            text = (
                "The robot is not where it is told to be. Let no other program move it; check that nothing blocks it."
            )
            return Health(WARN, text, values)
        return Health(OK, status.detail or "ok", values)

    # -- actions

    def _move_head(self, goal: Goal) -> Task:
        r = goal.request
        listener = self._listener(goal, MoveHead, relative=True)
        return self._body().move_head((r.roll, r.pitch, r.yaw), r.z, r.duration_s, listener)

    def _look_at(self, goal: Goal) -> Task:
        r = goal.request
        yaw, pitch = r.yaw, r.pitch
        if r.use_point:
            frame = r.point.header.frame_id
            if frame not in ("", self.p["base_frame"]):
                known = self.p["base_frame"]
                raise Refused(Outcome.UNKNOWN_FRAME, f"Points are taken in frame '{known}', not in '{frame}'.")
            yaw, pitch = goals.point_direction(r.point.point.x, r.point.point.y, r.point.point.z)
        return self._body().look(yaw, pitch, r.duration_s, self._listener(goal, LookAt, relative=False))

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
            rpy = _rpy(report.measured, relative)
            goal.feedback(action.Feedback(head_rpy=rpy, error_rad=report.error))

        def done(outcome: Outcome, message: str, report: Report) -> None:
            rpy = _rpy(report.measured, relative)
            self._end(goal, outcome, _result(action, outcome, message, clamped=report.clamped, head_rpy=rpy))

        return Listener(progress, done)

    def _act(self, action: Any, name: str, begin: Callable[[Goal], Task]) -> None:
        def on_goal(goal: Goal) -> None:
            try:
                task = begin(goal)
            except Refused as refusal:
                goal.abort(_result(action, refusal.outcome, str(refusal)))
                return
            if not goal.done:
                self._tasks[goal.id] = task

        def on_cancel(goal: Goal) -> None:
            task = self._tasks.get(goal.id)
            if task is not None and self._controller is not None:
                self._controller.cancel(task)

        server = DeferredActionServer(self, action, name, on_goal, on_cancel)
        self._loaded_parts.append(server.destroy)

    def _end(self, goal: Goal, outcome: Outcome, result: Any) -> None:
        self._tasks.pop(goal.id, None)
        if outcome is Outcome.NONE:
            goal.succeed(result)
        elif outcome is Outcome.CANCELLED:
            goal.cancel(result)
        else:
            goal.abort(result)

    def _body(self) -> Controller:
        if self._controller is None:
            raise Refused(Outcome.ROBOT_DISCONNECTED, "The motion node is not active.")
        return self._controller

    # -- services

    def _serve(self, name: str, order: Callable[[], str], blocks: bool) -> None:
        """A Trigger service; an order that blocks runs on the worker, and its answer comes when it is done."""

        def attempt() -> tuple[bool, str]:
            try:
                return True, order()
            except (VoiceError, Refused) as error:
                return False, str(error)

        async def serve(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            if blocks:
                future: Future = Future()

                def work() -> None:
                    answer = attempt()
                    if self.executor is not None:
                        self.executor.create_task(future.set_result, answer)

                accepted = self._worker.submit(work)
                response.success, response.message = await future if accepted else (False, "Busy; try again later.")
            else:
                response.success, response.message = attempt()
            if not response.success:
                self.get_logger().warning(f"{name}: {response.message}")
            return response

        # A group of its own: one that waits must not keep the node's other callbacks waiting.
        service = self.create_service(Trigger, name, serve, callback_group=ReentrantCallbackGroup())
        self._loaded_parts.append(lambda: self.destroy_service(service))

    def _stop(self) -> str:
        self._body().stop()
        self.get_logger().warning("stop: latched until motion/reset_stop")
        return "stopped; motion/reset_stop releases it"

    def _reset_stop(self) -> str:
        self._body().reset_stop()
        return "released"

    def _wake(self) -> None:
        controller = self._controller
        if controller is None:
            return
        self._wake_fault = ""
        try:
            wake.wake_up(controller)
        except VoiceError as error:
            if self._controller is not None and controller.status(time.monotonic()).state != "DISCONNECTED":
                self._wake_fault = f"The robot did not wake up: {error}"
                self.get_logger().error(self._wake_fault)

    def _on_worker_error(self, error: BaseException) -> None:
        self.get_logger().error(f"order failed: {type(error).__name__}: {error}")

    # -- topics

    def _publisher(self, message: Any, topic: str) -> Any:
        publisher = self.create_publisher(message, topic, EVENTS)
        self._open_parts.insert(0, lambda: self.destroy_publisher(publisher))  # after the robot's last word
        return publisher

    def _on_state(self, state: RobotState) -> None:
        """Every measured state, on the robot's thread."""
        self._states += 1
        stamp = to_msg(state.stamp_ns)
        joints = JointState(name=list(JOINT_NAMES), position=list(state.joints))
        joints.header.stamp = stamp
        self._joints.publish(joints)
        pose = PoseStamped()
        pose.header.stamp, pose.header.frame_id = stamp, self.p["base_frame"]
        head = state.head
        pose.pose.position.x, pose.pose.position.y, pose.pose.position.z = head.x, head.y, HEAD_HEIGHT + head.z
        pose.pose.orientation = _quaternion(head.roll, head.pitch, head.yaw)
        self._head_pose.publish(pose)

    def _publish_state(self) -> None:
        controller = self._controller
        if controller is None:
            return
        status = controller.status(time.monotonic())
        message = MotionState(
            state=getattr(MotionState, status.state),
            move=status.move,
            progress=float(status.progress),
            head_rpy=_rpy(status.measured, relative=False),
            body_yaw=status.measured.body_yaw if status.measured else 0.0,
            state_age_s=float(min(status.age, 1e6)),
            clamps=status.clamps,
            detail=status.detail,
        )
        message.header.stamp, message.header.frame_id = to_msg(time.time_ns()), self.p["base_frame"]
        self._state.publish(message)


def _result(action: Any, outcome: Outcome, message: str, **fields: Any) -> Any:
    code = getattr(action.Result, outcome.name)
    return action.Result(error_code=code, error_msg=message, **fields)


def _rpy(state: RobotState | None, relative: bool) -> Vector3:
    if state is None:
        return Vector3(x=math.nan, y=math.nan, z=math.nan)
    head = state.head
    return Vector3(x=head.roll, y=head.pitch, z=head.yaw - (state.body_yaw if relative else 0.0))


def _quaternion(roll: float, pitch: float, yaw: float) -> Quaternion:
    cr, sr = math.cos(roll / 2), math.sin(roll / 2)
    cp, sp = math.cos(pitch / 2), math.sin(pitch / 2)
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    return Quaternion(
        x=sr * cp * cy - cr * sp * sy,
        y=cr * sp * cy + sr * cp * sy,
        z=cr * cp * sy - sr * sp * cy,
        w=cr * cp * cy + sr * sp * sy,
    )


def main() -> int:
    """Entry point of the executable."""
    return run(MotionNode)


if __name__ == "__main__":
    sys.exit(main())
