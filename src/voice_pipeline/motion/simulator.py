"""The simulated Reachy Mini: the robot's real daemon with its mock-up simulation (kinematics) or MuJoCo (physics), as a child
process in an environment of its own. `ros2 run voice_pipeline robot_sim` runs one in a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from types import TracebackType

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import cache_root
from voice_pipeline.motion.daemon_options import QUIET, has_physics, options
from voice_pipeline.ports import HeldPort

_CURE = "Run `make robot` once (downloads about 230 MB), or set VOICE_PIPELINE_ROBOT_ENV to an environment that has it."
_SLOWER = 3.0  # times as long as the mock-up: MuJoCo compiles its model
_KILLED_S = 60.0  # after SIGKILL only a machine that stands still keeps a process


def find_robot_environment() -> Path:
    """The Python environment that holds the robot's daemon.

    $VOICE_PIPELINE_ROBOT_ENV, else `.venv-robot` in the checkout, else the newest `robot-*` in the cache folder.

    Raises:
        VoiceError: there is none.
    """
    explicit = os.environ.get("VOICE_PIPELINE_ROBOT_ENV")
    if explicit:
        candidates = [Path(explicit).expanduser()]
    else:
        made = sorted((cache_root() / "envs").glob("robot-*/.complete"), key=lambda p: p.stat().st_mtime, reverse=True)
        candidates = [Path(__file__).resolve().parents[3] / ".venv-robot", *(p.parent for p in made)]
    for env in candidates:
        if (env / "bin" / "reachy-mini-daemon").exists() and (env / "bin" / "python").exists():
            return env
    where = f" (looked in {candidates[0]})" if candidates else ""
    raise VoiceError(f"The simulated robot is not installed{where}.", _CURE)


class SimulatedRobot:
    """One daemon with a simulated robot; a context manager.

    It starts asleep, with motors on, as a robot does that was just switched on. It ends with this process, however that
    ends.

    Args:
        port: of its HTTP interface on 127.0.0.1; 0 takes a free one.
        physics: MuJoCo in place of the mock-up: motors that take time, gravity, positions that are not exact; no camera.
        log: file for its output; by default one in the folder for temporary files, removed after a clean stop.
    """

    def __init__(self, port: int = 0, log: Path | None = None, physics: bool = False) -> None:
        self.port = port
        self.physics = physics
        self._log = log
        self._own_log = log is None
        self._process: subprocess.Popen[bytes] | None = None
        self._held: HeldPort | None = None  # a daemon that is started again finds its port free

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the daemon.

        Raises:
            VoiceError: it does not run.
        """
        if self._process is None:
            raise VoiceError("The simulated robot was not started.", "Call start() first.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """The daemon's process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 60.0) -> SimulatedRobot:
        """Start it and wait until it answers (about 3 s; with physics 10 s, and `timeout` is trebled).

        Raises:
            VoiceError: it is not installed, the port is taken, it ended, or it took longer than `timeout` s.
        """
        env = find_robot_environment()
        if self.physics and not has_physics(env):
            raise VoiceError(f"{env} has no MuJoCo.", "Run `make robot`, or leave physics off.")
        if self._held is None:
            self._held = HeldPort(self.port)
            self.port = self._held.number
        if self._log is None:
            handle, name = tempfile.mkstemp(prefix="robot_sim-", suffix=".log")
            os.close(handle)
            self._log = Path(name)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")}
        launcher = Path(__file__).with_name("daemon_launcher.py")
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [
                    str(env / "bin" / "python"),
                    "-I",
                    "-u",
                    str(launcher),
                    *options(env, self.physics),
                    f"--fastapi-port={self.port}",
                ],
                env=variables | QUIET,
                stdin=subprocess.PIPE,  # open as long as this process lives: the daemon ends when it closes
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the nodes first; they bring the robot to rest
            )
        self._wait_until_ready(timeout * (_SLOWER if self.physics else 1.0))
        return self

    def stop(self, timeout: float = 2.0) -> None:
        """End it: SIGTERM, and SIGKILL to its process group after `timeout` s. Does nothing when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        clean = process.poll() is None
        for number, wait in ((signal.SIGTERM, timeout), (signal.SIGKILL, _KILLED_S)):
            try:
                os.killpg(process.pid, number)
                process.wait(wait)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        process.wait(_KILLED_S)
        if process.stdin is not None:
            process.stdin.close()
        if clean and self._own_log and self._log is not None:
            self._log.unlink(missing_ok=True)
            self._log = None

    def __enter__(self) -> SimulatedRobot:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def _wait_until_ready(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while time.monotonic() < deadline:
            if not self.running:
                tail = self._tail()
                self.stop()
                raise VoiceError(f"The simulated robot ended at once:\n{tail}", f"The whole log is {self._log}.")
            if self._answers():
                return
            pause.wait(0.05)
        self.stop()
        raise VoiceError(f"The simulated robot was not ready after {timeout:.0f} s.", f"Look at {self._log}.")

    def _answers(self) -> bool:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                f"{self.url}/api/daemon/status", timeout=1.0
            ) as answer:
                return bool(json.load(answer).get("state") == "running")
        except (OSError, ValueError):
            return False

    def _tail(self) -> str:
        if self._log is None:
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
