"""What /diagnostics tells of the body: how it is, every counter, and the cure for each. Apart from motion.py because the
cures are prose."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from voice_pipeline.motion.controller import Controller
from voice_pipeline.ros.diagnostics import ERROR, OK, WARN, Health

Values = dict[str, str | int | float]

# What to do when a counter rises; docs/reachy_mini.md has the same table. A test keeps them complete.
CURES = {
    "state_age_s": "Above 0.15 the motion holds, above state_timeout_s the robot counts as gone: look at its daemon.",
    "states_per_s": "43 to 50 is right. Less: the computer or the network is overloaded.",
    "clamps": "Asked for more than the limits allow. Ask for less, or widen the limits.",
    "joints_held": "Poses that a joint of the neck did not allow (clamps counts them too): ask for less.",
    "late_periods": "The stream of poses was held up: the computer is overloaded.",
    "directions": "Stays 0: the robot has no microphone array, or microphone_array is off.",
    "turns_to_speaker": "Stays 0: no direction is known, or look_at_speaker is off.",
}


class MotionHealth:
    """Judges a controller once a second.

    Args:
        robot: the name of the robot.
        states: how many measured states there were so far.
        counters: further counters by name; a name needs a line in CURES.
    """

    def __init__(self, robot: str, states: Callable[[], int], counters: Callable[[], Mapping[str, int]]) -> None:
        self._robot, self._states, self._counters = robot, states, counters
        self._counted = (0.0, 0)

    def judge(self, controller: Controller, wake_fault: str) -> Health:
        """The level, one line that names the cure, and the figures."""
        now = time.monotonic()
        status = controller.status(now)
        then, counted = self._counted
        self._counted = (now, self._states())
        values: Values = {
            "robot": self._robot,
            "state": status.state.lower(),
            "control_mode": status.measured.motors if status.measured else "",
            "state_age_s": status.age,
            "states_per_s": (self._counted[1] - counted) / max(now - then, 1e-3) if then else 0.0,
            "clamps": status.clamps,
            "joint_check": "off" if controller.limits.guard is None else "on",
            "joints_held": controller.guarded,
            "late_periods": controller.late,
            **self._counters(),
        }
        if status.state == "DISCONNECTED":
            return Health(OK if self._robot == "none" else ERROR, status.detail, values)
        if wake_fault:
            return Health(ERROR, f"{wake_fault} Then call motion/wake_up.", values)
        if status.state == "STOPPED":
            return Health(WARN, status.detail, values)
        if not status.following:
            text = (
                "The robot is not where it is told to be. Let no other program move it; check that nothing blocks it."
            )
            return Health(WARN, text, values)
        return Health(OK, status.detail or "ok", values)
