"""The motion node against the robot's real daemon in simulation: gestures, head movements, looking, refusals."""

import math
import time

import pytest
from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseStamped
from voice_pipeline.action import LookAt, MoveHead, PlayMove

from motion_bench import AGAIN, LONG_S, STEWART, Body, patience, simulated_robot  # noqa: F401

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def body(ros, robot):
    return Body(ros, robot)


def test_move_head_reaches_its_goal_and_reports_the_measured_pose(body):
    feedback = []
    handle = body.send(MoveHead.Goal(yaw=math.radians(30), pitch=math.radians(-10)), feedback.append)
    answer = body.peer.result(handle)
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert answer.result.error_code == MoveHead.Result.NONE
    assert not answer.result.clamped
    assert math.degrees(answer.result.head_rpy.z) == pytest.approx(30, abs=1)
    assert math.degrees(answer.result.head_rpy.y) == pytest.approx(-10, abs=1)
    body.ros.wait(lambda: feedback and feedback[0].error_rad > feedback[-1].error_rad)
    body.wait(lambda m: math.degrees(m.head_rpy.z) == pytest.approx(30, abs=2))


def test_a_goal_outside_the_limits_is_brought_inside_and_says_so(body):
    result = body.move(roll=1.0, pitch=1.0, yaw=-2.0, z=-0.1)
    assert result.clamped
    assert math.degrees(result.head_rpy.x) == pytest.approx(20, abs=1)
    assert math.degrees(result.head_rpy.y) == pytest.approx(25, abs=1)
    assert math.degrees(result.head_rpy.z) == pytest.approx(-45, abs=1)
    body.wait(lambda m: m.clamps >= 1)


@pytest.mark.parametrize("goal", [{"yaw": math.nan}, {"pitch": math.inf}, {"yaw": 30.0}, {"duration_s": 20.0}])
def test_a_senseless_goal_moves_nothing(body, goal):
    before = body.at_rest()
    answer = body.peer.result(body.send(MoveHead.Goal(**goal)))
    assert answer.result.error_code == MoveHead.Result.INVALID_GOAL
    assert answer.status == GoalStatus.STATUS_ABORTED
    body.stays(before, within=0.005)  # rad


def test_a_head_movement_preempts_another_and_takes_the_time_it_is_given(body):
    first = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    body.until("MOVING")
    result = body.move(yaw=-0.3, duration_s=1.5)
    assert body.peer.result(first).result.error_code == MoveHead.Result.PREEMPTED
    assert result.head_rpy.z == pytest.approx(-0.3, abs=0.02)


def test_cancelling_a_head_movement_brings_it_to_rest(body):
    assert body.move().error_code == MoveHead.Result.NONE
    handle = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    body.wait(lambda m: m.head_rpy.z > 0.03)
    body.peer.cancel(handle)
    answer = body.peer.result(handle)
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert answer.result.error_code == MoveHead.Result.CANCELLED
    assert 0.02 < answer.result.head_rpy.z < 0.65
    body.until("IDLE")
    body.check_sent()


def test_look_at_a_point_turns_the_body_for_what_the_head_cannot_reach(body):
    goal = LookAt.Goal(use_point=True)
    goal.point.point.x, goal.point.point.y, goal.point.point.z = 0.5, 0.866, 0.177
    result = body.do(goal)
    assert result.error_code == LookAt.Result.NONE
    assert math.degrees(result.head_rpy.z) == pytest.approx(60, abs=1.5)
    body.wait(lambda m: math.degrees(m.body_yaw) == pytest.approx(15, abs=2))
    goal.point.header.frame_id = "map"
    assert body.do(goal).error_code == LookAt.Result.UNKNOWN_FRAME
    result = body.do(LookAt.Goal(yaw=0.3, pitch=0.2))
    assert result.head_rpy.z == pytest.approx(0.3, abs=0.02)
    assert result.head_rpy.y == pytest.approx(0.2, abs=0.02)


