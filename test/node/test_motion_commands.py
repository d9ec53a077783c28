"""head_command, enable_motors and what /diagnostics counts of them, against the robot's real daemon in simulation."""

import math
from pathlib import Path

import pytest
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool, Trigger
from voice_pipeline.action import MoveHead, PlayMove
from voice_pipeline.msg import MotionState

from motion_bench import Body, Stream
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes._motion_geometry import quaternion
from voice_pipeline.nodes._motion_health import CURES


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot() as simulated:
        yield simulated


@pytest.fixture
def body(ros, robot):
    made = Body(ros, robot)
    made.commands = made.peer.publisher(PoseStamped, "head_command")
    made.peer.result(made.peer.send_goal(MoveHead, "move_head", MoveHead.Goal()))
    made.sent.clear()
    return made


def command(yaw=0.0, pitch=0.0, roll=0.0, x=0.0, y=0.0, z=0.177, frame="base_link"):
    message = PoseStamped()
    message.header.frame_id = frame
    at = message.pose.position
    at.x, at.y, at.z = x, y, z
    message.pose.orientation = quaternion(roll, pitch, yaw)
    return message


def yaw(body):
    return body.states[-1].head_rpy.z


def test_one_pose_a_second_is_followed_and_the_body_turns_for_what_the_head_cannot(body):
    with Stream(lambda k: body.commands.publish(command(yaw=1.0, pitch=0.2)), 1.0):
        body.ros.wait(lambda: yaw(body) == pytest.approx(1.0, abs=0.02))
        assert body.states[-1].body_yaw == pytest.approx(1.0 - math.radians(45), abs=0.03)
        assert body.states[-1].head_rpy.y == pytest.approx(0.2, abs=0.02)
    body.until("IDLE")
    body.check_sent()


def test_in_the_frame_of_the_body_the_body_stays(body):
    before = body.states[-1].body_yaw
    with Stream(lambda k: body.commands.publish(command(yaw=1.2, frame="body")), 20.0):
        body.ros.wait(lambda: yaw(body) == pytest.approx(before + math.radians(45), abs=0.02))
    assert body.states[-1].body_yaw == pytest.approx(before, abs=0.02)
    body.counted("head_commands_clamped", 1)


def test_a_flood_of_poses_that_jump_about_stays_within_the_limits(body):
    """A thousand a second, each somewhere else, far outside at times."""
    poses = [command(yaw=3 * math.sin(k), pitch=2 * math.cos(3 * k), roll=math.sin(7 * k), z=0.1) for k in range(50)]
    start = len(body.sent)
    with Stream(lambda k: body.commands.publish(poses[k % 50]), 1000.0) as flood:
        body.ros.wait(lambda: len(body.sent) > start + 100, what="two seconds of poses")
        heard = len(body.joints)
        body.ros.wait(lambda: len(body.joints) > heard + 20, what="measured states meanwhile")
    assert flood.sent > 500
    body.until("IDLE")
    body.check_sent(start)
    assert body.peer.call(Trigger, "motion/stop").success
    assert body.peer.call(Trigger, "motion/reset_stop").success


def test_a_stream_that_breaks_off_leaves_the_head_at_rest_where_it_is(ros, robot):
    body = Body(ros, robot, head_command_timeout_s=0.3)
    body.commands = body.peer.publisher(PoseStamped, "head_command")
    body.peer.result(body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=-0.7)))
    body.sent.clear()
    body.commands.publish(command(yaw=1.5))
    body.ros.wait(lambda: body.states[-1].state == MotionState.MOVING)
    body.until("IDLE")
    body.counted("head_commands_stale", 1)
    stopped = yaw(body)
    assert -0.6 < stopped < 1.2
    seen = len(body.joints)
    body.ros.wait(lambda: len(body.joints) > seen + 30)
    assert yaw(body) == pytest.approx(stopped, abs=0.01)
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
    before, start = list(body.joints[-1].position), len(body.joints)
    with Stream(lambda k: body.commands.publish(BAD[what]), 20.0):
        body.counted("head_commands_refused", 10)
    body.ros.wait(lambda: len(body.joints) > start + 10)
    assert list(body.joints[-1].position) == pytest.approx(before, abs=0.01)
    assert body.counter("head_commands") == 0
    warned = [s.message for m in body.diagnostics for s in m.status if "head_command" in s.message]
    assert any("refused" in text for text in warned), warned


