"""What the robot does when the motion node is killed in the middle of a move: SIGKILL, so that nothing tidies up."""

import os
import signal
import time
from itertools import pairwise

import pytest
from voice_pipeline.action import MoveHead
from voice_pipeline.msg import MotionState

from motion_bench import LONG_S, Body, patience, simulated_robot  # noqa: F401
from voice_pipeline.motion.reachy_mini import ReachyMini

pytestmark = pytest.mark.timeout(600)
GOAL = 0.7  # rad


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
    process = ros.start_process("motion", {"url": robot.url, "autostart": True, "state_timeout_s": 5.0})
    ros.wait(lambda: states and states[-1].state == MotionState.IDLE, what="a node that is awake")
    peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=GOAL, duration_s=LONG_S))
    ros.wait(lambda: watched[-1][1].head.yaw > 0.03)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(60.0)
    killed, at = watched[-1][0], watched[-1][1].head.yaw

    def yaws(n):
        """Of the last n states after the end of the node."""
        after = [state.head.yaw for t, state in watched if t > killed][-n:]
        return after if len(after) == n else []

    ros.wait(lambda: (last := yaws(30)) and max(last) - min(last) < 0.002, what="rest")
    held, rested = watched[-1][1].head.yaw, time.monotonic()
    assert at - 0.01 <= held <= GOAL + 0.02  # the daemon comes to rest at the last pose it was sent
    assert watched[-1][1].motors == "enabled"
    assert abs(watched[-1][1].head.z) < 0.003  # it does not fall

    body = Body(ros, robot)
    steps = [abs(b[1].head.yaw - a[1].head.yaw) for a, b in pairwise(watched) if a[0] > rested]
    assert max(steps) < 0.01  # rad: nothing moves before the first order
    body.wait(lambda m: m.head_rpy.z == pytest.approx(held, abs=0.02))
    assert body.move().error_code == MoveHead.Result.NONE
    body.check_sent()
