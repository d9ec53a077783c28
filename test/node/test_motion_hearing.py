"""The motion node and hearing: directions of the array, turning to who speaks, stillness; on the real simulated daemon,
which has no array, and on a robot with a fake one."""

import math
from itertools import pairwise

import pytest
from sensor_msgs.msg import JointState
from voice_pipeline.action import LookAt, PlayMove
from voice_pipeline.msg import MotionState, PlaybackState, SoundDirection, VoiceActivity

from fake_robot import FakeRobot
from voice_pipeline.motion.simulator import SimulatedRobot
from voice_pipeline.nodes import motion
from voice_pipeline.nodes.motion import MotionNode
from voice_pipeline.ros.qos import EVENTS


@pytest.fixture(scope="module")
def robot():
    with SimulatedRobot() as simulated:
        yield simulated


class Body:
    """A motion node, and somebody who speaks to it."""

    def __init__(self, ros, **params):
        self.ros, self.peer = ros, ros.peer()
        self.states = self.peer.record(MotionState, "motion/state")
        self.sounds = self.peer.record(SoundDirection, "sound_direction")
        self.voice = self.peer.node.create_publisher(VoiceActivity, "voice_activity", EVENTS)
        self.playback = self.peer.node.create_publisher(PlaybackState, "playback", EVENTS)
        self.node = ros.start(MotionNode, params)
        ros.wait(lambda: self.states and self.states[-1].state == MotionState.IDLE, what="IDLE")
        ros.wait(lambda: self.voice.get_subscription_count() and self.playback.get_subscription_count())

    def say(self, event, direction=math.nan, reason=VoiceActivity.REASON_SILENCE):
        self.voice.publish(VoiceActivity(event=event, reason=reason, direction_rad=direction, utterance_id="u1"))

    def utterance(self, direction):
        self.say(VoiceActivity.START)
        self.say(VoiceActivity.PAUSE, direction)
        self.say(VoiceActivity.END, direction)

    @property
    def facing(self):
        return self.states[-1].head_rpy.z

    @property
    def attention(self):
        return self.node._hearing.attention


def test_the_simulated_robot_turns_to_who_spoke_and_says_that_it_moves(ros, robot):
    body = Body(ros, url=robot.url)
    body.utterance(0.6)
    ros.wait(lambda: body.states[-1].move == "look_at_speaker")
    assert body.states[-1].state == MotionState.MOVING
    ros.wait(lambda: body.states[-1].state == MotionState.IDLE and abs(body.facing - 0.6) < 0.02)
    moving = [m.state == MotionState.MOVING for m in body.states]
    turned = [abs(b.head_rpy.z - a.head_rpy.z) > 0.01 for a, b in pairwise(body.states)]
    assert all(before or now for before, now, t in zip(moving, moving[1:], turned, strict=False) if t)


def test_a_daemon_without_an_array_does_no_harm(ros, robot):
    body = Body(ros, url=robot.url)
    states = body.node._told.states
    ros.wait(lambda: body.node._told.states > states + 100)
    array = body.node._controller.robot._array
    assert array._thread.is_alive()
    assert body.sounds == []
    assert body.node._controller.robot.garbled == 0


def test_an_order_takes_over_from_the_turn(ros, robot):
    body = Body(ros, url=robot.url, look_at_speaker_speed_deg_s=10.0, look_at_speaker_dead_zone_deg=2.0)
    goal = LookAt.Goal(yaw=0.0)
    body.peer.result(body.peer.send_goal(LookAt, "look_at", goal))
    body.utterance(0.6)
    ros.wait(lambda: body.states[-1].move == "look_at_speaker")
    answer = body.peer.result(body.peer.send_goal(LookAt, "look_at", LookAt.Goal(yaw=-0.3)))
    assert answer.result.error_code == LookAt.Result.NONE
    assert answer.result.head_rpy.z == pytest.approx(-0.3, abs=0.02)


def test_its_own_voice_and_a_switch_keep_it_where_it_is(ros, robot):
    body = Body(ros, url=robot.url)
    body.peer.result(body.peer.send_goal(LookAt, "look_at", LookAt.Goal()))
    body.playback.publish(PlaybackState(state=PlaybackState.PLAYING, level_dbfs=-20.0))
    ros.wait(lambda: body.attention._playing_until > 0)
    body.utterance(0.6)
    body.say(VoiceActivity.START)
    ros.wait(lambda: body.attention.speaking)
    assert body.attention.turns == 0
    body.say(VoiceActivity.END, 0.6, VoiceActivity.REASON_TOO_SHORT)
    ros.wait(lambda: not body.attention.speaking)
    assert body.attention.turns == 0


def test_a_gesture_goes_on_with_its_antennas_held_while_somebody_speaks(ros, robot):
    body = Body(ros, url=robot.url)
    body.say(VoiceActivity.START)
    ros.wait(lambda: body.attention.speaking)
    joints = body.peer.record(JointState, "joint_states", 50)
    answer = body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="happy")))
    assert answer.result.error_code == PlayMove.Result.NONE
    assert len(joints) > 20
    assert max(abs(a) for m in joints for a in m.position[7:]) < 0.01
    assert max(m.position[1] for m in joints) - min(m.position[1] for m in joints) > 0.02  # the head moved
    body.say(VoiceActivity.END)
    ros.wait(lambda: not body.attention.speaking)
    joints.clear()
    body.peer.result(body.peer.send_goal(PlayMove, "play_move", PlayMove.Goal(name="happy")))
    assert max(abs(a) for m in joints for a in m.position[7:]) > 0.1


def test_what_the_array_hears_is_told_in_the_base_frame_and_marked_as_ambiguous(ros, monkeypatch):
    fake = FakeRobot()
    monkeypatch.setattr(motion, "make_robot", lambda *args: fake)
    peer = ros.peer()
    sounds = peer.record(SoundDirection, "sound_direction")
    ros.start(MotionNode, {"base_frame": "torso"})
    ros.wait(lambda: peer.node.count_publishers("sound_direction") == 1)
    ros.wait(lambda: fake.on_bearing)
    fake.pose = fake.pose._replace(yaw=0.4)

    def hear():
        fake.now += 1.0
        fake.hear(1.0)
        return sounds

    ros.wait(hear)
    heard = sounds[-1]
    assert heard.direction_rad == pytest.approx(1.0, abs=1e-5)
    assert heard.header.frame_id == "torso"
    assert heard.ambiguous
    assert heard.speech
    assert math.isnan(heard.confidence)


def test_the_array_is_asked_only_where_it_is_wanted(ros, monkeypatch):
    fake = FakeRobot()
    fake.on_bearing = "not asked"
    monkeypatch.setattr(motion, "make_robot", lambda *args: fake)
    ros.start(MotionNode, {"microphone_array": "off"})
    ros.wait(lambda: fake.on_bearing != "not asked")
    assert fake.on_bearing is None
