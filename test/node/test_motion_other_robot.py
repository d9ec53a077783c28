"""The motion node on a robot that is no Reachy Mini: a pan/tilt head behind FollowJointTrajectory and PointHead, over
real DDS. It moves it, stops it, and outlives its faults."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from action_msgs.msg import GoalStatus
from control_msgs.action import FollowJointTrajectory
from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import JointState
from voice_pipeline.action import LookAt, MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from motion_bench import LONG_S, Watch, patience  # noqa: F401
from trajectory_controller import HEIGHT, Head
from voice_pipeline.motion import trajectory_link
from voice_pipeline.nodes.motion import MotionNode

pytestmark = pytest.mark.timeout(600)

SPEED = 1.02 * 2.1  # rad/s, the motion node's default for a head: 120 degrees/s
CONTROLLER = Path(__file__).parents[1] / "trajectory_controller.py"


class Body(Watch):
    """The motion node told that the robot is another, and what it says."""

    def __init__(self, ros, **params):
        super().__init__(ros, robot="ros_control", **params)

    def hasty(self, hasty=True):
        """See Watch; the robot's driver has joint states of its own that age."""
        super().hasty(hasty)
        self.controller.robot._states._oldest = 0.36 if hasty else 60.0

    def look(self, x, y, z, frame="", feedback=None, **goal):
        request = LookAt.Goal(use_point=True, **goal)
        request.point.header.frame_id = frame
        request.point.point.x, request.point.point.y, request.point.point.z = x, y, z
        return self.send(request, feedback)


@pytest.fixture
def head(ros):
    robot = Head(context=ros.context)
    ros.spin(robot)
    return robot


@pytest.fixture
def body(ros, head):
    made = Body(ros)
    made.until("IDLE")
    return made


def test_a_head_movement_arrives_at_the_joints_with_their_signs_and_within_the_speed(body, head):
    feedback = []
    answer = body.peer.result(body.send(MoveHead.Goal(yaw=0.5, pitch=0.2), feedback.append))
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert answer.result.head_rpy.z == pytest.approx(0.5, abs=0.02)
    assert answer.result.head_rpy.y == pytest.approx(0.2, abs=0.02)
    body.ros.wait(lambda: feedback and feedback[0].error_rad > feedback[-1].error_rad)
    body.ros.wait(lambda: head.positions == pytest.approx((0.5, -0.2), abs=1e-3))
    assert head.fastest() < SPEED


def test_a_robot_that_is_awake_is_sent_nothing_before_the_first_order_and_tells_its_joints_itself(body, head):
    body.ros.wait(lambda: len(body.states) > 5)
    assert head.trajectories == []
    assert body.peer.node.count_publishers("joint_states") == 1  # the head's own
    states = body.peer.record(JointState, "joint_states")
    body.ros.wait(lambda: len(states) > 20)
    assert {tuple(m.name) for m in states} == {("head_1_joint", "head_2_joint")}


def test_a_gesture_made_for_another_robot_plays_with_the_joints_there_are(body, head):
    assert body.do(PlayMove.Goal(name="nod", repeat=3)).error_code == PlayMove.Result.NONE
    assert min(p[1] for _, p in head.way) < -0.1  # down
    assert head.fastest() < SPEED


def test_what_the_neck_does_not_reach_is_clamped_and_said(body, head):
    answer = body.do(LookAt.Goal(yaw=2.0))
    assert answer.clamped
    assert answer.head_rpy.z == pytest.approx(0.785, abs=0.02)  # no body to turn


def test_stop_brings_it_to_rest_and_holds(body, head):
    handle = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    body.ros.wait(lambda: head.positions[0] > 0.03)
    stopped = time.monotonic()
    assert body.call("stop").success
    assert body.peer.result(handle).result.error_code == MoveHead.Result.STOPPED
    body.ros.wait(lambda: head.rest(stopped))
    assert 0.03 < head.positions[0] < 0.65
    assert head.trajectories[-1][1][-1][2] == [0.0, 0.0]
    assert body.move(yaw=0.0).error_code == MoveHead.Result.STOPPED
    assert body.call("reset_stop").success
    assert body.move(yaw=0.0).error_code == MoveHead.Result.NONE
    assert head.fastest() < SPEED


