"""A pan/tilt head as other robots have it, over real DDS: FollowJointTrajectory played as ros2_control plays it, PointHead,
joint_states. Faults on demand. `python test/trajectory_controller.py` runs one as a process, for tests that kill it."""

from __future__ import annotations

import itertools
import math
import threading
import time

import rclpy
from action_msgs.msg import GoalStatus  # noqa: F401  (loads the type before the servers need it)
from control_msgs.action import FollowJointTrajectory, PointHead
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState

from voice_pipeline.ros.action import DeferredActionServer

JOINTS = ("head_1_joint", "head_2_joint")
HEIGHT = 1.1  # m, of the head over base_link
STEP_S = 0.01
_RESULT = FollowJointTrajectory.Result


class Head(Node):
    """The robot. Positions move only along accepted trajectories; `way` keeps (time, positions) of every 10 ms.

    refuse: reject goals. slow: s to answer a goal. mute: no joint states.
    """

    def __init__(self, context=None, positions=(0.0, 0.0)):
        super().__init__("head", context=context)
        self.refuse, self.slow, self.mute = False, 0.0, False
        self.trajectories, self.points, self.cancels = [], [], 0
        self.way = []
        self._lock = threading.RLock()
        self._at, self._speed = list(positions), [0.0] * len(JOINTS)
        self._plan, self._begun, self._goal = [], 0.0, None
        self._publisher = self.create_publisher(JointState, "joint_states", 10)
        self._servers = [
            DeferredActionServer(
                self,
                FollowJointTrajectory,
                "head_controller/follow_joint_trajectory",
                self._on_trajectory,
                self._on_cancel,
                self._accept,
            ),
            DeferredActionServer(
                self, PointHead, "head_controller/point_head_action", self._on_point, self._on_cancel, self._accept
            ),
        ]
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="head", daemon=True)
        self._thread.start()

    @property
    def positions(self):
        return tuple(self._at)

    def rest(self, since=0.0):
        """It moved, if at all, less than 1e-4 rad in the last 0.1 s."""
        last = self.way[-10:]
        return len(last) == 10 and last[0][0] > since and math.dist(last[0][1], last[-1][1]) < 1e-4

    def fastest(self):
        """Largest speed of a joint (rad/s) that any trajectory asked for: at its points, and on average between them."""
        speeds = [abs(v) for _, points in self.trajectories for _, _, velocities in points for v in velocities]
        for _, points in self.trajectories:
            for (t, p, _), (u, q, _) in itertools.pairwise(points):
                speeds += [abs(y - x) / (u - t) for x, y in zip(p, q, strict=True)]
        return max(speeds, default=0.0)

    def abort(self, code, text):
        """Give up the trajectory under way, and hold."""
        with self._lock:
            goal, self._goal, self._plan = self._goal, None, []
        if goal is not None:
            goal.abort(_RESULT(error_code=code, error_string=text))

    def release(self):
        """End, as the bench asks nodes to."""
        self._ending.set()
        self._thread.join(60.0)
        for server in self._servers:
            server.destroy()

    # -- actions

    def _accept(self, request):
        if self.slow:
            time.sleep(self.slow)
        return not self.refuse

    def _on_trajectory(self, goal):
        trajectory = goal.request.trajectory
        points = [
            (p.time_from_start.sec + p.time_from_start.nanosec * 1e-9, list(p.positions), list(p.velocities))
            for p in trajectory.points
        ]
        self.trajectories.append((time.monotonic(), points))
        if sorted(trajectory.joint_names) != sorted(JOINTS):
            goal.abort(_RESULT(error_code=_RESULT.INVALID_JOINTS, error_string="joints mismatch"))
            return
        if any(b[0] <= a[0] for a, b in itertools.pairwise(points)) or any(points[-1][2]):
            goal.abort(_RESULT(error_code=_RESULT.INVALID_GOAL, error_string="times, or a moving end"))
            return
        order = [trajectory.joint_names.index(j) for j in JOINTS]
        self._follow(goal, [(t, [p[i] for i in order], [v[i] for i in order]) for t, p, v in points])

    def _on_point(self, goal):
        r = goal.request
        self.points.append(r)
        p = r.target.point
        pan, tilt = math.atan2(p.y, p.x), math.atan2(p.z - HEIGHT, math.hypot(p.x, p.y))
        far = max(abs(pan - self._at[0]), abs(tilt - self._at[1]))
        least = r.min_duration.sec + r.min_duration.nanosec * 1e-9
        self._follow(goal, [(max(least, 1.5 * far / r.max_velocity, 0.1), [pan, tilt], [0.0, 0.0])])

    def _follow(self, goal, points):
        with self._lock:
            before, self._goal = self._goal, goal
            self._plan = [(0.0, list(self._at), list(self._speed)), *points]
            self._begun = time.monotonic()
        if before is not None:
            before.abort(type(before.request).__name__ and _result(before))

    def _on_cancel(self, goal):
        self.cancels += 1
        with self._lock:
            if self._goal is goal:
                self._goal, self._plan = None, []
        goal.cancel(_result(goal))

    # -- the body

    def _run(self):
        due = time.monotonic()
        for n in itertools.count():
            if self._ending.wait(max(0.0, due - time.monotonic())):
                return
            due += STEP_S
            self._step(time.monotonic())
            if not self.mute and n % 2 == 0:
                message = JointState(name=list(JOINTS), position=list(self._at))
                message.header.stamp = self.get_clock().now().to_msg()
                self._publisher.publish(message)

    def _step(self, now):
        with self._lock:
            goal, t = self._goal, now - self._begun
            if goal is not None:
                for a, b in itertools.pairwise(self._plan):
                    if t < b[0]:
                        self._at, self._speed = _spline(a, b, t)
                        break
                else:
                    self._at, self._speed = list(self._plan[-1][1]), [0.0] * len(JOINTS)
                    self._goal, self._plan = None, []
                    goal.succeed(_result(goal))
            else:
                self._speed = [0.0] * len(JOINTS)
            self.way.append((now, tuple(self._at)))
        if goal is not None and hasattr(goal.request, "target"):
            goal.feedback(
                PointHead.Feedback(pointing_angle_error=math.dist(self._at, self._plan[-1][1]) if self._plan else 0.0)
            )


def _result(goal):
    return PointHead.Result() if hasattr(goal.request, "target") else _RESULT()


def _spline(a, b, t):
    """Positions and speeds at t s on the cubic between two points."""
    h = b[0] - a[0]
    u = (t - a[0]) / h
    positions, speeds = [], []
    for p, q, v, w in zip(a[1], b[1], a[2], b[2], strict=True):
        h00, h10, h01, h11 = 2 * u**3 - 3 * u**2 + 1, u**3 - 2 * u**2 + u, 3 * u**2 - 2 * u**3, u**3 - u**2
        positions.append(h00 * p + h10 * h * v + h01 * q + h11 * h * w)
        d00, d10, d11 = 6 * u**2 - 6 * u, 3 * u**2 - 4 * u + 1, 3 * u**2 - 2 * u
        speeds.append(d00 * (p - q) / h + d10 * v + d11 * w)
    return positions, speeds


def main():
    """One head until it is killed."""
    rclpy.init()
    head = Head()
    executor = SingleThreadedExecutor()
    executor.add_node(head)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        head.release()


if __name__ == "__main__":
    main()
