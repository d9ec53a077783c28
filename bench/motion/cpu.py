"""What the motion process costs: the real node in a process of its own, on the real simulated daemon, while it dances."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import psutil
import rclpy
from rclpy.action import ActionClient
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from voice_pipeline.action import PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.ros.domain import free_domain


def dancing_percent(seconds: float) -> float:
    """CPU of the motion process, % of one core, while it streams 50 poses a second and publishes every state.

    Raises:
        VoiceError: the node or the robot did not start.
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
                meter = psutil.Process(process.pid)
                meter.cpu_percent()
                threading.Event().wait(seconds)
                return float(meter.cpu_percent())
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


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

    def _until(self, state: int, timeout: float) -> None:
        clock = self._node.get_clock()
        deadline = clock.now().nanoseconds + timeout * 1e9
        while not self._states or self._states[-1].state != state:
            if clock.now().nanoseconds > deadline:
                raise VoiceError("The motion node did not get ready.", "Run it by itself and look at what it says.")
            self._executor.spin_once(timeout_sec=0.1)
