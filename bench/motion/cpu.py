"""What the motion process costs: the real node in a process of its own, on the real simulated daemon, while it dances; with
nobody who listens to what it tells of the robot, and with somebody. The median of short windows: a stall of the machine
ends up in one of them."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from typing import Any, NamedTuple

import psutil
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from tf2_msgs.msg import TFMessage
from voice_pipeline.action import PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.ros.domain import free_domain

_WINDOWS = 3
_TOLD = {"joint_states": JointState, "head_pose": PoseStamped, "/tf": TFMessage}


class Cost(NamedTuple):
    """CPU of the motion process, % of one core, while it streams 50 poses a second.

    alone: nobody listens to joint_states, head_pose and /tf, which are not sent then. heard: each has one listener.
    """

    alone: float
    heard: float


def dancing_cost(seconds: float) -> Cost:
    """Measured for `seconds` each.

    Raises:
        VoiceError: the node or the robot did not start, or it did not dance all the time.
    """
    domain = free_domain()
    with SimulatedRobot() as robot:
        command = [sys.executable, "-m", "voice_pipeline.nodes.motion", "--ros-args", "-p", f"url:={robot.url}"]
        process = subprocess.Popen(
            command, env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            with _Dance(domain) as dance:
                dance.begin()
                alone = _percent(process.pid, dance, seconds)
                dance.listen()
                return Cost(alone, _percent(process.pid, dance, seconds))
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _percent(pid: int, dance: _Dance, seconds: float) -> float:
    meter = psutil.Process(pid)
    found = []
    for _ in range(_WINDOWS):
        meter.cpu_percent()
        dance.watch(seconds / _WINDOWS)
        found.append(float(meter.cpu_percent()))
    return statistics.median(found)


class _Dance:
    """A client that asks for a dance without end."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = Node("bench_motion", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._states: list[Any] = []
        self._node.create_subscription(MotionState, "motion/state", self._states.append, 10)
        self._client = ActionClient(self._node, PlayMove, "play_move")

    def __enter__(self) -> _Dance:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def begin(self) -> None:
        """Wait until the robot is awake, then until it dances."""
        self._until(MotionState.IDLE, 60.0)
        self._client.send_goal_async(PlayMove.Goal(name="dance", repeat=20))
        self._until(MotionState.MOVING, 60.0)

    def listen(self) -> None:
        """To all that is told of the robot, from now on; returns once it is heard."""
        heard: set[str] = set()
        for topic, kind in _TOLD.items():
            self._node.create_subscription(kind, topic, lambda _, t=topic: heard.add(t), 10)
        deadline = time.monotonic() + 60.0
        while heard < set(_TOLD):
            self._executor.spin_once(timeout_sec=0.1)
            if time.monotonic() > deadline:
                raise VoiceError(f"Only {sorted(heard)} were heard.", "Run the motion node by itself and listen to it.")

    def watch(self, seconds: float) -> None:
        """Take what comes for a while. Raises VoiceError when it does not dance at the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.1)
        if self._states[-1].state != MotionState.MOVING:
            raise VoiceError("The dance broke off.", "Run the motion node by itself and look at what it says.")

    def _until(self, state: int, timeout: float) -> None:
        clock = self._node.get_clock()
        deadline = clock.now().nanoseconds + timeout * 1e9
        while not self._states or self._states[-1].state != state:
            if clock.now().nanoseconds > deadline:
                raise VoiceError("The motion node did not get ready.", "Run it by itself and look at what it says.")
            self._executor.spin_once(timeout_sec=0.1)
