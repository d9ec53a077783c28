"""How far the robot can be trusted just now: connected, stale, awake, following. A state machine over its last state
and the time, apart from what is done about it."""

from __future__ import annotations

import math

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import NEUTRAL, Pose, Robot, RobotState, Z

_STALE_S = 0.15  # no state for seven periods: hold still. A hung daemon can catch up on no more than was sent till then
# After a loss, or somebody else's move: so long must states come again. What a frozen network held up arrives first, and
# tells where the robot was; a move that was broken off comes to rest meanwhile.
_CAUGHT_UP_S = 0.2
_AWAKE_MARGIN = 0.17  # rad, 10 degrees: a head pushed out of its box by hand is awake; the sleeping pose is 45 mm lower
_ASTRAY_RAD = 0.17  # between commanded and measured ...
_ASTRAY_S = 1.0  # ... for this long: something else moves the robot, or it cannot
_LEFT_S = 0.4  # the same at rest, where nothing lags: longer than the robot needs to come to rest


class Link:
    """Watches one robot.

    Args:
        robot: its `connected` and `state` are read.
        limits: the box a robot is in when it is awake.
        timeout: s without a state until it counts as gone.
    """

    def __init__(self, robot: Robot, limits: Limits, timeout: float) -> None:
        self._robot, self._limits, self._timeout = robot, limits, timeout
        self.connected = False
        self.awake = False
        self.stale = False
        self.taken = False  # somebody else's move runs: nothing that is sent has an effect before its end
        self._taken_at = -math.inf  # when it was so last
        self._astray_since: float | None = None
        self._alive_since = -math.inf  # of its states; the first one need not wait
        self._now = 0.0
        self._states: tuple[RobotState | None, RobotState | None] = (None, None)  # the last two

    def age(self, now: float) -> float:
        """s since the last state; infinity before the first."""
        state = self._robot.state
        return math.inf if state is None else max(0.0, now - state.received)

    @property
    def following(self) -> bool:
        """The robot is where it was told to be, give or take a second."""
        return not self.taken and (self._astray_since is None or self._now - self._astray_since < _ASTRAY_S)

    @property
    def strayed(self) -> bool:
        """A robot that is at rest for us has been elsewhere for a while."""
        return self._astray_since is not None and self._now - self._astray_since >= _LEFT_S

    def update(self, now: float, handed_over: bool) -> str:
        """Look again; returns what changed: "lost", "back", "asleep" (motors off), "stale", "taken" (by
        somebody else's move), "given" (back) or nothing.

        handed_over: the robot moves by itself; its motors may be off for a moment.
        """
        self._now = now
        state = self._robot.state
        if state is not self._states[1]:
            self._states = (self._states[1], state)
        alive = self._robot.connected and self.age(now) <= self._timeout
        if state is None or not alive:
            was, self.connected, self.awake, self.stale = self.connected, False, False, False
            self.taken, self._taken_at = False, -math.inf
            if was or math.isfinite(self._alive_since):
                self._alive_since = math.inf
            return "lost" if was else ""
        if not self.connected:
            self._alive_since = min(self._alive_since, now)
            if now - self._alive_since < _CAUGHT_UP_S:
                return ""
            self.connected, self.stale, self._astray_since = True, False, None
            self.awake = self.looks_awake
            return "back"
        if self.awake and state.motors != "enabled" and not handed_over:
            self.awake = False
            return "asleep"
        if (self._robot.taken and not handed_over) or (self.taken and self.age(now) > _STALE_S):
            self._taken_at = now
        if self.taken != (now - self._taken_at < _CAUGHT_UP_S):
            self.taken = not self.taken
            return "taken" if self.taken else "given"
        was, self.stale = self.stale, self.age(now) > _STALE_S
        return "stale" if self.stale and not was else ""

    @property
    def looks_awake(self) -> bool:
        """By its last state: motors on, and not in the sleeping pose."""
        state = self._robot.state
        return state is not None and state.motors == "enabled" and self._limits.contains(state.pose, _AWAKE_MARGIN)

    @property
    def velocity(self) -> Pose:
        """How fast the robot moved between its last two states; zero where they tell nothing."""
        before, now = self._states
        if before is None or now is None or not 0.005 < now.received - before.received < 0.2:
            return NEUTRAL
        seconds = now.received - before.received
        return Pose(*((b - a) / seconds for a, b in zip(before.pose, now.pose, strict=True)))

    def compare(self, sent: Pose, now: float) -> None:
        """Note how far the measured pose is from what was sent."""
        state = self._robot.state
        if state is None:
            return
        error = max(abs(a - b) for i, (a, b) in enumerate(zip(sent, state.pose, strict=True)) if i != Z)
        if error <= _ASTRAY_RAD:
            self._astray_since = None
        elif self._astray_since is None:
            self._astray_since = now

    def reason(self, now: float) -> str:
        """Why it is not connected, and what to do."""
        if self._robot.connected and not self.connected and self._robot.state is not None and not self._robot.fault:
            return f"The robot's daemon hangs: no state for {self.age(now):.1f} s. Restart it if it does not come back."
        return self._robot.fault or "The robot does not answer yet."
