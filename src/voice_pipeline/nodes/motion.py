"""The `motion` node: the robot's body over ROS. It holds its parts together (nodes/_motion_*.py, one for each kind of
interface); the work is in voice_pipeline.motion."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.move_files import load_moves
from voice_pipeline.motion.move_fit import fit
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.registry import make_robot
from voice_pipeline.motion.tasks import Outcome, Refused
from voice_pipeline.motion.ticker import Ticker
from voice_pipeline.nodes._motion_commands import MotionCommands
from voice_pipeline.nodes._motion_health import MotionHealth, TroubleLog
from voice_pipeline.nodes._motion_hearing import MotionHearing
from voice_pipeline.nodes._motion_liveliness import MotionLiveliness
from voice_pipeline.nodes._motion_liveliness_parameters import liveliness_of
from voice_pipeline.nodes._motion_orders import MotionOrders
from voice_pipeline.nodes._motion_parameters import PARAMETERS, limits_of, settings_of
from voice_pipeline.nodes._motion_ros_control import is_other_robot, limits_for, ros_control_robot
from voice_pipeline.nodes._motion_services import MotionServices
from voice_pipeline.nodes._motion_state import MotionTold
from voice_pipeline.nodes._motion_trajectory import MotionTrajectories
from voice_pipeline.resources import resource
from voice_pipeline.ros.diagnostics import Health
from voice_pipeline.ros.main import run
from voice_pipeline.ros.node import VoiceNode

_STATE_PERIOD_S = 0.1


class MotionNode(VoiceNode):
    """Moves the robot: gestures, head movements, looking at things; wakes it, puts it to sleep, stops it."""

    PARAMETERS = PARAMETERS

    def __init__(self, **kwargs: Any) -> None:
        self._moves: dict[str, Move] = {}
        self._controller: Controller | None = None
        self._hearing: MotionHearing | None = None
        self._told: MotionTold | None = None
        self._commands: MotionCommands | None = None
        self._trajectories: MotionTrajectories | None = None
        self._loaded_parts: list[Callable[[], Any]] = []  # what unload() calls, last first
        self._open_parts: list[Callable[[], Any]] = []  # what close() calls, last first
        super().__init__("motion", **kwargs)

    # -- life cycle

    def load(self) -> None:
        """Read the gestures; actions and services."""
        p = self.p
        self._limits = limits_for(p, limits_of(p))
        self._other_robot = ros_control_robot(self, p, self._limits)
        self._moves = fit(load_moves([resource(folder) for folder in p["moves_dirs"]], limits_of(p)), self._limits)
        for name, note in ((n, note) for n, m in self._moves.items() if n == m.name for note in m.about.notes):
            self.get_logger().info(f"move {name}: {note}")
        make_robot(p["robot"], p["url"], self._other_robot)  # a wrong url is told now
        self._troubles = TroubleLog(self.get_logger())
        self._monitor = MotionHealth(p["robot"], lambda: self._told.states if self._told else 0, self._counters)
        # They outlive a deactivation, so that the goals it ends get their results.
        services = self._serving = MotionServices(self, self._body)
        orders = MotionOrders(self, self._body, p)
        self._loaded_parts = [services.destroy, orders.destroy]
        if not is_other_robot(p):  # one that is driven by a trajectory controller has that action already
            trajectories = self._trajectories = MotionTrajectories(self, self._body, p)
            self._loaded_parts.append(trajectories.destroy)

    def open(self) -> None:
        """Connect to the robot and publish what it measures."""
        p = self.p
        box = f"roll {p['roll_limit_deg']:g}, pitch {p['pitch_limit_deg']:g}, yaw {p['yaw_limit_deg']:g} degrees"
        speed = f"{p['head_velocity_deg_s']:g} degrees/s, {p['head_acceleration_deg_s2']:g} degrees/s^2"
        self.get_logger().info(
            f"robot {p['robot']} at {p['url']}; head within {box}, {speed}; {len({m.name for m in self._moves.values()})} moves"
        )
        self._serving.wake_fault = ""
        liveliness = liveliness_of(p, self._limits)
        controller = self._controller = Controller(
            make_robot(p["robot"], p["url"], self._other_robot),
            self._limits,
            self._moves,
            settings_of(p),
            on_change=self._tell_change,
            on_asleep=self._serving.wake_soon,
            liveliness=liveliness,
        )
        told = self._told = MotionTold(self, p)
        hearing = self._hearing = MotionHearing(self, controller, p)
        listening = MotionLiveliness(self, liveliness)
        # Not a timer of the executor: waking that ten times a second costs 0.8 % of a core more.
        telling = Ticker("motion-told", _STATE_PERIOD_S, lambda now: self._tell_state())
        # The controller ends before what its last words go through.
        self._open_parts = [told.destroy, hearing.destroy, listening.destroy, controller.close]
        commands = self._commands = MotionCommands(self, controller, p)
        self._open_parts += [lambda: telling.stop_when(lambda: True, 0.0), commands.destroy]
        telling.start()
        controller.start(told.measured, hearing.on_bearing if hearing.wants_bearings else None)

    def close(self) -> None:
        """Bring the robot to rest and let go of it."""
        controller = self._controller
        if controller is not None and self.p["sleep_on_stop"]:
            try:
                wake.sleep(controller)
            except (VoiceError, Refused) as error:
                self.get_logger().warning(f"not put to sleep: {error}")
        self._controller = self._hearing = self._commands = None
        while self._open_parts:
            self._open_parts.pop()()

    def unload(self) -> None:
        """Forget the gestures; end actions and services."""
        while self._loaded_parts:
            self._loaded_parts.pop()()
        self._trajectories = None
        self._moves = {}

    def health(self) -> Health:
        """How the robot is, and what to do about it."""
        controller = self._controller
        if controller is None:
            return Health()
        if controller.awake:  # however that came about
            self._serving.wake_fault = ""
        health = self._monitor.judge(controller, self._serving.wake_fault)
        self._troubles.see(health, time.monotonic())
        return health

    # -- for its parts

    def _body(self) -> Controller:
        if self._controller is None:
            raise Refused(Outcome.ROBOT_DISCONNECTED, "The motion node is not active.")
        return self._controller

    def _counters(self) -> dict[str, int]:
        hearing, commands, controller = self._hearing, self._commands, self._controller
        if hearing is None or commands is None or controller is None:
            return {}
        robot = controller.robot
        return {
            "targets_refused": getattr(robot, "refused", 0),
            "states_garbled": getattr(robot, "garbled", 0),
            "failed_periods": controller.failed,
            "directions": hearing.heard,
            "turns_to_speaker": hearing.attention.turns,
            **commands.counters,
            **(self._trajectories.counters if self._trajectories else {}),
        }

    def _tell_change(self) -> None:
        self._tell_state()
        self.tell_health()

    def _tell_state(self) -> None:
        controller, told = self._controller, self._told
        if controller is not None and told is not None:
            told.stands(controller)


def main() -> int:
    """Entry point of the executable."""
    return run(MotionNode)


if __name__ == "__main__":
    sys.exit(main())