def test_a_point_is_looked_at_by_the_robots_own_action_in_any_frame(body, head):
    feedback = []
    answer = body.peer.result(body.look(1.0, 0.5, HEIGHT - 0.3, "camera_link", feedback.append, duration_s=0.6))
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    asked = head.points[-1]
    assert (asked.target.header.frame_id, asked.pointing_frame) == ("camera_link", "head_2_link")
    assert (asked.pointing_axis.x, asked.min_duration.nanosec) == (1.0, pytest.approx(6e8, rel=1e-6))
    body.wait(lambda m: m.head_rpy.z == pytest.approx(0.4636, abs=0.02))
    body.ros.wait(lambda: feedback)
    assert body.move(yaw=0.3).error_code == MoveHead.Result.NONE  # goes on from there
    assert head.fastest() < SPEED


@pytest.mark.parametrize("how", ["cancel", "stop", "another"])
def test_looking_at_a_point_can_be_broken_off(body, head, how):
    handle = body.look(1.0, 1.0, HEIGHT, duration_s=LONG_S)
    body.ros.wait(lambda: head.positions[0] > 0.03)
    if how == "cancel":
        body.peer.cancel(handle)
    elif how == "stop":
        assert body.call("stop").success
    else:
        second = body.look(1.0, -0.2, HEIGHT)
    begun = time.monotonic()
    expected = {"cancel": "CANCELLED", "stop": "STOPPED", "another": "PREEMPTED"}[how]
    assert body.peer.result(handle).result.error_code == getattr(LookAt.Result, expected)
    body.ros.wait(lambda: head.cancels == 1)
    if how == "another":
        assert body.peer.result(second).result.error_code == LookAt.Result.NONE
    else:
        body.ros.wait(lambda: head.rest(begun))
        assert head.positions[0] < 0.7


def test_a_point_without_point_head_is_turned_into_angles_here(ros, head):
    body = Body(ros, ros_control_point_head_action="", ros_control_head_height_m=HEIGHT)
    body.until("IDLE")
    answer = body.peer.result(body.look(1.0, 0.5, HEIGHT)).result
    assert answer.error_code == LookAt.Result.NONE
    assert (answer.head_rpy.z, answer.head_rpy.y) == pytest.approx((0.4636, 0.0), abs=0.02)
    assert head.points == []
    assert body.peer.result(body.look(1.0, 0.5, 1.0, "map")).result.error_code == LookAt.Result.UNKNOWN_FRAME


def test_sleep_lets_the_head_hang_and_waking_lifts_it(body, head):
    assert body.call("sleep").success
    assert head.positions == pytest.approx((0.0, -0.349), abs=0.01)
    assert body.move(yaw=0.1).error_code == MoveHead.Result.ASLEEP
    sent = len(head.trajectories)
    body.until("SLEEPING", since=time.time())
    assert len(head.trajectories) == sent
    assert body.call("wake_up").success
    assert head.positions == pytest.approx((0.0, 0.0), abs=0.01)
    assert head.fastest() < SPEED


def test_a_head_found_far_outside_the_box_is_raised_slowly_at_the_start(ros):
    head = Head(context=ros.context, positions=(0.0, -1.0))
    ros.spin(head)
    body = Body(ros)
    body.until("IDLE")
    assert head.positions == pytest.approx((0.0, 0.0), abs=0.01)
    assert head.fastest() < SPEED


# -- faults


def test_without_the_server_or_the_joints_it_says_which_name_is_missing(ros):
    body = Body(ros, ros_control_joints=["head_1_joint", "neck"])
    body.told("no action server '/head_controller/follow_joint_trajectory'")
    answer = body.move(yaw=0.1)
    assert answer.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    head = Head(context=ros.context)
    ros.spin(head)
    body.told("No joint states of neck")


def test_wrong_parameters_fail_configure_with_the_reason(ros):
    diagnostics = ros.peer().record(DiagnosticArray, "/diagnostics")
    ros.start(MotionNode, {"robot": "ros_control", "ros_control_axes": ["yaw", "tilt"]}, wait=False)
    ros.wait(lambda: any("drives 'tilt'" in s.message for m in diagnostics for s in m.status))


def test_a_refused_trajectory_ends_the_movement_with_the_reason_and_is_tried_again(body, head):
    head.refuse = True
    answer = body.move(yaw=0.5)
    assert answer.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    assert "refused a trajectory" in answer.error_msg
    assert head.positions == (0.0, 0.0)
    head.refuse = False
    body.until("IDLE", since=time.time())
    assert body.move(yaw=0.5).error_code == MoveHead.Result.NONE
    assert head.fastest() < SPEED


