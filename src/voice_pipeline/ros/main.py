"""The main() of every node and of the container: spin until SIGINT or SIGTERM, then release in reverse order."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.cores import take_cores
from voice_pipeline.ros.node import VoiceNode
from voice_pipeline.ros.worker import any_abandoned

# Set by whoever starts nodes as processes: a node ends with that process, however that ends.
PARENT = "VOICE_PIPELINE_PARENT"
_PR_SET_PDEATHSIG = 1
_SIGNALS = "signals"  # the thread's name
_GRACE_S, _LEAST_GRACE_S = 2.5, 0.3  # Ctrl-C ends everything within 3 s
_LOOK_S = 0.5  # how often the thread makes sure that it can run


def end_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the process named in $VOICE_PIPELINE_PARENT ends; nothing without it (Linux)."""
    parent = os.environ.get(PARENT)
    if not parent or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it ended before we asked
        sys.exit(1)


class StopSignal:
    """An event that SIGINT and SIGTERM set, and that wakes executors at once.

    A Python signal handler runs only between bytecodes of the main thread, which sits in the middleware's wait; the
    wake-up file descriptor is written by the C handler and read by a thread, which wakes the executors.
    """

    def __init__(self) -> None:
        end_with_parent()
        self._event = threading.Event()
        self._executors: list[SingleThreadedExecutor] = []
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._event.set())
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name=_SIGNALS, daemon=True).start()

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self) -> None:
        """Block until the signal."""
        self._event.wait()

    def set(self) -> None:
        """Stop as a signal would."""
        self._event.set()
        for executor in self._executors:
            executor.create_task(lambda: None)  # wakes the wait

    def wakes(self, executor: SingleThreadedExecutor) -> None:
        """Register an executor to be woken."""
        self._executors.append(executor)

    def _watch(self) -> None:
        self._reader.settimeout(_LOOK_S)
        looked = time.monotonic()
        while True:
            try:
                numbers = self._reader.recv(16)
            except TimeoutError:
                numbers = b""
            # A library that loads a model may keep the interpreter for seconds; the signal may be as old as that.
            kept_out = max(0.0, time.monotonic() - looked - _LOOK_S)
            looked = time.monotonic()
            for number in numbers:
                if number in (signal.SIGINT, signal.SIGTERM):
                    self.set()
                    # A model that is just being loaded or warmed up does not hear the signal; nobody waits for it.
                    threading.Event().wait(max(_LEAST_GRACE_S, _GRACE_S - kept_out))
                    print("[WARN] still busy; ending at once", file=sys.stderr, flush=True)
                    os._exit(0)


def run(make_node: Callable[..., VoiceNode], args: Sequence[str] | None = None) -> int:
    """Create one node, start it if `autostart`, spin until a signal. Returns the exit code (0 clean, 2 bad parameters)."""
    argv = list(sys.argv if args is None else args)
    if any(a in ("-h", "--help") for a in remove_ros_args(argv)[1:]):
        print(_help(make_node))
        return 0
    rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
    stop = StopSignal()
    try:
        node = make_node()
        if warning := take_cores(node.p["cpus"], node.p["nice"]):
            node.get_logger().warning(warning)
    except VoiceError as error:
        print(f"[ERROR] {error}", file=sys.stderr, flush=True)
        rclpy.try_shutdown()
        return 2
    try:
        spin(node, stop)
    finally:
        end(node)
        rclpy.try_shutdown()
    return leave(0)


def leave(code: int) -> int:
    """The exit code; ends the process at once if an engine is still computing, because a model that is unloaded
    under a running inference crashes (CTranslate2 at interpreter exit: segmentation fault, seen), and a thread that comes
    back from C++ into an interpreter that is gone is unwound through it (llama.cpp: "FATAL: exception not rethrown", seen).
    Everything was released before; nobody waits for such a thread.

    Signals are ignored from here on: `ros2 launch` passes on the Ctrl-C that the terminal has already sent, and the
    interpreter's shutdown would make the second one an exit code of -2."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if any_abandoned() or _others():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _others() -> list[threading.Thread]:
    """Threads that are still at work, of whatever engine or library."""
    ours = (threading.main_thread(), threading.current_thread())
    return [t for t in threading.enumerate() if t not in ours and t.name != _SIGNALS]


def spin(node: VoiceNode, stop: StopSignal) -> None:
    """Serve one node on an executor of its own until `stop`."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    stop.wakes(executor)
    # Start-up runs as the executor's first task, so that a signal during a long load is still seen afterwards.
    executor.create_task(node.autostart)
    with suppress(ExternalShutdownException, KeyboardInterrupt):
        while not stop:
            executor.spin_once()
    executor.remove_node(node)


def end(node: VoiceNode) -> None:
    """Release a node's devices and models and destroy it; never raises."""
    try:
        node.release()
    except Exception as error:
        node.get_logger().error(f"while stopping: {type(error).__name__}: {error}")
    with suppress(Exception):
        node.destroy_node()


def _help(make_node: Any) -> str:
    lines = [
        f"{os.path.basename(sys.argv[0])}: {(make_node.__doc__ or '').strip()}",
        "",
        "Parameters (-p name:=value):",
    ]
    for p in make_node.PARAMETERS:
        unit = f" {p.unit}" if p.unit else ""
        lines.append(f"  {p.name} = {p.default!r}{unit}\n      {p.description}")
    lines.append("\nUsage: ros2 run voice_pipeline NODE --ros-args --params-file config/desktop.yaml -p name:=value")
    return "\n".join(lines)
