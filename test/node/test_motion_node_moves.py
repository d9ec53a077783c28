"""The motion node against the robot's real daemon in simulation: gestures, head movements, looking, refusals."""

import math

import pytest
from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from voice_pipeline.action import LookAt, MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode

# rad, from the robot's description; exceeded, a motor would push against its stop.
STEWART = {1: (-48, 80), 2: (-80, 70), 3: (-48, 80), 4: (-80, 48), 5: (-70, 80), 6: (-80, 48)}


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot() as simulated:
        yield simulated


class Body:
    """A motion node on the simulated robot, awake, and what it says."""

    def __init__(self, ros, robot, **params):
        self.ros = ros
        self.peer = ros.peer()
        self.states = self.peer.record(MotionState, "motion/state")
        self.joints = self.peer.record(JointState, "joint_states", 50)
        self.node = ros.start(MotionNode, {"url": robot.url, **params})
        self.until("IDLE", 60.0)

    def until(self, state, timeout=60.0):
        wanted = getattr(MotionState, state)
        self.ros.wait(lambda: self.states and self.states[-1].state == wanted, timeout, f"state {state}")
        return self.states[-1]

    def move(self, timeout=60.0, **goal):
        return self.peer.result(self.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(**goal)), timeout)

    def call(self, name):
        return self.peer.call(Trigger, f"motion/{name}")


@pytest.fixture
def body(ros, robot):
    return Body(ros, robot)


def test_move_head_reaches_its_goal_and_reports_the_measured_pose(body):
    feedback = []
    goal = MoveHead.Goal(yaw=math.radians(30), pitch=math.radians(-10))
    answer = body.peer.result(body.peer.send_goal(MoveHead, "move_head", goal, feedback.append))
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert answer.result.error_code == MoveHead.Result.NONE
    assert not answer.result.clamped
    assert math.degrees(answer.result.head_rpy.z) == pytest.approx(30, abs=1)
    assert math.degrees(answer.result.head_rpy.y) == pytest.approx(-10, abs=1)
    assert feedback
    assert feedback[0].error_rad > feedback[-1].error_rad
    assert math.degrees(body.states[-1].head_rpy.z) == pytest.approx(30, abs=2)


def test_a_goal_outside_the_limits_is_brought_inside_and_says_so(body):
    answer = body.move(roll=1.0, pitch=1.0, yaw=-2.0, z=-0.1)
    assert answer.result.clamped
    assert math.degrees(answer.result.head_rpy.x) == pytest.approx(20, abs=1)
    assert math.degrees(answer.result.head_rpy.y) == pytest.approx(25, abs=1)
    assert math.degrees(answer.result.head_rpy.z) == pytest.approx(-45, abs=1)
    assert body.states[-1].clamps >= 1


@pytest.mark.parametrize("goal", [{"yaw": math.nan}, {"pitch": math.inf}, {"yaw": 30.0}, {"duration_s": 20.0}])
def test_a_senseless_goal_moves_nothing(body, goal):
    before = body.joints[-1].position
    answer = body.move(**goal)
    assert answer.result.error_code == MoveHead.Result.INVALID_GOAL
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert list(body.joints[-1].position) == pytest.approx(list(before), abs=0.005)  # rad: it may still be settling


def test_a_head_movement_preempts_another_and_takes_the_time_it_is_given(body):
    first = body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=3.0))
    body.until("MOVING")
    answer = body.move(yaw=-0.3, duration_s=1.5)
    assert body.peer.result(first).result.error_code == MoveHead.Result.PREEMPTED
    assert answer.result.head_rpy.z == pytest.approx(-0.3, abs=0.02)


def test_cancelling_a_head_movement_brings_it_to_rest(body):
    handle = body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=3.0))
    body.ros.wait(lambda: body.states[-1].head_rpy.z > 0.2)
    body.peer.cancel(handle)
    answer = body.peer.result(handle)
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert answer.result.error_code == MoveHead.Result.CANCELLED
    assert 0.2 < answer.result.head_rpy.z < 0.5
    body.until("IDLE")


