"""Runs joint trajectories: how one is watched while it runs, and when it has arrived. Apart from trajectory.py, which
knows no controller."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.paths import Path, Point
from voice_pipeline.motion.protocol import AXES, Pose, RobotState
from voice_pipeline.motion.tasks import Listener, Outcome, Settings, Task
from voice_pipeline.motion.trajectory import JOINTS, JointPath, Waypoint, plan

# The robot is seen 67 ms after it was told (median): it is on its path when it is where it was to be in the last 0.12 s.
_BEHIND = 6  # periods


@dataclass(frozen=True)
class Tolerances:
    """How far joints may be off, rad by joint; a joint that is not named may be off by anything. `goal_time`: s they may
    take to arrive after the end."""

    path: Mapping[str, float] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    goal_time: float = 0.6


class JointTask(Task):
    """One trajectory under way.

    Attributes:
        path: what it follows; `path.now` is where it should be.
        joints: the names, in the order that was given.
    """

    def __init__(
        self, joints: Sequence[str], path: JointPath, held: Pose, tolerances: Tolerances, listener: Listener
    ) -> None:
        end = path.at(path.duration)[0]
        changed = {JOINTS[name]: float(end[AXES.index(JOINTS[name])]) for name in joints}
        super().__init__("joint_trajectory", False, held._replace(**changed), False, listener, time.monotonic())
        self.joints, self.path, self._tolerances = tuple(joints), path, tolerances
        path.at(0.0)
        self._wanted: deque[Point] = deque(maxlen=_BEHIND)

    def error(self, state: RobotState | None) -> float:
        """See Task."""
        if state is None:
            return math.nan
        return max(abs(self._missing(name, state)) for name in self.joints)

    def watch(self, now: float, state: RobotState | None) -> tuple[Outcome, str] | None:
        """See Task."""
        self._wanted.append(self.path.now)
        if state is None:
            return None
        for name, most in self._tolerances.path.items():
            i, measured = AXES.index(JOINTS[name]), getattr(state.pose, JOINTS[name])
            off = min(abs(point[0][i] - measured) for point in self._wanted)
            if off > most:
                return Outcome.OFF_PATH, f"{name} is {off:.3f} rad off its path; its path tolerance is {most:.3f}."
        return None

    def verdict(self, state: RobotState | None, waited: float, settings: Settings) -> tuple[Outcome, str] | None:
        """See Task."""
        missing = {n: abs(self._missing(n, state)) if state else math.nan for n in self._tolerances.goal}
        off = {n: m for n, m in missing.items() if not m <= self._tolerances.goal[n]}
        if not off:
            return Outcome.NONE, ""
        if waited < self._tolerances.goal_time:
            return None
        name, far = max(off.items(), key=lambda item: item[1])
        hint = " Antennas hold while somebody speaks." if name.endswith("antenna") else ""
        tolerance = f"{self._tolerances.goal[name]:.3f} within {self._tolerances.goal_time:g} s"
        return Outcome.NOT_REACHED, f"{name} ended {far:.3f} rad from its goal; its tolerance is {tolerance}.{hint}"

    def _missing(self, name: str, state: RobotState) -> float:
        return float(getattr(self.target, JOINTS[name]) - getattr(state.pose, JOINTS[name]))


def follow(
    controller: Controller,
    joints: Sequence[str],
    points: Sequence[Waypoint],
    delay: float,
    tolerances: Tolerances,
    listener: Listener,
) -> JointTask:
    """Begin a trajectory, in place of a head movement or another trajectory. delay: see plan().

    Raises:
        Refused: see Outcome.
    """

    def begin(held: Pose, start: Point) -> tuple[Task, Path]:
        path = plan(joints, points, start, controller.limits, delay)
        if controller.occupied:  # what was under way ends where it comes to rest, not at its goal
            held = Pose(*path.at(path.duration)[0].tolist())
        return JointTask(joints, path, held, tolerances, listener), path

    task = controller.adopt(begin, yields=False)
    assert isinstance(task, JointTask)
    return task
