"""The daemon is in a move that this program did not begin: of a node that was killed, of the vendor's dashboard. Targets
have no effect meanwhile, so that the last one would take effect at its end, at once."""

import json
import time
import urllib.request

import pytest
from bench.motion.proxy import FaultyProxy

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.motion.tasks import Listener, Outcome, Refused, Settings

PATIENCE_S = 60.0
LONG_S = 4.0
pytestmark = pytest.mark.timeout(300)


class Daemon:
    """The simulated robot, awake, and what somebody else asks of it."""

    def __init__(self, url):
        self.url = url
        self.http = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the robot is on this machine
        self.goto(0.5)
        self.wait(lambda: not self.running())

    def goto(self, seconds, antenna=0.0, **head):
        move = {"head_pose": head, "antennas": [-antenna, antenna], "body_yaw": 0.0, "duration": seconds}
        data = json.dumps(move).encode()
        order = urllib.request.Request(f"{self.url}/api/move/goto", data, {"Content-Type": "application/json"})
        with self.http.open(order) as answer:
            return json.load(answer)["uuid"]

    def running(self):
        with self.http.open(f"{self.url}/api/move/running") as answer:
            return [move["uuid"] for move in json.load(answer)]

    @staticmethod
    def wait(condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, "waited too long"
            time.sleep(0.01)


@pytest.fixture
def daemon():
    with SimulatedRobot() as robot:
        yield Daemon(robot.url)


def test_who_connects_during_a_move_waits_for_its_end_and_does_not_pull_the_robot_back(daemon):
    daemon.goto(LONG_S, antenna=2.0, roll=0.3, yaw=0.5)
    daemon.wait(lambda: daemon.running())
    controller = Controller(ReachyMini(daemon.url), make_limits(), {}, Settings(state_timeout=PATIENCE_S))
    states = []
    controller.start(states.append)
    try:
        daemon.wait(lambda: len(states) > 60)  # more than a second: a pose at rest was sent again
    finally:
        controller.close()
    for state in states:
        assert state.pose.right_antenna == pytest.approx(2.0, abs=0.02)
        assert state.pose.yaw == pytest.approx(0.5, abs=0.02)


def test_it_says_what_it_waits_for(daemon):
    daemon.goto(2 * LONG_S, yaw=0.5)
    robot = ReachyMini(daemon.url)
    robot.start(lambda state: None)
    try:
        daemon.wait(lambda: "in a move that is not ours" in robot.fault or robot.connected)
        assert not robot.connected or not daemon.running()
    finally:
        robot.close()


def test_an_order_of_the_robot_ends_the_move_that_somebody_else_began(daemon):
    other = daemon.goto(30.0, antenna=2.0, yaw=0.7)
    robot = ReachyMini(daemon.url)
    try:
        robot.goto(NEUTRAL, 0.5, lambda: False)
    finally:
        robot.close()
    assert other not in daemon.running()


def test_the_end_of_a_move_of_another_program_is_no_jump_back(daemon):
    controller = Controller(ReachyMini(daemon.url), make_limits(), {}, Settings(state_timeout=PATIENCE_S))
    states = []
    controller.start(states.append)
    try:
        daemon.wait(lambda: states)
        daemon.goto(2.0, antenna=2.0, roll=0.3, yaw=0.5)
        daemon.wait(lambda: not daemon.running())
        told = len(states)
        daemon.wait(lambda: len(states) > told + 60)
    finally:
        controller.close()
    for state in states[told:]:
        assert state.pose.right_antenna == pytest.approx(2.0, abs=0.02)


def test_a_move_of_another_program_during_our_order_ends_the_order_and_does_not_jump_at_its_own_end(daemon):
    controller = Controller(ReachyMini(daemon.url), make_limits(), {}, Settings(state_timeout=PATIENCE_S))
    states, ends = [], []
    controller.start(states.append)
    try:
        daemon.wait(lambda: controller.status(time.monotonic()).state == "IDLE")
        listener = Listener(lambda report: None, lambda outcome, message, report: ends.append((outcome, message)))
        controller.move_head((0.0, 0.0, 0.7), 0.0, 10.0, listener)
        daemon.wait(lambda: states[-1].pose.yaw > 0.1)
        daemon.goto(2.0, yaw=-0.3)
        daemon.wait(lambda: ends)
        with pytest.raises(Refused, match="Another program"):
            controller.move_head((0.0, 0.0, 0.7), 0.0, 2.0, listener)
        daemon.wait(lambda: not daemon.running())
        told = len(states)
        daemon.wait(lambda: controller.status(time.monotonic()).state == "IDLE" and len(states) > told + 60)
        assert ends[0][0] is Outcome.NOT_REACHED
        assert "Another program" in ends[0][1]
        for state in states[told:]:
            assert state.pose.yaw == pytest.approx(-0.3, abs=0.02)
        controller.move_head((0.0, 0.0, 0.0), 0.0, 0.5, listener)
        daemon.wait(lambda: len(ends) == 2)
        assert ends[1][0] is Outcome.NONE
    finally:
        controller.close()


def test_a_move_of_our_own_is_not_taken_for_one_of_another_program(daemon):
    robot = ReachyMini(daemon.url)
    taken = []
    robot.start(lambda state: taken.append(robot.taken))
    try:
        daemon.wait(lambda: robot.connected)
        daemon.wait(lambda: len(taken) > 50)
        robot.goto(Pose(yaw=0.4), 1.0, lambda: False)
        robot.goto(NEUTRAL, 1.0, lambda: False)
        assert len(taken) > 60
        assert not any(taken)
        daemon.goto(1.0, yaw=0.2)
        daemon.wait(lambda: robot.taken)
        daemon.wait(lambda: not robot.taken)
    finally:
        robot.close()


def test_a_move_of_our_own_that_could_not_be_stopped_counts_as_taken_until_it_is_over(daemon):
    proxy = FaultyProxy(int(daemon.url.rsplit(":", 1)[1]))
    robot = ReachyMini(proxy.url)
    robot.start(lambda state: None)
    try:
        daemon.wait(lambda: robot.connected)
        proxy.refuses = ("/api/move/running", "/api/move/stop")
        with pytest.raises(VoiceError, match="refused"):
            robot.goto(Pose(yaw=0.4), LONG_S, lambda: False)
        assert daemon.running()
        daemon.wait(lambda: robot.taken)
        proxy.refuses = ()
        daemon.wait(lambda: not robot.taken)
        assert not daemon.running()
    finally:
        robot.close()
        proxy.close()


def test_the_stop_ends_a_move_of_another_program_and_every_later_one_until_it_is_reset(daemon):
    controller = Controller(ReachyMini(daemon.url), make_limits(), {}, Settings(state_timeout=PATIENCE_S))
    states = []
    controller.start(states.append)
    try:
        daemon.wait(lambda: controller.status(time.monotonic()).state == "IDLE")
        daemon.goto(2 * PATIENCE_S, yaw=0.7)
        daemon.wait(lambda: daemon.running())
        controller.stop()
        daemon.wait(lambda: not daemon.running())
        daemon.goto(2 * PATIENCE_S, yaw=-0.7)  # would outlast the patience of the next line
        daemon.wait(lambda: not daemon.running())
        assert abs(states[-1].pose.yaw) < 0.6
        controller.reset_stop()
        told = len(states)
        daemon.goto(1.0, yaw=0.3)
        daemon.wait(lambda: not daemon.running() and len(states) > told + 60)
        assert states[-1].pose.yaw == pytest.approx(0.3, abs=0.02)
    finally:
        controller.close()


def test_the_stop_ends_a_move_that_is_found_while_it_connects(daemon):
    robot = ReachyMini(daemon.url)
    robot.keep_at_rest(True)
    daemon.goto(2 * PATIENCE_S, yaw=0.7)
    daemon.wait(lambda: daemon.running())
    robot.start(lambda state: None)
    try:
        daemon.wait(lambda: not daemon.running())
        daemon.wait(lambda: robot.connected)
    finally:
        robot.close()


def test_a_node_that_ends_lets_a_move_of_another_program_go_on(daemon):
    controller = Controller(ReachyMini(daemon.url), make_limits(), {}, Settings(state_timeout=PATIENCE_S))
    controller.start(lambda state: None)
    try:
        daemon.wait(lambda: controller.status(time.monotonic()).state == "IDLE")
        other = daemon.goto(PATIENCE_S, yaw=0.7)
        daemon.wait(lambda: controller.robot.taken)
    finally:
        controller.close()
    assert other in daemon.running()
