"""motion/follow_joint_trajectory and motion/joint_trajectory against the robot's real daemon in simulation."""

import math

import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration, Time
from control_msgs.action import FollowJointTrajectory
from control_msgs.msg import JointTolerance
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import VoiceActivity

from motion_bench import AGAIN, LONGER_S, Body, patience, simulated_robot  # noqa: F401

pytestmark = pytest.mark.timeout(600)

NAME = "motion/follow_joint_trajectory"
Result = FollowJointTrajectory.Result


@pytest.fixture
def body(ros, robot):
    made = Body(ros, robot)
    made.move()
    assert ask(made, trajectory((2.0, (0.0, 0.0, 0.0)))).result.error_code == Result.SUCCESSFUL
    made.at_rest()
    made.sent.clear()
    return made


def duration(seconds):
    return Duration(sec=math.floor(seconds), nanosec=round((seconds - math.floor(seconds)) * 1e9))


def trajectory(*points, joints=("right_antenna", "left_antenna", "yaw_body")):
    """(time, positions) or (time, positions, velocities)."""
    message = JointTrajectory(joint_names=list(joints))
    for time, positions, *velocities in points:
        message.points.append(
            JointTrajectoryPoint(
                time_from_start=duration(time),
                positions=[float(p) for p in positions],
                velocities=[float(v) for v in (velocities[0] if velocities else [])],
            )
        )
    return message


def send(body, message, feedback=None, **fields):
    return body.peer.send_goal(
        FollowJointTrajectory, NAME, FollowJointTrajectory.Goal(trajectory=message, **fields), feedback
    )


def ask(body, message, **fields):
    """A machine may take its time to arrive, unless the goal says otherwise."""
    return body.peer.result(send(body, message, **{"goal_time_tolerance": duration(60.0), **fields}))


