"""What is known of another robot's joints: where, since when, and what is missing. Apart from the orders it is given."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from voice_pipeline.motion.joint_map import JointMap
from voice_pipeline.motion.protocol import HeadPose, Pose, RobotState


class JointStates:
    """The newest position of each joint. Not safe for several threads: its owner has a lock.

    Args:
        oldest: s, age from which a position counts for nothing.
    """

    def __init__(self, joints: JointMap, oldest: float) -> None:
        self._joints, self._oldest = joints, oldest
        self._positions: dict[str, float] = {}
        self._heard: dict[str, float] = {}

    def hear(self, positions: Mapping[str, float], now: float) -> bool:
        """Take what is ours of a message (rad); True once every joint was told. They may come from several publishers."""
        ours = {n: positions[n] for n in self._joints.names if math.isfinite(positions.get(n, math.nan))}
        self._positions.update(ours)
        self._heard.update(dict.fromkeys(ours, now))
        return bool(ours) and self.complete

    @property
    def complete(self) -> bool:
        """Every joint was told once."""
        return len(self._positions) == len(self._joints.names)

    def fresh(self, now: float) -> bool:
        """Every joint was told lately."""
        return self.complete and self._age(now) <= self._oldest

    def fault(self, now: float) -> str:
        """What is missing and what to do; empty when nothing is."""
        missing = [n for n in self._joints.names if n not in self._positions]
        if missing:
            told = f" (told were {', '.join(self._positions)})" if self._positions else ""
            return f"No joint states of {', '.join(missing)} yet{told}. Start the robot, or correct the joints' names."
        if not self.fresh(now):
            return f"No joint states for {self._age(now):.1f} s. See whether the robot's driver still runs."
        return ""

    @property
    def positions(self) -> tuple[float, ...]:
        """rad, in the order of the map; 0 for what was not yet told."""
        return tuple(self._positions.get(n, 0.0) for n in self._joints.names)

    def pose(self, asked: Pose) -> Pose:
        """See JointMap.to_pose."""
        return self._joints.to_pose(self._positions, asked)

    def state(self, asked: Pose, motors: str) -> RobotState:
        """As any robot tells it; as old as its oldest joint."""
        pose = self.pose(asked)
        head = HeadPose(0.0, 0.0, pose.z, pose.roll, pose.pitch, pose.yaw + pose.body_yaw)
        joints = (pose.body_yaw, *[0.0] * 6, pose.right_antenna, pose.left_antenna)
        return RobotState(min(self._heard.values()), time.time_ns(), head, pose.body_yaw, joints, motors)

    def _age(self, now: float) -> float:
        return now - min(self._heard.values())
