"""The motion node moves of its own accord on the real simulated daemon: measured on joint_states, told by the topics of
the conversation, and at rest as soon as somebody speaks."""

import math
import time

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from voice_pipeline.action import MoveHead
from voice_pipeline.msg import MotionState, PlaybackState, TurnState, VoiceActivity

from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes.motion import MotionNode
from voice_pipeline.ros.qos import EVENTS, LATCHED

RIGHT, LEFT = 7, 8  # in joint_states
NECK = slice(1, 7)
STILL = 1e-3  # rad: the daemon solves the neck anew for every pose it is sent, and differs by 0.0006 at rest


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot() as simulated:
        yield simulated


class Body:
    """A motion node that lives, and a conversation around it."""

    def __init__(self, ros, robot, **params):
        self.ros, self.peer = ros, ros.peer()
        self.states = self.peer.record(MotionState, "motion/state")
        self.joints = []  # (time, positions)
        self.peer.node.create_subscription(
            JointState, "joint_states", lambda m: self.joints.append((time.monotonic(), list(m.position))), 50
        )
        self.voice = self.peer.node.create_publisher(VoiceActivity, "voice_activity", EVENTS)
        self.playback = self.peer.node.create_publisher(PlaybackState, "playback", EVENTS)
        self.turn = self.peer.node.create_publisher(TurnState, "turn", LATCHED)
        given = {"url": robot.url, "liveliness": True, "breathing_after_s": 0.3, **params}
        self.node = ros.start(MotionNode, given)
        ros.wait(lambda: self.states and self.states[-1].state == MotionState.IDLE, what="IDLE")
        ros.wait(lambda: all(p.get_subscription_count() for p in (self.voice, self.playback, self.turn)))

    def watch(self, seconds):
        """Joint positions of that time, float64[n, 9]."""
        self.joints.clear()
        end = time.monotonic() + seconds
        self.ros.wait(lambda: time.monotonic() > end, seconds + 5.0)
        return np.array([position for _, position in self.joints])

    def breathes(self):
        self.ros.wait(lambda: np.ptp(self.watch(0.3)[:, RIGHT]) > math.radians(2), what="breathing")

    @property
    def clamps(self):
        return self.node._controller.status(time.monotonic()).clamps


def test_it_breathes_and_is_still_within_a_fifth_of_a_second_of_the_start_of_speech(ros, robot):
    """0.1 s of its own, and 67 ms until a measured state shows what was sent."""
    body = Body(ros, robot, glances=False)
    positions = body.watch(4.0)
    assert np.degrees(np.ptp(positions[:, RIGHT])) == pytest.approx(30, abs=4)
    assert positions[:, RIGHT] == pytest.approx(-positions[:, LEFT], abs=1e-3)
    assert np.ptp(positions[:, NECK], axis=0).max() > 0.01  # the legs of the neck raise and lower it
    assert body.states[-1].state == MotionState.IDLE
    assert body.states[-1].moving
    body.breathes()
    body.joints.clear()
    said = time.monotonic()
    body.voice.publish(VoiceActivity(event=VoiceActivity.START, direction_rad=math.nan, utterance_id="u1"))
    ros.wait(lambda: time.monotonic() > said + 2.0)
    late = np.array([p for t, p in body.joints if t > said + 0.2])
    assert len(late) > 50
    assert np.ptp(late, axis=0).max() < STILL
    assert not body.states[-1].moving
    body.voice.publish(VoiceActivity(event=VoiceActivity.END, direction_rad=math.nan, utterance_id="u1"))
    body.breathes()
    assert body.clamps == 0


def test_it_sways_with_what_is_played_and_only_then(ros, robot):
    body = Body(ros, robot, breathing=False, glances=False)
    body.turn.publish(TurnState(state=TurnState.SPEAKING))
    assert np.ptp(body.watch(1.5), axis=0).max() < STILL

    def play(level, seconds):
        end = time.monotonic() + seconds
        body.joints.clear()
        timer = body.peer.node.create_timer(
            0.05, lambda: body.playback.publish(PlaybackState(state=PlaybackState.PLAYING, level_dbfs=level))
        )
        ros.wait(lambda: time.monotonic() > end, seconds + 5.0)
        body.peer.node.destroy_timer(timer)
        return np.array([position for _, position in body.joints])

    loud, soft = play(-18.0, 3.0), play(-38.0, 3.0)[50:]
    assert np.ptp(loud[:, NECK], axis=0).max() > 2.0 * np.ptp(soft[:, NECK], axis=0).max() > 0.005
    assert np.ptp(loud[:, RIGHT:], axis=0).max() < STILL
    body.playback.publish(PlaybackState(state=PlaybackState.FINISHED, level_dbfs=-math.inf))
    body.watch(1.5)
    assert np.ptp(body.watch(0.5), axis=0).max() < STILL
    assert body.clamps == 0


def test_while_it_thinks_it_tilts_its_head_and_faces_the_person(ros, robot):
    body = Body(ros, robot, breathing=False, glances=False)
    body.peer.result(body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=0.3)))
    body.turn.publish(TurnState(state=TurnState.THINKING))
    ros.wait(lambda: abs(math.degrees(body.states[-1].head_rpy.x)) > 5.5)
    assert body.states[-1].head_rpy.z == pytest.approx(0.3, abs=0.02)
    body.turn.publish(TurnState(state=TurnState.LISTENING))
    ros.wait(lambda: abs(math.degrees(body.states[-1].head_rpy.x)) < 0.2)


def test_a_goal_is_reached_while_it_breathes_and_the_stop_ends_everything(ros, robot):
    body = Body(ros, robot, glances_every_s=2.0)
    body.breathes()
    answer = body.peer.result(body.peer.send_goal(MoveHead, "move_head", MoveHead.Goal(yaw=-0.4, pitch=0.1)))
    assert answer.result.error_code == MoveHead.Result.NONE
    assert answer.result.head_rpy.z == pytest.approx(-0.4, abs=0.01)
    body.breathes()
    assert body.peer.call(Trigger, "motion/stop").success
    body.watch(0.3)
    assert np.ptp(body.watch(1.5), axis=0).max() < STILL
    assert body.peer.call(Trigger, "motion/reset_stop").success
    body.breathes()
    assert body.clamps == 0


def test_a_driver_that_is_used_alone_moves_only_when_it_is_told_to(ros, robot):
    body = Body.__new__(Body)
    body.ros, body.peer, body.joints = ros, ros.peer(), []
    body.peer.node.create_subscription(JointState, "joint_states", lambda m: body.joints.append((0.0, m.position)), 50)
    states = body.peer.record(MotionState, "motion/state")
    node = ros.start(MotionNode, {"url": robot.url})
    ros.wait(lambda: states and states[-1].state == MotionState.IDLE)
    body.watch(0.5)
    assert np.ptp(body.watch(4.0), axis=0).max() < STILL
    assert not states[-1].moving
    assert node.count_subscribers("turn") == 0