def test_antennas_and_body_go_through_the_points_and_feedback_tells_where_they_are(body):
    feedback = []
    message = trajectory((1.0, (0.5, -0.5, 0.3)), (2.0, (1.0, -1.0, -0.2)))
    answer = body.peer.result(send(body, message, feedback.append, goal_time_tolerance=duration(60.0)))
    assert answer.status == GoalStatus.STATUS_SUCCEEDED
    assert answer.result.error_code == Result.SUCCESSFUL
    wanted = {"right_antenna": 1.0, "left_antenna": -1.0, "yaw_body": -0.2}  # it may still be settling
    body.ros.wait(lambda: all(body.joint(n) == pytest.approx(w, abs=0.02) for n, w in wanted.items()))
    assert max(pose.body_yaw for _, pose in body.sent) == pytest.approx(0.3, abs=0.01)
    assert max(m.position[0] for m in list(body.joints)) < 0.33
    body.ros.wait(lambda: len(feedback) > 1)
    middle = feedback[len(feedback) // 2]
    assert list(middle.joint_names) == ["right_antenna", "left_antenna", "yaw_body"]
    for wanted, measured, error in zip(
        middle.desired.positions, middle.actual.positions, middle.error.positions, strict=True
    ):
        assert wanted - measured == pytest.approx(error, abs=1e-9)
    assert len(middle.desired.velocities) == 3
    body.check_sent()


def test_what_is_named_only_moves_and_stays_afterwards(body):
    assert ask(body, trajectory((0.8, (-0.8,)), joints=("left_antenna",))).result.error_code == Result.SUCCESSFUL
    assert ask(body, trajectory((0.8, (0.6,)), joints=("right_antenna",))).result.error_code == Result.SUCCESSFUL
    assert body.move(yaw=0.2).error_code == MoveHead.Result.NONE
    body.ros.wait(lambda: body.joint("left_antenna") == pytest.approx(-0.8, abs=0.02))
    body.ros.wait(lambda: body.joint("right_antenna") == pytest.approx(0.6, abs=0.02))


def late(seconds):
    message = trajectory((1.0, (0.1, 0.1, 0.1)))
    message.header.stamp = Time(sec=seconds)
    return message


BAD = {
    "unknown joint": (trajectory((1.0, (0.1,)), joints=("elbow",)), Result.INVALID_JOINTS, "elbow"),
    "no joints": (trajectory((1.0, ()), joints=()), Result.INVALID_JOINTS, "No joint"),
    "empty": (trajectory(), Result.INVALID_GOAL, "no points"),
    "wrong length": (trajectory((1.0, (0.1, 0.1))), Result.INVALID_GOAL, "2 positions for 3"),
    "times fall": (trajectory((1.0, (0.1,) * 3), (0.5, (0.2,) * 3)), Result.INVALID_GOAL, "times rise"),
    "NaN": (trajectory((1.0, (0.1, math.nan, 0.1))), Result.INVALID_GOAL, "finite"),
    "outside": (trajectory((9.0, (0.1, 0.1, 2.5))), Result.INVALID_GOAL, "keep it within"),
    "too fast": (trajectory((0.1, (2.0, 0.0, 0.0))), Result.INVALID_GOAL, "times as long"),
    "old": (late(1000), Result.OLD_HEADER_TIMESTAMP, "over"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_wrong_goal_moves_nothing_and_says_why(body, what):
    message, code, text = BAD[what]
    before = body.at_rest()
    answer = ask(body, message)
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.error_code == code
    assert text in answer.result.error_string
    body.stays(before)
    body.counted("trajectories_refused", 1)


def test_tolerances_that_cannot_be_kept_end_the_goal_with_their_numbers(body):
    tight = JointTolerance(name="left_antenna", position=1e-6)
    slow = trajectory((1.0, (-1.0,)), joints=("left_antenna",))
    answer = ask(body, slow, path_tolerance=[tight])
    assert answer.result.error_code == Result.PATH_TOLERANCE_VIOLATED
    assert "left_antenna" in answer.result.error_string
    body.at_rest()
    assert body.joint("left_antenna") > -0.9
    unknown = JointTolerance(name="elbow", position=0.1)
    assert ask(body, slow, goal_tolerance=[unknown]).result.error_code == Result.INVALID_JOINTS
    fast = JointTolerance(name="left_antenna", velocity=0.1)
    answer = ask(body, slow, goal_tolerance=[fast])
    assert (answer.result.error_code, "position only" in answer.result.error_string) == (Result.INVALID_GOAL, True)


def test_antennas_that_hold_for_somebody_who_speaks_miss_their_goal_in_its_time(body):
    voice = body.peer.publisher(VoiceActivity, "voice_activity")
    voice.publish(VoiceActivity(event=VoiceActivity.START, direction_rad=math.nan))
    body.ros.wait(lambda: body.node._hearing.attention.speaking)
    message = trajectory((0.8, (0.0, -0.9, 0.0)))
    answer = ask(body, message, goal_time_tolerance=duration(0.2))
    assert answer.result.error_code == Result.GOAL_TOLERANCE_VIOLATED
    assert "while somebody speaks" in answer.result.error_string
    voice.publish(VoiceActivity(event=VoiceActivity.END, direction_rad=math.nan))
    body.ros.wait(lambda: body.joint("left_antenna") == pytest.approx(-0.9, abs=0.02))
    body.check_sent()


def test_cancelling_brings_the_joints_to_rest(body):
    handle = send(body, trajectory((LONGER_S, (1.5, -1.5, 1.0))))
    body.ros.wait(lambda: body.joint("right_antenna") > 0.05)
    body.peer.cancel(handle)
    answer = body.peer.result(handle)
    assert answer.status == GoalStatus.STATUS_CANCELED
    positions = body.at_rest()
    assert 0.05 < body.joint("right_antenna") < 1.4
    body.stays(positions)
    body.check_sent()


def test_a_new_goal_takes_over_from_the_old_one_without_a_step(body):
    first = send(body, trajectory((LONGER_S, (1.5, -1.5, 0.6))))
    body.ros.wait(lambda: body.joint("right_antenna") > 0.05)
    second = ask(body, trajectory((1.5, (0.0, 0.0, 0.0))))
    old = body.peer.result(first)
    assert (old.status, old.result.error_code) == (GoalStatus.STATUS_ABORTED, Result.INVALID_GOAL)
    assert "made way" in old.result.error_string
    assert second.result.error_code == Result.SUCCESSFUL
    body.ros.wait(lambda: body.joint("yaw_body") == pytest.approx(0.0, abs=0.02))
    body.check_sent()


def test_a_gesture_is_not_broken_off_by_a_trajectory_and_a_stop_ends_it(body):
    nod = body.play("nod", repeat=AGAIN)
    body.wait(lambda m: m.move == "nod")
    answer = ask(body, trajectory((1.0, (0.1, 0.1, 0.1))))
    assert answer.result.error_code == Result.INVALID_GOAL
    assert "nod" in answer.result.error_string
    body.peer.cancel(nod)
    assert body.peer.result(nod).result.error_code == PlayMove.Result.CANCELLED
    handle = send(body, trajectory((LONGER_S, (1.5, -1.5, 0.6))))
    body.ros.wait(lambda: body.joint("right_antenna") > 0.05)
    assert body.call("stop").success
    answer = body.peer.result(handle)
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert "stopped" in answer.result.error_string
    answer = ask(body, trajectory((1.0, (0.1, 0.1, 0.1))))
    assert "reset_stop" in answer.result.error_string
    assert body.call("reset_stop").success
    body.check_sent()


def test_the_plain_topic_moves_too_and_an_empty_one_holds(body):
    topic = body.peer.publisher(JointTrajectory, "motion/joint_trajectory")
    topic.publish(trajectory((0.8, (0.4, -0.4, 0.0))))
    body.ros.wait(lambda: body.joint("left_antenna") == pytest.approx(-0.4, abs=0.02))
    body.at_rest()
    topic.publish(trajectory((LONGER_S, (2.0, -2.0, 0.0))))
    body.ros.wait(lambda: body.joint("left_antenna") < -0.5)
    topic.publish(trajectory(joints=()))
    positions = body.at_rest()
    assert -1.9 < body.joint("left_antenna") < -0.5
    topic.publish(trajectory((1.0, (math.nan,) * 3)))
    body.counted("trajectories_refused", 1)
    body.stays(positions)
    body.check_sent()