def test_x_and_y_are_brought_to_where_the_head_goes_and_counted(body):
    with Stream(lambda k: body.commands.publish(command(yaw=0.3, x=0.05, y=-0.02)), 20.0):
        body.ros.wait(lambda: yaw(body) == pytest.approx(0.3, abs=0.02))
    body.counted("head_commands_clamped", 1)


def test_an_action_wins_and_the_stream_goes_on_after_it(body):
    with Stream(lambda k: body.commands.publish(command(yaw=0.6)), 50.0):
        body.ros.wait(lambda: yaw(body) == pytest.approx(0.6, abs=0.02))
        answer = body.peer.result(body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=-0.5, duration_s=1.0)))
        assert answer.result.error_code == MoveHead.Result.NONE
        assert answer.result.head_rpy.z == pytest.approx(-0.5, abs=0.03)
        body.ros.wait(lambda: yaw(body) == pytest.approx(0.6, abs=0.02))
        answer = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod")))
        assert answer.result.error_code == PlayMove.Result.NONE
    body.counted("head_commands_waiting", 20)
    body.check_sent()


def test_the_latched_stop_and_a_sleeping_robot_refuse_the_stream(body):
    assert body.peer.call(Trigger, "motion/stop").success
    start = yaw(body)
    with Stream(lambda k: body.commands.publish(command(yaw=0.7)), 50.0):
        body.counted("head_commands_refused", 20)
        assert yaw(body) == pytest.approx(start, abs=0.02)
        assert body.peer.call(Trigger, "motion/reset_stop").success
        body.ros.wait(lambda: yaw(body) == pytest.approx(0.7, abs=0.02))
    assert body.peer.call(Trigger, "motion/sleep").success
    before = body.counter("head_commands_refused")
    with Stream(lambda k: body.commands.publish(command(yaw=0.7)), 50.0):
        body.counted("head_commands_refused", before + 20)
    assert body.states[-1].state == MotionState.SLEEPING


def test_motors_off_folds_the_robot_first_and_on_wakes_it(body):
    off, on = SetBool.Request(data=False), SetBool.Request(data=True)
    assert "already" in body.peer.call(SetBool, "motion/enable_motors", on).message
    assert body.states[-1].control_mode == "enabled"
    answer = body.peer.call(SetBool, "motion/enable_motors", off)
    assert (answer.success, answer.message) == (True, "folded, then motors off")
    body.ros.wait(lambda: body.states[-1].control_mode == "disabled")
    assert body.states[-1].state == MotionState.SLEEPING
    answer = body.peer.call(SetBool, "motion/enable_motors", off)
    assert (answer.success, answer.message) == (True, "motors off")
    assert body.peer.call(SetBool, "motion/enable_motors", on).success
    body.until("IDLE")
    assert body.states[-1].control_mode == "enabled"


def test_motors_are_not_switched_off_while_it_moves(body):
    handle = body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="nod"))
    body.ros.wait(lambda: body.states[-1].moving)
    answer = body.peer.call(SetBool, "motion/enable_motors", SetBool.Request(data=False))
    assert not answer.success
    assert "nod" in answer.message
    assert body.peer.result(handle).result.error_code == PlayMove.Result.NONE
    body.ros.wait(lambda: not body.states[-1].moving)


def test_every_figure_on_diagnostics_has_a_cure(body):
    body.ros.wait(lambda: body.counter("states_per_s") > 20)
    told = {v.key for m in body.diagnostics for s in m.status if s.name == "motion" for v in s.values}
    assert told - {"robot", "state", "control_mode", "joint_check"} <= set(CURES)
    assert len(told) > 15
    page = (Path(__file__).resolve().parents[2] / "docs" / "reachy_mini.md").read_text(encoding="utf-8")
    assert not [name for name in CURES if f"| `{name}` |" not in page]
