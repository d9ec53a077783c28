"""The motion node on the simulated robot with physics (MuJoCo): it takes time and is not exact, so with tolerance."""

import math
import time

import pytest
from std_srvs.srv import Trigger
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode

TOLERANCE = 5.0  # degrees
SETTLE_S = 1.0


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot(physics=True) as simulated:
        yield simulated


@pytest.fixture
def body(ros, robot):
    peer = ros.peer()
    states = peer.record(MotionState, "motion/state")
    ros.start(MotionNode, {"url": robot.url, "settle_s": SETTLE_S})
    ros.wait(lambda: states and states[-1].state == MotionState.IDLE, what="IDLE")
    return peer, states


def test_it_wakes_and_a_head_movement_arrives_give_or_take_gravity(body):
    peer, _ = body
    goal = MoveHead.Goal(yaw=math.radians(30), pitch=math.radians(20))
    answer = peer.result(peer.send_goal(MoveHead, "move_head", goal)).result
    assert answer.error_code == MoveHead.Result.NONE
    assert math.degrees(answer.head_rpy.z) == pytest.approx(30, abs=TOLERANCE)
    assert math.degrees(answer.head_rpy.y) == pytest.approx(20, abs=TOLERANCE)


def test_a_gesture_plays_to_its_end(body):
    peer, _ = body
    handle = peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod"))
    assert peer.result(handle).result.error_code == PlayMove.Result.NONE


def test_a_stop_comes_to_rest_with_the_masses_moving(body, ros):
    peer, states = body
    handle = peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=math.radians(-40), duration_s=2.0))
    ros.wait(lambda: states[-1].head_rpy.z < math.radians(0) and states[-1].moving)
    stopped = time.monotonic()
    assert peer.call(Trigger, "motion/stop").success
    assert peer.result(handle).result.error_code == MoveHead.Result.STOPPED
    ros.wait(lambda: states[-1].state == MotionState.STOPPED)
    ros.wait(lambda: abs(states[-1].head_rpy.z - states[-5].head_rpy.z) < 0.01)
    assert time.monotonic() - stopped < 2.0
    assert states[-1].head_rpy.z > math.radians(-38)
