"""A pipeline under observation: simulated robot, every node as a process, and a watcher. For demo, bench, eval and tests."""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from voice_pipeline.bringup.conversation import Turn
from voice_pipeline.bringup.plan import Plan, make_plan
from voice_pipeline.bringup.processes import Processes
from voice_pipeline.bringup.watcher import Event, Watcher, isolated_context
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.msg import MotionState, TurnState
from voice_pipeline.ports import HeldPort
from voice_pipeline.ros.domain import free_domain

_READY_S = 60.0  # the models of a profile, from a slow disk
# Nobody is being answered yet; a pause may be one inside the sentence.
_NOT_YET = (TurnState.LISTENING, TurnState.PAUSE)


class Session:
    """Runs a profile and lets a person be played into it. Use as a context manager; leaving it ends every process.

    Args:
        profile, robot, audio, only, record, overrides: as for `make_plan`.
        log_dir: one log a node.
        composed: all nodes in one process, the container.
        on_event: shown every event, in order.
    """

    def __init__(
        self,
        profile: str,
        log_dir: Path,
        *,
        robot: str = "",
        audio: str = "",
        only: Sequence[str] = (),
        composed: bool = False,
        record: str = "",
        overrides: dict[str, dict[str, Any]] | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._stack = ExitStack()
        port = self._stack.enter_context(HeldPort()).number
        self.plan: Plan = make_plan(
            profile, robot=robot, audio=audio, port=port, only=only, record=record, overrides=overrides
        )
        self._log_dir = log_dir
        self._composed = composed
        self._on_event = on_event
        self.processes: Processes
        self.watcher: Watcher
        self.start_s = 0.0
        self.killed: list[str] = []

    def __enter__(self) -> Session:
        if threading.current_thread() is threading.main_thread():
            # A SIGTERM ends what was started too, as Ctrl-C does.
            self._stack.callback(
                signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, signal.default_int_handler)
            )
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        began = time.monotonic()
        domain = int(os.environ.get("ROS_DOMAIN_ID") or 0) or free_domain()
        context = isolated_context(domain)
        self._stack.callback(context.try_shutdown)
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for old in self._log_dir.glob("*.log"):
            old.unlink()
        # The nodes load their models while the robot's daemon starts: motion waits for it by itself.
        self.processes = Processes(self.plan, self._log_dir, env={"ROS_DOMAIN_ID": str(domain)})
        self._stack.callback(self._stop_processes)
        if self._composed:
            self.processes.start_composed()
        else:
            self.processes.start()
        if self.plan.simulator_port is not None:
            physics = self.plan.simulator_physics
            self._stack.enter_context(SimulatedRobot(port=self.plan.simulator_port, physics=physics))
        self.watcher = Watcher(context)
        self._stack.callback(self.watcher.close)
        self._wait_ready(_READY_S)
        self.start_s = time.monotonic() - began

    def _stop_processes(self) -> None:
        self.killed = self.processes.stop()

    def _wait_ready(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not self.watcher.ready:
            self.drain(0.1)
            dead = self.processes.dead()
            if dead:
                name = dead[0]
                raise VoiceError(
                    f"{name} ended at start:\n{self.processes.log(name)}", f"Its log: {self._log_dir / name}.log"
                )
            if time.monotonic() > deadline:
                faults = "; ".join(f"{n}: {m}" for n, m in self.watcher.faults.items()) or "no node said why"
                raise VoiceError(
                    f"the pipeline was not ready after {timeout_s:.0f} s: {faults}.", f"Logs: {self._log_dir}"
                )

    def drain(self, timeout_s: float) -> None:
        """Show the events of the next `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self.watcher.events.get(timeout=left)
            except queue.Empty:
                return
            # While the pipeline comes up a neighbour that is not there yet is no news; if it stays away, the error says so.
            if event.kind != "fault" or self.start_s:
                self._on_event(event)

    def say(self, wav: Path, timeout_s: float = 45.0) -> Turn:
        """Play one recording into the microphone and wait until the robot has answered and come to rest.

        Returns the turn, whose fields are empty when nothing was heard or answered in time.
        """
        turn = self.watcher.begin_turn()
        self.watcher.play(wav)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and self.watcher.state in _NOT_YET:
            self.drain(0.05)
        quiet_since = time.monotonic()
        while time.monotonic() < deadline:
            self.drain(0.05)
            if self._at_work():
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > 0.6:
                break
        return turn

    def _at_work(self) -> bool:
        watcher = self.watcher
        moving = watcher.motion is not None and watcher.motion.state == MotionState.MOVING
        return watcher.state != TurnState.LISTENING or watcher.playing or moving