def test_an_aborted_trajectory_is_told_in_the_controllers_words_and_motion_goes_on_from_there(body, head):
    handle = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    ended = handle.get_result_async()
    body.ros.wait(lambda: head.positions[0] > 0.03)
    code = FollowJointTrajectory.Result.PATH_TOLERANCE_VIOLATED
    body.ros.wait(lambda: head.abort(code, "head_1_joint is blocked") or ended.done())
    aborted = time.time()
    answer = body.peer.result(handle).result
    assert answer.error_code == MoveHead.Result.ROBOT_DISCONNECTED
    assert "PATH_TOLERANCE_VIOLATED head_1_joint is blocked" in answer.error_msg
    body.until("IDLE", since=aborted)
    assert head.positions[0] < 0.65
    assert body.move(yaw=0.0).error_code == MoveHead.Result.NONE
    assert head.fastest() < SPEED


def test_a_controller_that_is_slow_to_answer_is_followed_and_one_that_never_does_is_told(body, head, monkeypatch):
    head.slow = 0.3
    assert body.move(yaw=0.5).error_code == MoveHead.Result.NONE
    assert head.fastest() < SPEED
    with monkeypatch.context() as hasty:
        hasty.setattr(trajectory_link, "ANSWER_S", 1.0)
        head.slow = 2.5
        answer = body.move(yaw=-0.5)
        assert answer.error_code == MoveHead.Result.ROBOT_DISCONNECTED
        assert "does not answer" in answer.error_msg
    head.slow = 0.0
    body.until("IDLE", since=time.time())
    assert body.move(yaw=0.2).error_code == MoveHead.Result.NONE


def test_silent_joints_are_noticed_and_the_motion_holds(body, head):
    handle = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    body.ros.wait(lambda: head.positions[0] > 0.03)
    body.hasty()
    head.mute = True
    begun = time.time()
    body.until("DISCONNECTED", since=begun)
    assert "No joint states for" in body.peer.result(handle).result.error_msg
    assert head.positions[0] < 0.65
    head.mute = False
    body.until("IDLE", since=begun)
    body.hasty(False)
    body.until("IDLE", since=time.time())
    assert body.move(yaw=0.0).error_code == MoveHead.Result.NONE
    assert head.fastest() < SPEED


def test_a_killed_controller_is_noticed_and_used_again_when_it_is_back(ros, monkeypatch):
    def start():
        return subprocess.Popen([sys.executable, str(CONTROLLER)], env={**os.environ, "ROS_DOMAIN_ID": str(ros.domain)})

    process = start()
    try:
        body = Body(ros)
        body.until("IDLE")
        handle = body.send(MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
        body.wait(lambda m: m.head_rpy.z > 0.03)
        body.hasty()
        monkeypatch.setattr(trajectory_link, "ANSWER_S", 1.0)  # what was on its way when it died is given up
        killed = time.time()
        process.send_signal(signal.SIGKILL)
        process.wait()
        body.until("DISCONNECTED", since=killed)
        assert body.peer.result(handle).result.error_code == MoveHead.Result.ROBOT_DISCONNECTED
        process = start()
        body.until("IDLE", since=time.time())
        ros.wait(lambda: body.controller.robot.connected and body.controller.robot._link.free)
        monkeypatch.setattr(trajectory_link, "ANSWER_S", 60.0)
        body.hasty(False)
        body.until("IDLE", since=time.time())
        assert body.move(yaw=0.3).error_code == MoveHead.Result.NONE
    finally:
        process.kill()
        process.wait()


def test_a_node_killed_in_mid_movement_leaves_a_head_that_comes_to_rest_by_itself(ros, head):
    node = ros.start_process("motion", {"robot": "ros_control", "state_timeout_s": 5.0})
    peer = ros.peer()
    states = peer.record(MotionState, "motion/state")
    ros.wait(lambda: states and states[-1].state == MotionState.IDLE)
    peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.7, duration_s=LONG_S))
    ros.wait(lambda: head.positions[0] > 0.03)
    node.send_signal(signal.SIGKILL)
    node.wait()
    ros.wait(lambda: head.rest(time.monotonic() - 1.0))
    assert 0.03 < head.positions[0] < 0.72
