"""The motion node on the simulated robot with physics (MuJoCo): it takes time and is not exact, so with tolerance."""

import math

import pytest
from voice_pipeline.action import MoveHead, PlayMove

from motion_bench import LONG_S, Watch, be_patient
from voice_pipeline.motion.simulator import SimulatedRobot

pytestmark = pytest.mark.timeout(600)

TOLERANCE = 5.0  # degrees
SETTLE_S = 5.0  # it stays a little short, so every movement waits as long


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot(physics=True) as simulated:
        yield simulated


@pytest.fixture
def body(ros, robot, monkeypatch):
    be_patient(monkeypatch, settle=SETTLE_S)
    made = Watch(ros, url=robot.url)
    made.until("IDLE")
    return made


def test_it_wakes_and_a_head_movement_arrives_give_or_take_gravity(body):
    result = body.move(yaw=math.radians(30), pitch=math.radians(20))
    assert result.error_code == MoveHead.Result.NONE
    assert math.degrees(result.head_rpy.z) == pytest.approx(30, abs=TOLERANCE)
    assert math.degrees(result.head_rpy.y) == pytest.approx(20, abs=TOLERANCE)


def test_a_gesture_plays_to_its_end(body):
    assert body.do(PlayMove.Goal(name="nod")).error_code == PlayMove.Result.NONE


def test_a_stop_comes_to_rest_with_the_masses_moving(body):
    body.move(yaw=math.radians(20))
    handle = body.send(MoveHead.Goal(yaw=math.radians(-40), duration_s=LONG_S))
    body.wait(lambda m: m.head_rpy.z < 0.0 and m.moving)
    assert body.call("stop").success
    assert body.peer.result(handle).result.error_code == MoveHead.Result.STOPPED
    body.until("STOPPED")
    before = body.states[-1].head_rpy.z
    seen = len(body.states)

    def at_rest():
        last = [m.head_rpy.z for m in body.states[seen:]][-10:]
        return len(last) == 10 and max(last) - min(last) < 0.01

    body.ros.wait(at_rest, what="rest")
    assert math.radians(-38) < body.states[-1].head_rpy.z < before + math.radians(TOLERANCE)