def test_moves_at_twice_their_speed_keep_every_joint_inside_its_limits_and_return(body):
    """Measured on the robot's side; the widest moves of all."""
    body.move()
    for name in ("dance", "confused", "surprised"):
        start = len(body.joints)
        result = body.do(PlayMove.Goal(name=name, speed=2.0))
        assert result.error_code == PlayMove.Result.NONE, f"{name}: {result.error_msg}"
        played = body.joints[start:]
        for j, (low, high) in STEWART.items():
            angles = [math.degrees(m.position[j]) for m in played]
            assert low < min(angles) <= max(angles) < high, f"{name}: stewart_{j}"
        assert max(max(m.position[1:7]) - min(m.position[1:7]) for m in played) > math.radians(3), name
        body.wait(lambda m: abs(m.head_rpy.y) < 0.02)
    body.check_sent()
    body.check_unclamped()


def test_a_nod_moves_the_measured_head(body):
    body.move()
    poses = body.peer.record(PoseStamped, "head_pose")
    assert body.do(PlayMove.Goal(name="nod")).error_code == PlayMove.Result.NONE

    def nodded():
        pitch = [2 * math.degrees(math.asin(m.pose.orientation.y)) for m in poses]
        return max(pitch) - min(pitch) > 12

    body.ros.wait(nodded, what="a nod of more than 12 degrees")
    assert poses[0].header.frame_id == "base_link"


def test_a_second_move_is_refused_unless_it_preempts(body):
    first = body.play("sad", repeat=AGAIN)
    body.wait(lambda m: m.move == "sad")
    second = body.do(PlayMove.Goal(name="nod"))
    assert second.error_code == PlayMove.Result.BUSY
    assert "sad" in second.error_msg
    assert body.move(yaw=0.2).error_code == MoveHead.Result.BUSY
    assert body.do(PlayMove.Goal(name="nod", preempt=True)).error_code == PlayMove.Result.NONE
    assert body.peer.result(first).result.error_code == PlayMove.Result.PREEMPTED
    body.check_sent()


def test_an_unknown_move_is_refused_with_the_list(body):
    result = body.do(PlayMove.Goal(name="backflip"))
    assert result.error_code == PlayMove.Result.UNKNOWN_MOVE
    assert "nod" in result.error_msg


def test_the_latched_stop_holds_until_it_is_reset(body):
    body.move()
    handle = body.play("dance", repeat=AGAIN)
    body.wait(lambda m: m.progress > 0.01)
    assert body.call("stop").success
    assert body.peer.result(handle).result.error_code == PlayMove.Result.STOPPED
    body.until("STOPPED")
    body.stays(body.at_rest(within=1e-3), within=1e-3)
    assert body.move(yaw=0.1).error_code == MoveHead.Result.STOPPED
    assert body.call("reset_stop").success
    body.until("IDLE")
    assert body.move(yaw=0.1).error_code == MoveHead.Result.NONE
    body.check_sent()


def test_sleep_and_wake_up(body):
    assert body.call("sleep").message == "asleep"
    body.until("SLEEPING")
    refused = body.move(yaw=0.2)
    assert refused.error_code == MoveHead.Result.ASLEEP
    assert "wake_up" in refused.error_msg
    assert body.call("wake_up").success
    body.until("IDLE")
    assert body.move(yaw=0.2).error_code == MoveHead.Result.NONE
    body.check_sent()


def test_deactivating_in_the_middle_of_a_move_ends_it_and_activating_works_again(body):
    handle = body.play("sad", repeat=AGAIN)
    body.until("MOVING")
    body.node.executor.create_task(body.node.trigger_deactivate)
    assert body.peer.result(handle).status == GoalStatus.STATUS_ABORTED
    body.ros.wait(lambda: not body.node.active)
    again = time.time()
    body.node.executor.create_task(body.node.trigger_activate)
    body.ros.wait(lambda: body.node.active)
    body.until("IDLE", since=again)
    assert body.move(yaw=0.1).error_code == MoveHead.Result.NONE
