"""All nodes of a plan as processes of their own, for machines without `ros2 launch`; the tests and the demo use it too."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from voice_pipeline.bringup.plan import NodeSpec, Plan
from voice_pipeline.ros.main import PARENT


class Processes:
    """Starts the nodes of a plan, each in a process group of its own, and ends them all.

    Args:
        plan: what to run.
        log_dir: each node's output goes to `<log_dir>/<node>.log`.
        namespace, log_level: as the launch arguments.
        env: added to the environment (ROS_DOMAIN_ID, ...).
    """

    def __init__(
        self, plan: Plan, log_dir: Path, namespace: str = "", log_level: str = "", env: dict[str, str] | None = None
    ) -> None:
        self.plan = plan
        self.log_dir = log_dir
        self._arguments = (namespace, log_level)
        self._env = {**os.environ, **(env or {})}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start every node and the supervisor."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for spec in self.plan.all:
            self.start_one(spec)

    def start_one(self, spec: NodeSpec) -> None:
        """Start (again) one node."""
        self._run(spec.name, [f"voice_pipeline.nodes.{spec.name}", "--ros-args", *spec.ros_args(*self._arguments)])

    def start_composed(self) -> None:
        """Start the container instead: every node in one process, which shows here as "container"."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._run("container", ["voice_pipeline.commands.container", *container_arguments(self.plan, *self._arguments)])

    def _run(self, name: str, module: Sequence[str]) -> None:
        with (self.log_dir / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._env, PARENT: str(os.getpid())},
                start_new_session=True,
            )

    def dead(self) -> list[str]:
        """Nodes whose process has ended."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def log(self, name: str, lines: int = 15) -> str:
        """The end of a node's output."""
        path = self.log_dir / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def stop(self, timeout_s: float = 3.0) -> list[str]:
        """SIGINT all, then SIGKILL what is left after the timeout; returns the names that had to be killed."""
        for process in self.running.values():
            _signal(process, signal.SIGINT)
        killed = _wait(self.running, timeout_s)
        for name in killed:
            _signal(self.running[name], signal.SIGKILL)
            self.running[name].wait()
        self.running.clear()
        return killed


def container_arguments(plan: Plan, namespace: str = "", log_level: str = "") -> list[str]:
    """The command line of `container` that runs exactly this plan (the simulated robot is started by whoever calls)."""
    arguments = ["--profile", str(plan.profile.path), "--nodes", *(n.name for n in plan.nodes)]
    for spec in plan.all:
        for key, value in spec.overrides.items():
            if spec.name != "supervisor" or key != "nodes":
                arguments += ["--set", f"{spec.name}.{key}={json.dumps(value)}"]
    if namespace:
        arguments += ["--namespace", namespace]
    if log_level:
        arguments += ["--log-level", log_level]
    return arguments


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass  # it ended in between


def _wait(running: dict[str, subprocess.Popen[bytes]], timeout_s: float) -> list[str]:
    deadline = time.monotonic() + timeout_s
    left = []
    for name, process in running.items():
        try:
            process.wait(max(0.01, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            left.append(name)
    return left
