"""A controller on the real simulated daemon, and everything it sends with the time; for what needs a real clock: stops,
faults, the robot's own measured state."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from types import TracebackType

from bench.motion.judge import attach
from bench.motion.proxy import FaultyProxy

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.protocol import Pose, RobotState
from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.motion.tasks import NOBODY, Refused, Settings

_STILL = math.radians(0.1)  # of the measured state between two looks: less is no motion


class RecordedReachy(ReachyMini):
    """Notes every pose it sends."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.sent: list[tuple[float, Pose]] = []

    def set_target(self, pose: Pose) -> bool:
        """See Robot."""
        self.sent.append((time.monotonic(), pose))
        return super().set_target(pose)


class Live:
    """Daemon, proxy, controller; a context manager. The robot is awake and at neutral once it is entered."""

    def __init__(self, limits: Limits, moves: dict[str, Move]) -> None:
        self.limits = limits
        self.daemon = SimulatedRobot()
        self._moves = moves
        self._pause = threading.Event()
        self.measured: list[tuple[float, Pose]] = []

    def __enter__(self) -> Live:
        self.daemon.start()
        self.proxy = FaultyProxy(self.daemon.port)
        self.robot = RecordedReachy(self.proxy.url)
        self.controller = Controller(self.robot, self.limits, self._moves, Settings(keep_awake=False))
        self.controller.start(self._on_state)
        self.wake()
        self._judge = attach(self.controller)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.controller.close(0.3)
        self.proxy.close()
        self.daemon.stop()

    def wake(self) -> None:
        """Wait for the robot, and wake it if it sleeps."""
        self.until(lambda: self.state in ("IDLE", "SLEEPING"))
        if self.state == "SLEEPING":
            wake.wake_up(self.controller)
        self.until(lambda: self.state == "IDLE")

    def play(self, name: str) -> None:
        """Begin a gesture."""
        self.controller.play(name, 1.0, 5, True, NOBODY)

    def stop(self) -> tuple[float, float]:
        """Stop. Returns ms from the order to the last moving pose that was sent, and to the end of what was measured."""
        begun = time.monotonic()
        self.controller.stop()
        self.wait(0.6)
        sent = [s for s in list(self.robot.sent) if s[0] > begun - 1.0]
        moved = [t for (_, a), (t, b) in pairwise(sent) if t > begun and a != b]
        seen = [s for s in list(self.measured) if s[0] > begun - 0.1]
        went = [t for (_, a), (t, b) in pairwise(seen) if t > begun and _moved(a, b)]
        self.controller.reset_stop()
        return 1e3 * (max(moved, default=begun) - begun), 1e3 * (max(went, default=begun) - begun)

    def neutral(self) -> None:
        """Go to neutral and rest."""
        self.controller.rest(NOBODY)
        self.until(lambda: self.state == "IDLE")

    @property
    def state(self) -> str:
        """Of the controller."""
        return self.controller.status(time.monotonic()).state

    def violations(self) -> list[str]:
        """Of all that was sent since the robot woke."""
        return self._judge.violations()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._pause.wait(seconds)

    def until(self, condition: Callable[[], bool], timeout: float = 60.0) -> float:
        """When the condition came true. Raises VoiceError after the timeout."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                raise VoiceError(f"The robot is {self.state} after {timeout:g} s.", "Look at the daemon's log.")
            self._pause.wait(0.002)
        return time.monotonic()

    def _on_state(self, state: RobotState) -> None:
        self.measured.append((state.received, state.pose))


def _moved(a: Pose, b: Pose) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) > _STILL


def begin(live: Live, name: str, after: float) -> bool:
    """Play a gesture for `after` s; whether it still moves then."""
    try:
        live.play(name)
    except Refused:
        return False
    live.wait(after)
    return live.state == "MOVING"
