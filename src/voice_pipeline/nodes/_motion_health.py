"""What /diagnostics and the log tell of the body: how it is, every counter, and the cure for each. Apart from motion.py
because the cures are prose."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from rclpy.impl.rcutils_logger import RcutilsLogger

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
    "failed_periods": "A bug of this node; stderr has the traceback, report it.",
    "targets_refused": "The daemon refused a pose. Use a daemon release that docs/reachy_mini.md names; read its log.",
    "states_garbled": "The daemon sent what is no state. As targets_refused.",
    "head_commands": "Stays 0: nothing publishes head_command under this name; look at ros2 topic info.",
    "head_commands_refused": "NaN, a quaternion whose length is not 1, another frame, or a robot that takes no orders; "
    "the log says which.",
    "head_commands_waiting": "An action was under way, which wins. Cancel it, or wait.",
    "head_commands_clamped": "Outside the limits, or x and y, where the head does not go. Ask for less.",
    "head_commands_stale": "The stream broke off before its last pose was reached. Publish at 1 Hz at least, or raise "
    "head_command_timeout_s.",
    "trajectories": "Goals and messages that were begun.",
    "trajectories_refused": "The goal's error_string, or the log, says what is wrong.",
    "directions": "Stays 0: the robot has no microphone array, or microphone_array is off.",
    "turns_to_speaker": "Stays 0: no direction is known, or look_at_speaker is off.",
}

# Somebody's program or the daemon is wrong when these rise: worth a WARN, for so long that people see it.
_WARNINGS = ("head_commands_refused", "trajectories_refused", "targets_refused", "states_garbled", "failed_periods")
_SHOWN_S = 5.0
_COUNTED_S = 0.8
_LASTS_S = 0.5
_STARTS_S = 10.0  # a robot that is switched on, or simulated, together with the node is none that is missing


class TroubleLog:
    """Tells the log what /diagnostics shows, once a trouble: when it has lasted for a while, and when it is over."""

    def __init__(self, logger: RcutilsLogger) -> None:
        self._logger = logger
        self._was_well = False
        self._since: float | None = None
        self._told: int | None = None  # the level of what was told

    def see(self, health: Health, now: float) -> None:
        """Call it often. now: monotonic s."""
        if health.level == OK:
            if self._told is not None:
                self._logger.info("all is well again")
            self._was_well, self._since, self._told = True, None, None
            return
        self._since = now if self._since is None else self._since
        if self._told == health.level or now - self._since < (_LASTS_S if self._was_well else _STARTS_S):
            return
        self._told = health.level
        if health.level == WARN:
            self._logger.warning(health.message)
        else:
            self._logger.error(health.message)


class MotionHealth:
    """Judges a controller once a second, and when its state changes.

    Args:
        robot: the name of the robot.
        states: how many measured states there were so far.
        counters: further counters by name; a name needs a line in CURES.
    """

    def __init__(self, robot: str, states: Callable[[], int], counters: Callable[[], Mapping[str, int]]) -> None:
        self._robot, self._states, self._counters = robot, states, counters
        self._counted = (0.0, 0)  # when, and how many states there were
        self._rate = 0.0
        self._before: Mapping[str, int] = {}
        self._warning, self._warned = "", 0.0

    def judge(self, controller: Controller, wake_fault: str) -> Health:
        """The level, one line that names the cure, and the figures."""
        now = time.monotonic()
        status = controller.status(now)
        counters = self._counters()
        self._notice(counters, now)
        values: Values = {
            "robot": self._robot,
            "state": status.state.lower(),
            "control_mode": status.measured.motors if status.measured else "",
            "state_age_s": status.age,
            "states_per_s": self._measure(now),
            "clamps": status.clamps,
            "joint_check": "off" if controller.limits.guard is None else "on",
            "joints_held": controller.guarded,
            "late_periods": controller.late,
            **counters,
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
            return Health(WARN, status.detail or text, values)
        if self._warning and now - self._warned < _SHOWN_S:
            return Health(WARN, self._warning, values)
        return Health(OK, status.detail or "ok", values)

    def _measure(self, now: float) -> float:
        """States a second; a short while tells nothing, so the last figure stands."""
        then, counted = self._counted
        if now - then > _COUNTED_S:
            self._counted = (now, self._states())
            self._rate = (self._counted[1] - counted) / (now - then) if then else 0.0
        return self._rate

    def _notice(self, counters: Mapping[str, int], now: float) -> None:
        for name in _WARNINGS:
            if counters.get(name, 0) > self._before.get(name, 0):
                self._warning, self._warned = f"{name} rises ({counters[name]}). {CURES[name]}", now
        self._before = counters
