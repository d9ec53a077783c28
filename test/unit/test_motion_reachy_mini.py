"""The client of the robot's daemon against a server that misbehaves: garbage, silence, refusals, closed connections."""

import json
import math
import threading
import time
from http import HTTPStatus

import pytest
from websockets.sync.server import serve

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import reachy_mini
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.reachy_mini import ReachyMini, parse_state
from voice_pipeline.motion.registry import make_robot

STATE = {
    "control_mode": "enabled",
    "head_pose": {"x": 0.0, "y": 0.0, "z": -0.001, "roll": 0.1, "pitch": 0.2, "yaw": 0.5},
    "head_joints": [0.2, 1, 2, 3, 4, 5, 6],
    "body_yaw": 0.2,
    "antennas_position": [-0.3, 0.3],  # both lean out, as it counts
    "timestamp": "2026-01-01T00:00:00Z",
}


class Daemon:
    """Serves the two streams and the status; `states` is the script of what the state stream says."""

    def __init__(self, states, status="running"):
        self.states, self.status = states, status
        self.targets = []
        self.connections = 0
        self.hold = threading.Event()
        self.server = serve(self._handle, "127.0.0.1", 0, process_request=self._http)
        self.url = f"http://127.0.0.1:{self.server.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _http(self, connection, request):
        if request.path == "/api/daemon/status":
            return connection.respond(HTTPStatus.OK, json.dumps({"state": self.status, "error": "no motor answers"}))
        if request.path == "/api/move/running":
            return connection.respond(HTTPStatus.OK, "[]")
        return None

    def _handle(self, ws):
        if "set_target" in ws.request.path:
            for text in ws:
                self.targets.append(json.loads(text))
                ws.send('{"status": "error", "detail": "no"}')
            return
        self.connections += 1
        for state in self.states:
            ws.send(state if isinstance(state, str) else json.dumps(state))
        self.hold.wait()

    def close(self):
        self.hold.set()
        self.server.shutdown()


@pytest.fixture
def start(monkeypatch):
    monkeypatch.setattr(reachy_mini, "_SILENCE_S", 600.0)  # a machine that stands still is no silent daemon
    monkeypatch.setattr(reachy_mini, "_CONNECT_S", 60.0)
    things = []

    def begin(states, **kwargs):
        daemon = Daemon(states, **kwargs)
        robot = ReachyMini(daemon.url)
        heard = []
        robot.start(heard.append)
        things.extend((robot, daemon))
        return daemon, robot, heard

    yield begin
    for thing in things:
        thing.close()