def test_look_at_a_point_turns_the_body_for_what_the_head_cannot_reach(body):
    goal = LookAt.Goal(use_point=True)
    goal.point.point.x, goal.point.point.y, goal.point.point.z = 0.5, 0.866, 0.177
    answer = body.peer.result(body.peer.send_goal(LookAt, "look_at", goal))
    assert answer.result.error_code == LookAt.Result.NONE
    assert math.degrees(answer.result.head_rpy.z) == pytest.approx(60, abs=1.5)
    assert math.degrees(body.states[-1].body_yaw) == pytest.approx(15, abs=2)
    goal.point.header.frame_id = "map"
    answer = body.peer.result(body.peer.send_goal(LookAt, "look_at", goal))
    assert answer.result.error_code == LookAt.Result.UNKNOWN_FRAME
    answer = body.peer.result(body.peer.send_goal(LookAt, "look_at", LookAt.Goal(yaw=0.3, pitch=0.2)))
    assert answer.result.head_rpy.z == pytest.approx(0.3, abs=0.02)
    assert answer.result.head_rpy.y == pytest.approx(0.2, abs=0.02)


def test_moves_at_twice_their_speed_keep_every_joint_inside_its_limits_and_return(body):
    """Measured on the robot's side; the widest moves of all."""
    body.move()
    for name in ("dance", "confused", "surprised"):
        start = len(body.joints)
        goal = PlayMove.Goal(name=name, speed=2.0)
        answer = body.peer.result(body.peer.send_goal(PlayMove, "play_move", goal))
        assert answer.result.error_code == PlayMove.Result.NONE, f"{name}: {answer.result.error_msg}"
        played = body.joints[start:]
        for j, (low, high) in STEWART.items():
            angles = [math.degrees(m.position[j]) for m in played]
            assert low < min(angles) <= max(angles) < high, f"{name}: stewart_{j}"
        assert max(max(m.position[1:7]) - min(m.position[1:7]) for m in played) > math.radians(3), name
        assert abs(body.states[-1].head_rpy.y) < 0.02
    assert body.node._controller.status(0.0).clamps == 0


def test_a_nod_moves_the_measured_head(body):
    body.move()
    poses = body.peer.record(PoseStamped, "head_pose", 50)
    answer = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod")))
    assert answer.result.error_code == PlayMove.Result.NONE
    pitch = [2 * math.degrees(math.asin(m.pose.orientation.y)) for m in poses]
    assert max(pitch) - min(pitch) > 12
    assert poses[0].header.frame_id == "base_link"


def test_a_second_move_is_refused_unless_it_preempts(body):
    first = body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="sad"))
    body.ros.wait(lambda: body.states[-1].move == "sad")
    second = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod")))
    assert second.result.error_code == PlayMove.Result.BUSY
    assert "sad" in second.result.error_msg
    assert body.move(yaw=0.2).result.error_code == MoveHead.Result.BUSY
    third = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod", preempt=True)))
    assert third.result.error_code == PlayMove.Result.NONE
    assert body.peer.result(first).result.error_code == PlayMove.Result.PREEMPTED


def test_an_unknown_move_is_refused_with_the_list(body):
    answer = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="backflip")))
    assert answer.result.error_code == PlayMove.Result.UNKNOWN_MOVE
    assert "nod" in answer.result.error_msg


def test_the_latched_stop_holds_until_it_is_reset(body):
    body.move()
    handle = body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="dance"))
    body.ros.wait(lambda: body.states[-1].progress > 0.2)
    assert body.call("stop").success
    assert body.peer.result(handle).result.error_code == PlayMove.Result.STOPPED
    body.until("STOPPED")
    start = len(body.joints)
    body.ros.wait(lambda: len(body.joints) > start + 20)
    assert body.joints[-1].position == pytest.approx(body.joints[start].position, abs=1e-3)
    assert body.move(yaw=0.1).result.error_code == MoveHead.Result.STOPPED
    assert body.call("reset_stop").success
    body.until("IDLE")
    assert body.move(yaw=0.1).result.error_code == MoveHead.Result.NONE


def test_sleep_and_wake_up(body):
    assert body.call("sleep").message == "asleep"
    body.until("SLEEPING")
    refused = body.move(yaw=0.2)
    assert refused.result.error_code == MoveHead.Result.ASLEEP
    assert "wake_up" in refused.result.error_msg
    assert body.call("wake_up").success
    body.until("IDLE")
    assert body.move(yaw=0.2).result.error_code == MoveHead.Result.NONE


def test_deactivating_in_the_middle_of_a_move_ends_it_and_activating_works_again(body):
    handle = body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="sad"))
    body.until("MOVING")
    body.node.executor.create_task(body.node.trigger_deactivate)
    assert body.peer.result(handle).status == GoalStatus.STATUS_ABORTED
    body.ros.wait(lambda: not body.node.active)
    body.node.executor.create_task(body.node.trigger_activate)
    body.ros.wait(lambda: body.node.active)
    body.states.clear()
    body.until("IDLE")
    assert body.move(yaw=0.1).result.error_code == MoveHead.Result.NONE
