"""head_command, enable_motors and what /diagnostics counts of them, against the robot's real daemon in simulation."""

import math
from pathlib import Path

import pytest
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from motion_bench import AGAIN, Body, Stream, patience, simulated_robot  # noqa: F401
from voice_pipeline.nodes._motion_geometry import quaternion
from voice_pipeline.nodes._motion_health import CURES

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def body(ros, robot):
    made = Body(ros, robot)
    made.commands = made.peer.publisher(PoseStamped, "head_command")
    assert made.move().error_code == MoveHead.Result.NONE
    return made


def command(yaw=0.0, pitch=0.0, roll=0.0, x=0.0, y=0.0, z=0.177, frame="base_link"):
    message = PoseStamped()
    message.header.frame_id = frame
    at = message.pose.position
    at.x, at.y, at.z = x, y, z
    message.pose.orientation = quaternion(roll, pitch, yaw)
    return message


def near(yaw):
    """Of a MotionState: it faces there."""
    return lambda m: m.head_rpy.z == pytest.approx(yaw, abs=0.02)


def test_one_pose_a_second_is_followed_and_the_body_turns_for_what_the_head_cannot(body):
    with Stream(lambda k: body.commands.publish(command(yaw=1.0, pitch=0.2)), 1.0):
        body.wait(
            lambda m: (
                (m.head_rpy.z, m.head_rpy.y) == pytest.approx((1.0, 0.2), abs=0.02)
                and m.body_yaw == pytest.approx(1.0 - math.radians(45), abs=0.03)
            )
        )
    body.until("IDLE")
    body.check_sent()


def test_in_the_frame_of_the_body_the_body_stays(body):
    before = body.at_rest()[0]
    with Stream(lambda k: body.commands.publish(command(yaw=1.2, frame="body")), 20.0):
        body.wait(near(before + math.radians(45)))
        assert all(positions[0] == pytest.approx(before, abs=0.02) for positions in body.measured(20))
    body.counted("head_commands_clamped", 1)


def test_a_flood_of_poses_that_jump_about_stays_within_the_limits(body):
    """A thousand a second, each somewhere else, far outside at times."""
    poses = [command(yaw=3 * math.sin(k), pitch=2 * math.cos(3 * k), roll=math.sin(7 * k), z=0.1) for k in range(50)]
    start = body.judge.poses
    with Stream(lambda k: body.commands.publish(poses[k % 50]), 1000.0) as flood:
        body.ros.wait(lambda: body.judge.poses > start + 100 and flood.sent > 1000, what="a flood of two seconds")
        body.measured(20)
    body.until("IDLE")
    body.check_sent()
    assert body.call("stop").success
    assert body.call("reset_stop").success


def test_a_stream_that_breaks_off_leaves_the_head_at_rest_where_it_is(ros, robot):
    body = Body(ros, robot, head_command_timeout_s=0.3)
    body.commands = body.peer.publisher(PoseStamped, "head_command")
    assert body.move(yaw=-0.7).error_code == MoveHead.Result.NONE
    seen = len(body.states)
    body.commands.publish(command(yaw=1.5))
    ros.wait(lambda: any(m.state == MotionState.MOVING for m in body.states[seen:]))
    body.until("IDLE")
    body.counted("head_commands_stale", 1)
    positions = body.at_rest()
    assert body.states[-1].head_rpy.z < 1.2  # how far it comes in 0.3 s is the machine's affair: not there
    body.stays(positions)
    body.check_sent()


BAD = {
    "NaN": command(yaw=math.nan),
    "infinity": command(z=math.inf),
    "other frame": command(frame="map"),
    "millimetres": command(z=177.0),
}
BAD["zero quaternion"] = PoseStamped()
BAD["zero quaternion"].pose.orientation.w = 0.0
BAD["long quaternion"] = PoseStamped()
BAD["long quaternion"].pose.orientation.w = 2.0


