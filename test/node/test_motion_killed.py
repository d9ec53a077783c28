"""What the robot does when the motion node is killed in the middle of a move: SIGKILL, so that nothing tidies up."""

import os
import signal
import time
from itertools import pairwise

import pytest
from voice_pipeline.action import MoveHead
from voice_pipeline.msg import MotionState

from motion_bench import Body
from voice_pipeline.motion.reachy_mini import ReachyMini
from voice_pipeline.motion.simulator import SimulatedRobot


@pytest.fixture
def robot():
    with SimulatedRobot() as simulated:
        yield simulated


@pytest.fixture
def watched(robot):
    """What the robot measures, on a connection that outlives the node: (time, RobotState)."""
    seen = []
    watcher = ReachyMini(robot.url)
    watcher.start(lambda state: seen.append((time.monotonic(), state)))
    yield seen
    watcher.close()


def test_a_killed_node_leaves_the_robot_holding_its_pose_and_the_next_one_takes_over_without_a_jump(
    ros, robot, watched
):
    peer = ros.peer()
    states = peer.record(MotionState, "motion/state")
    process = ros.start_process("motion", {"url": robot.url, "autostart": True})
    ros.wait(lambda: states and states[-1].state == MotionState.IDLE, what="a node that is awake")
    peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=3.0))
    ros.wait(lambda: watched[-1][1].head.yaw > 0.25)
    killed = time.monotonic()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60.0)
    ros.wait(lambda: time.monotonic() - killed > 1.5)
    after = [(t - killed, s.head.yaw) for t, s in watched if t > killed]
    held = after[-1][1]
    assert 0.25 < held < 0.45
    moving = [t for t, yaw in after if abs(yaw - held) > 0.002]
    assert max(moving, default=0.0) < 0.3  # the daemon comes to rest at the last pose it was sent
    assert watched[-1][1].motors == "enabled"
    assert abs(watched[-1][1].head.z) < 0.003  # it does not fall

    body = Body(ros, robot)
    steps = [abs(b[1].head.yaw - a[1].head.yaw) for a, b in pairwise(watched) if a[0] > killed]
    assert max(steps) < 0.06  # rad in one state of 20 ms: no jump
    assert body.states[-1].head_rpy.z == pytest.approx(held, abs=0.02)
    answer = body.peer.result(body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal()))
    assert answer.result.error_code == MoveHead.Result.NONE
