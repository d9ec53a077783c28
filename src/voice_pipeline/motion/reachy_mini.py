"""Reachy Mini through its daemon's HTTP and WebSocket interface, which is the same from release 1.2.13 to 1.13. The
vendor's SDK is left out: it wants GStreamer and other versions of Python and numpy than ROS 2 has."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.daemon_state import daemon_antennas, parse_state
from voice_pipeline.motion.move_watch import MoveWatch
from voice_pipeline.motion.protocol import Bearing, Pose, RobotState
from voice_pipeline.motion.sound_array import SoundArray

if TYPE_CHECKING:
    import httpx
    from websockets.sync.client import ClientConnection

_STATE = "/api/state/ws/full?frequency=50&with_head_joints=true&with_control_mode=true"
_TARGET = "/api/move/ws/set_target"
_CONNECT_S = 2.0  # for each step of connecting, and for each order over HTTP
_SILENCE_S = 2.0  # without a state on an open connection: it may be dead without a word (Wi-Fi, power), make a new one
_GLANCE_S = 0.1  # how often a silent connection is asked whether it is to be closed
_BACKOFF_S = (0.5, 5.0)  # first and longest wait between attempts
_POLL_S = 0.05  # how often a running goto is asked after
_FOREIGN_S = 0.2  # the same for a move that somebody else began
_LOOK = "Look at the daemon's log."
_START_DAEMON = (
    "Start its daemon (simulated: make robot and scripts/robot_sim run), switch the robot on, or correct the url."
)


class ReachyMini:
    """See `Robot` in protocol.py.

    Args:
        url: of the daemon, such as http://127.0.0.1:8000.

    Raises:
        VoiceError: the url is not one.
    """

    name = "reachy_mini"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise VoiceError(f"'{url}' is no address of a robot.", "Give one such as http://127.0.0.1:8000.")
        self._url = url.rstrip("/")
        self._ws_url = "ws" + self._url[4:]
        self._state: RobotState | None = None
        self._fault = f"Not yet connected to {self._url}."
        self._commands: ClientConnection | None = None
        self._http: httpx.Client | None = None
        self._http_lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._array: SoundArray | None = None
        self._ours: set[Any] = set()  # moves of the daemon that we began and did not give up, by uuid
        self._ordering = threading.Event()
        self._moves = MoveWatch(
            self._ws_url, self._running, self._stop_move, self._ours, self._ordering, lambda: self.connected
        )
        self.refused = 0  # targets the daemon answered with an error; since start
        self.garbled = 0  # states that could not be understood; since start

    @property
    def connected(self) -> bool:
        """See Robot."""
        return self._commands is not None

    @property
    def state(self) -> RobotState | None:
        """See Robot."""
        return self._state

    @property
    def taken(self) -> bool:
        """See Robot."""
        return self._moves.foreign

    @property
    def fault(self) -> str:
        """See Robot."""
        return self._fault

    def start(
        self, on_state: Callable[[RobotState], None], on_bearing: Callable[[Bearing], None] | None = None
    ) -> None:
        """See Robot."""
        if on_bearing is not None:
            self._array = SoundArray(self._ws_url, on_bearing, lambda: self.connected)
            self._array.start()
        self._moves.start()
        self._thread = threading.Thread(target=self._run, args=(on_state,), name="robot-state", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See Robot."""
        self._closing.set()
        if self._array is not None:
            self._array.close()
        self._moves.close()
        if self._thread is not None:
            self._thread.join(2 * _CONNECT_S)
        if self._http is not None:
            self._http.close()

    # -- orders

    def set_target(self, pose: Pose) -> bool:
        """See Robot."""
        from websockets.exceptions import WebSocketException

        link = self._commands
        if link is None or not all(map(math.isfinite, pose)):
            return False
        try:
            link.send(
                json.dumps(
                    {
                        "target_head_pose": _head(pose),
                        "target_antennas": daemon_antennas(pose.right_antenna, pose.left_antenna),
                        "target_body_yaw": pose.body_yaw,
                    }
                )
            )
        except (WebSocketException, OSError):
            return False  # the reader sees the same and reconnects
        return True

    def keep_at_rest(self, latched: bool) -> None:
        """See Robot."""
        self._moves.latched = latched

    def set_motors(self, on: bool) -> None:
        """See Robot."""
        self._ask("POST", f"/api/motors/set_mode/{'enabled' if on else 'disabled'}")

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """See Robot."""
        body = {
            "head_pose": _head(pose),
            "antennas": daemon_antennas(pose.right_antenna, pose.left_antenna),
            "body_yaw": pose.body_yaw,
            "duration": duration,
        }
        self._move("/api/move/goto", body, duration + _CONNECT_S, abort)

    def fold(self, abort: Callable[[], bool]) -> None:
        """See Robot. Takes 2 to 6 s; the motors stay on."""
        self._move("/api/move/play/goto_sleep", None, 12.0, abort)

    def _move(self, path: str, body: Any, timeout: float, abort: Callable[[], bool]) -> None:
        """Let the daemon make a move in place of all others, and wait for its end."""
        self._end_moves()
        self._ordering.set()
        try:
            task = self._ask("POST", path, body)
            uuid = task.get("uuid") if isinstance(task, dict) else None
            self._ours.add(uuid)
        finally:
            self._ordering.clear()
        self._wait(uuid, timeout, abort)

    def _wait(self, uuid: Any, timeout: float, abort: Callable[[], bool]) -> None:
        """Until the daemon's move is over. A daemon that died would never end it: the deadline does."""
        deadline = time.monotonic() + timeout
        try:
            while not self._closing.wait(_POLL_S) and not abort():
                if uuid not in self._running():
                    return
                if time.monotonic() > deadline:
                    raise VoiceError(f"The robot did not finish its move in {timeout:.1f} s.", _LOOK)
        except VoiceError:
            self._stop_move(uuid)  # or it goes on, and what is streamed meanwhile takes effect at its end with a jump
            raise
        if not self._closing.is_set():
            self._stop_move(uuid)

    def _running(self) -> list[Any]:
        """The daemon's moves under way, by uuid. Raises VoiceError."""
        running = self._ask("GET", "/api/move/running")
        if not isinstance(running, list):
            raise VoiceError(f"The robot's daemon answers {str(running)[:80]!r} for its moves.", _LOOK)
        return [r.get("uuid") for r in running if isinstance(r, dict)]

    def _end_moves(self) -> None:
        """The daemon plays two moves at once, a pose of each in turn: what somebody else began makes way."""
        with suppress(VoiceError):  # whoever waits for the order finds out
            for uuid in self._running():
                self._stop_move(uuid)

    def _stop_move(self, uuid: Any) -> None:
        with suppress(VoiceError):
            self._ask("POST", "/api/move/stop", {"uuid": uuid})
        self._ours.discard(uuid)  # if it goes on all the same, nobody may stream into it

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        import httpx

        try:
            with self._http_lock:
                if self._http is None:
                    secure = self._url.startswith("https")  # loading certificates takes long, so only where needed
                    self._http = httpx.Client(timeout=_CONNECT_S, trust_env=False, verify=secure)
            answer = self._http.request(method, self._url + path, json=body)
            answer.raise_for_status()
            return answer.json()
        except httpx.HTTPStatusError as error:
            text = error.response.text[:200]
            raise VoiceError(
                f"The robot's daemon refused {method} {path}: {error.response.status_code} {text}",
                _LOOK,
            ) from error
        except (httpx.HTTPError, ValueError) as error:
            raise VoiceError(f"No robot answers at {self._url} ({_words(error)}).", _START_DAEMON) from error

    # -- connection

    def _run(self, on_state: Callable[[RobotState], None]) -> None:
        from websockets.exceptions import WebSocketException

        wait = _BACKOFF_S[0]
        while not self._closing.is_set():
            heard = time.monotonic()
            try:
                self._serve(on_state)
            except VoiceError as error:
                self._fault = str(error)
            except (WebSocketException, OSError, ValueError) as error:
                self._fault = f"The connection to {self._url} broke ({_words(error)}). {_START_DAEMON}"
            except Exception as error:  # this thread is the only way back: whatever went wrong, try again and say so
                self._fault = f"The connection to {self._url} failed ({type(error).__name__}: {_words(error)})."
            finally:
                self._commands = None
            state = self._state
            if state is not None and state.received >= heard:
                wait = _BACKOFF_S[0]  # it worked for a while: be quick again
            self._closing.wait(wait)
            wait = min(2 * wait, _BACKOFF_S[1])

    def _serve(self, on_state: Callable[[RobotState], None]) -> None:
        """Connect and read until something breaks."""
        from websockets.sync.client import connect

        status = self._ask("GET", "/api/daemon/status")
        if not isinstance(status, dict) or status.get("state") != "running":
            found = status if not isinstance(status, dict) else status.get("error") or status.get("state")
            raise VoiceError(f"The robot's daemon at {self._url} does not run: {found}.", "Restart the daemon.")
        # It ignores targets during a move, so that the last one would take effect at its end, with a jump.
        while self._running():
            self._fault = "The robot is in a move that is not ours. Wait for its end, and let no other program move it."
            if self._moves.latched:
                self._end_moves()
            if self._closing.wait(_FOREIGN_S):
                return
        with ExitStack() as stack:
            # No proxies, no compression (small messages, every 20 ms), no pings: the states are the heartbeat.
            options: dict[str, Any] = {
                "open_timeout": _CONNECT_S,
                "close_timeout": 0.2,
                "ping_interval": None,
                "compression": None,
                "proxy": None,
            }
            commands = stack.enter_context(connect(self._ws_url + _TARGET, **options))
            states = stack.enter_context(connect(self._ws_url + _STATE, **options))
            self._read(states, commands, on_state)

    def _read(
        self, states: ClientConnection, commands: ClientConnection, on_state: Callable[[RobotState], None]
    ) -> None:
        heard = time.monotonic()
        while not self._closing.is_set():
            try:
                text = states.recv(timeout=_GLANCE_S)
            except TimeoutError:
                if time.monotonic() - heard > _SILENCE_S:
                    raise OSError(f"no state for {_SILENCE_S:g} s") from None
                continue
            heard = time.monotonic()
            try:
                state = parse_state(text)
            except ValueError as error:
                self.garbled += 1
                self._fault = f"The robot's daemon sends what is no state ({error}). Check its version."
                continue
            self._state = state
            if self._commands is None:
                self._commands = commands
            self._fault = ""
            on_state(state)
            with suppress(TimeoutError):
                commands.recv(timeout=0)  # answered only when a target was wrong; unread answers would block the daemon
                self.refused += 1


def _head(pose: Pose) -> dict[str, float]:
    return {
        "x": 0.0,
        "y": 0.0,
        "z": pose.z,
        "roll": pose.roll,
        "pitch": pose.pitch,
        "yaw": pose.body_yaw + pose.yaw,
    }


def _words(error: BaseException) -> str:
    return str(error).strip() or type(error).__name__