def until(condition, timeout=60.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def test_states_and_targets_carry_the_right_axes_and_the_antennas_the_sign_of_the_daemon(start):
    daemon, robot, heard = start([STATE])
    until(lambda: heard)
    assert heard[0].pose == pytest.approx(Pose(0.1, 0.2, 0.3, -0.001, 0.2, 0.3, -0.3))
    assert robot.set_target(Pose(roll=0.1, yaw=0.3, body_yaw=0.2, right_antenna=0.5, left_antenna=0.2))
    until(lambda: daemon.targets)
    assert daemon.targets[0]["target_head_pose"] == pytest.approx(
        {"x": 0, "y": 0, "z": 0, "roll": 0.1, "pitch": 0, "yaw": 0.5}
    )
    assert daemon.targets[0]["target_antennas"] == [-0.5, -0.2]
    assert daemon.targets[0]["target_body_yaw"] == 0.2


def test_nan_is_never_sent(start):
    daemon, robot, heard = start([STATE])
    until(lambda: heard)
    assert not robot.set_target(Pose(yaw=float("nan")))
    assert robot.set_target(NEUTRAL)
    until(lambda: daemon.targets)
    assert len(daemon.targets) == 1


def test_garbage_is_counted_and_never_becomes_a_state(start):
    bad = ["{", "[]", "null", {**STATE, "body_yaw": None}, {**STATE, "head_joints": None}, {**STATE, "body_yaw": 1e999}]
    _, robot, heard = start([*bad, STATE, "nonsense"])
    until(lambda: robot.garbled == len(bad) + 1)
    assert len(heard) == 1
    assert "version" in robot.fault


def test_refused_targets_are_counted_and_do_not_block(start):
    daemon, robot, heard = start([STATE] * 200)
    until(lambda: len(heard) == 200)
    for _ in range(100):
        assert robot.set_target(NEUTRAL)
    until(lambda: len(daemon.targets) == 100)


def test_a_closed_connection_is_noticed_and_made_again(start):
    daemon, robot, heard = start([STATE])
    until(lambda: robot.connected)
    daemon.hold.set()
    until(lambda: not robot.connected and "broke" in robot.fault)
    daemon.hold.clear()
    until(lambda: robot.connected and len(heard) >= 2)
    assert daemon.connections >= 2


def test_silence_leads_to_a_new_connection(start, monkeypatch):
    daemon, robot, heard = start([STATE])
    until(lambda: heard)
    monkeypatch.setattr(reachy_mini, "_SILENCE_S", 0.2)
    until(lambda: daemon.connections >= 2)
    monkeypatch.setattr(reachy_mini, "_SILENCE_S", 600.0)
    until(lambda: robot.connected)


def test_a_daemon_without_a_body_says_why(start):
    _, robot, heard = start([STATE], status="error")
    until(lambda: "no motor answers" in robot.fault)
    assert not heard


def test_nobody_there_names_the_url_and_the_cure():
    robot = ReachyMini("http://127.0.0.1:9")
    robot.start(lambda state: None)
    until(lambda: "127.0.0.1:9" in robot.fault and "robot_sim" in robot.fault)
    with pytest.raises(VoiceError, match="No robot answers"):
        robot.set_motors(True)
    robot.close()


def test_closing_ends_its_thread_while_connected_and_while_waiting(start):
    _, connected, heard = start([STATE])
    until(lambda: heard)
    waiting = ReachyMini("http://127.0.0.1:9")
    waiting.start(lambda state: None)
    until(lambda: "No robot answers" in waiting.fault)
    for robot in (connected, waiting):
        robot.close()
        assert not robot._thread.is_alive()


def test_an_address_that_is_none_is_refused():
    with pytest.raises(VoiceError, match="http://"):
        make_robot("reachy_mini", "localhost:8000")
    with pytest.raises(VoiceError, match="reachy_mini, none"):
        make_robot("reachy", "")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"head_joints": [1, 2]}, "nine are expected"),
        ({"head_joints": [0.2, 1, 2, 3, math.nan, 5, 6]}, "beyond"),
        ({"head_joints": "0123456"}, "no number"),
        ({"body_yaw": True}, "no number"),
        ({"body_yaw": "0.2"}, "no number"),
        ({"body_yaw": 10**400}, "beyond"),
        ({"body_yaw": 100.0}, "beyond"),
        ({"antennas_position": {"0": 1}}, "no number"),
        ({"head_pose": [0, 0, 0, 0, 0, 0]}, "TypeError"),
        ({"head_pose": STATE["head_pose"] | {"z": 3.0}}, "beyond"),
        ({"control_mode": None}, "control_mode"),
        ({"control_mode": {}}, "control_mode"),
    ],
)
def test_a_state_of_another_type_or_of_no_possible_size_is_refused(change, why):
    with pytest.raises(ValueError, match=why):
        parse_state(json.dumps(STATE | change))


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, b"\xff\xfe\x00", "", '"x"', "1e999", "{}"])
def test_what_is_no_state_at_all_is_a_value_error_and_nothing_else(text):
    with pytest.raises(ValueError):
        parse_state(text)


def test_an_error_that_nobody_thought_of_is_told_and_the_connection_is_made_again(start):
    daemon, _, _ = start([])
    until(lambda: daemon.connections >= 1)
    fails = []

    def on_state(state):
        fails.append(state)
        raise LookupError("a bug")

    other = ReachyMini(daemon.url)
    daemon.states = [STATE]
    other.start(on_state)
    try:
        until(lambda: "a bug" in other.fault)
        until(lambda: len(fails) >= 2)
    finally:
        other.close()


def test_a_move_that_cannot_be_watched_is_ended(monkeypatch):
    robot = ReachyMini("http://127.0.0.1:9")
    asked = []

    def ask(method, path, body=None):
        asked.append((path, body))
        return {"uuid": "u"} if path.endswith("goto") else "garbage"

    monkeypatch.setattr(robot, "_ask", ask)
    with pytest.raises(VoiceError, match="garbage"):
        robot.goto(NEUTRAL, 1.0, lambda: False)
    assert asked[-1] == ("/api/move/stop", {"uuid": "u"})