@pytest.mark.parametrize("what", BAD)
def test_a_senseless_pose_moves_nothing_and_is_counted(body, what):
    before = body.at_rest()
    with Stream(lambda k: body.commands.publish(BAD[what]), 20.0):
        body.counted("head_commands_refused", 10)
    body.stays(before)
    assert body.counter("head_commands") == 0
    body.told("head_commands_refused rises")


def test_x_and_y_are_brought_to_where_the_head_goes_and_counted(body):
    with Stream(lambda k: body.commands.publish(command(yaw=0.3, x=0.05, y=-0.02)), 20.0):
        body.wait(near(0.3))
    body.counted("head_commands_clamped", 1)


def test_an_action_wins_and_the_stream_goes_on_after_it(body):
    with Stream(lambda k: body.commands.publish(command(yaw=0.6)), 50.0):
        body.wait(near(0.6))
        result = body.move(yaw=-0.5, duration_s=1.0)
        assert result.error_code == MoveHead.Result.NONE
        assert result.head_rpy.z == pytest.approx(-0.5, abs=0.03)
        body.wait(near(0.6))
        gesture = body.play("nod", repeat=AGAIN)
        body.counted("head_commands_waiting", 1)
        body.peer.cancel(gesture)
        assert body.peer.result(gesture).result.error_code == PlayMove.Result.CANCELLED
        body.wait(near(0.6))
    body.check_sent()


def test_the_latched_stop_and_a_sleeping_robot_refuse_the_stream(body):
    assert body.call("stop").success
    before = body.at_rest()
    with Stream(lambda k: body.commands.publish(command(yaw=0.7)), 50.0):
        body.counted("head_commands_refused", 20)
        body.stays(before, n=5)
        assert body.call("reset_stop").success
        body.wait(near(0.7))
    assert body.call("sleep").success
    refused = body.counter("head_commands_refused")
    with Stream(lambda k: body.commands.publish(command(yaw=0.7)), 50.0):
        body.counted("head_commands_refused", refused + 20)
    body.until("SLEEPING")


def test_motors_off_folds_the_robot_first_and_on_wakes_it(body):
    off, on = SetBool.Request(data=False), SetBool.Request(data=True)
    assert "already" in body.peer.call(SetBool, "motion/enable_motors", on).message
    body.wait(lambda m: m.control_mode == "enabled")
    answer = body.peer.call(SetBool, "motion/enable_motors", off)
    assert (answer.success, answer.message) == (True, "folded, then motors off")
    body.wait(lambda m: m.control_mode == "disabled" and m.state == MotionState.SLEEPING)
    answer = body.peer.call(SetBool, "motion/enable_motors", off)
    assert (answer.success, answer.message) == (True, "motors off")
    assert body.peer.call(SetBool, "motion/enable_motors", on).success
    body.wait(lambda m: m.control_mode == "enabled" and m.state == MotionState.IDLE)


def test_motors_are_not_switched_off_while_it_moves(body):
    gesture = body.play("nod", repeat=AGAIN)
    body.wait(lambda m: m.moving)
    answer = body.peer.call(SetBool, "motion/enable_motors", SetBool.Request(data=False))
    assert not answer.success
    assert "nod" in answer.message
    body.peer.cancel(gesture)
    assert body.peer.result(gesture).result.error_code == PlayMove.Result.CANCELLED
    body.wait(lambda m: not m.moving)


def test_every_figure_on_diagnostics_has_a_cure(body):
    body.ros.wait(lambda: body.counter("states_per_s") > 0)
    told = {v.key for m in list(body.diagnostics) for s in m.status if s.name == "motion" for v in s.values}
    assert told - {"robot", "state", "control_mode", "joint_check"} <= set(CURES)
    assert len(told) > 15
    page = (Path(__file__).resolve().parents[2] / "docs" / "reachy_mini.md").read_text(encoding="utf-8")
    assert not [name for name in CURES if f"| `{name}` |" not in page]
