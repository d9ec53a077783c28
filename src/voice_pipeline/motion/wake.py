"""Waking the robot and putting it to sleep, step by step in the only order it takes without harm. Apart because these
block for seconds and let the robot move by itself."""

from __future__ import annotations

import math
import threading

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.paths import PEAK_ACCELERATION, PEAK_VELOCITY
from voice_pipeline.motion.protocol import NEUTRAL, RobotState, Z
from voice_pipeline.motion.tasks import Listener, Outcome

_SHORTEST_S = 0.5  # a goto shorter than this is a jerk
_GENTLE = 1.5  # times slower than the limits allow: nobody expects the robot to move now
_NEUTRAL_S = 10.0  # what the way to neutral may take longer than planned


def wake_up(controller: Controller) -> str:
    """Motors on, to neutral by the robot's own goto, then the stream: streaming straight after switching the motors on
    in the sleeping pose can take the daemon down. One that is awake goes to neutral within the limits. Returns what was
    done, for people.

    Raises:
        VoiceError: no robot, the stop is latched, or the robot failed.
        Refused: it was awake and cannot move now.
    """
    if controller.awake:
        _to_neutral(controller)
        return "awake"
    controller.hand_over("wake_up", awake=True)
    aborted, done = True, False
    try:
        state = controller.robot.state
        if state is None:
            raise VoiceError("The robot has not told its pose yet.", "Try again in a moment.")
        controller.robot.set_motors(True)
        duration = _duration(controller, state)
        controller.robot.goto(NEUTRAL, duration, lambda: controller.stopped)
        aborted = controller.stopped
        done = not aborted
    finally:
        controller.take_back(awake=done or controller.looks_awake)
    if aborted:
        raise VoiceError("Waking up was stopped.", "Call motion/reset_stop, then motion/wake_up.")
    return "awake"


def sleep(controller: Controller) -> str:
    """To neutral within the limits, to the sleeping pose by the robot's own move, motors off. Takes 4 to 8 s.

    Raises:
        VoiceError: no robot, the stop is latched, or the robot failed.
    """
    if controller.awake:
        _to_neutral(controller)
    controller.hand_over("sleep", awake=False)
    folded = False
    try:
        if controller.awake:
            controller.robot.fold(lambda: controller.stopped)
        if not controller.stopped:
            controller.robot.set_motors(False)
            folded = True
    finally:
        controller.take_back(awake=not folded and controller.looks_awake)  # half folded it is asleep
    if not folded:
        raise VoiceError("Going to sleep was stopped.", "Call motion/reset_stop, then motion/sleep.")
    return "asleep"


def _to_neutral(controller: Controller) -> None:
    done = threading.Event()
    ending: list[tuple[Outcome, str]] = []

    def finished(outcome: Outcome, message: str, report: object) -> None:
        ending.append((outcome, message))
        done.set()

    patience = _patience(controller)
    controller.rest(Listener(lambda report: None, finished))
    if not done.wait(patience):
        raise VoiceError(f"The robot did not come to rest in {patience:.0f} s.", "Look at /diagnostics.")
    outcome, message = ending[0]
    if outcome is not Outcome.NONE:
        raise VoiceError(f"The robot did not go to neutral: {message}", "Try again.")


def _patience(controller: Controller) -> float:
    """How long to wait for the way to neutral, s. Within slow limits it takes a minute."""
    state = controller.robot.state
    return _NEUTRAL_S + (_duration(controller, state) if state is not None else 0.0)


def _duration(controller: Controller, state: RobotState) -> float:
    """How long the robot's goto (minimum jerk, without limits of its own) must take to keep ours."""
    limits = controller.limits
    # z is left out: it rises 50 mm from the sleeping pose, outside the box its speed limit is meant for.
    axes = [i for i in range(len(NEUTRAL)) if i != Z]
    distance = {i: abs(state.pose[i] - NEUTRAL[i]) for i in axes}
    by_speed = max(distance[i] * PEAK_VELOCITY / limits.velocity[i] for i in axes)
    by_force = max(math.sqrt(distance[i] * PEAK_ACCELERATION / limits.acceleration[i]) for i in axes)
    return max(_SHORTEST_S, _GENTLE * max(by_speed, by_force))
