"""The motion node and hearing: directions of the array, turning to who speaks, stillness; on the real simulated daemon,
which has no array, and on a robot with a fake one."""

import math
from itertools import pairwise

import pytest
from sensor_msgs.msg import JointState
from voice_pipeline.action import LookAt, PlayMove
from voice_pipeline.msg import MotionState, PlaybackState, SoundDirection, VoiceActivity

from fake_robot import FakeRobot
from motion_bench import Watch, patience, simulated_robot  # noqa: F401
from voice_pipeline.motion import attention
from voice_pipeline.nodes import motion
from voice_pipeline.nodes.motion import MotionNode
from voice_pipeline.ros.qos import EVENTS

pytestmark = pytest.mark.timeout(600)


class Room(Watch):
    """A motion node, and somebody who speaks to it; it faces ahead."""

    def __init__(self, ros, robot, **params):
        self.sounds = ros.peer().record(SoundDirection, "sound_direction")
        super().__init__(ros, url=robot.url, **params)
        self.voice = self.peer.publisher(VoiceActivity, "voice_activity", EVENTS)
        self.playback = self.peer.publisher(PlaybackState, "playback", EVENTS)
        self.until("IDLE")
        assert self.do(LookAt.Goal()).error_code == LookAt.Result.NONE

    def say(self, event, direction=math.nan, reason=VoiceActivity.REASON_SILENCE):
        self.voice.publish(VoiceActivity(event=event, reason=reason, direction_rad=direction, utterance_id="u1"))

    def utterance(self, direction):
        self.say(VoiceActivity.START)
        self.say(VoiceActivity.PAUSE, direction)
        self.say(VoiceActivity.END, direction)

    @property
    def attention(self):
        return self.node._hearing.attention


def test_the_simulated_robot_turns_to_who_spoke_and_says_that_it_moves(ros, robot):
    room = Room(ros, robot)
    start = len(room.states) - 1
    room.utterance(0.6)
    room.wait(lambda m: m.state == MotionState.IDLE and abs(m.head_rpy.z - 0.6) < 0.02)
    told = room.states[start:]
    assert {m.state for m in told if m.move == "look_at_speaker"} == {MotionState.MOVING}
    moving = [m.state == MotionState.MOVING for m in told]
    turned = [abs(b.head_rpy.z - a.head_rpy.z) > 0.01 for a, b in pairwise(told)]
    assert all(before or now for before, now, t in zip(moving, moving[1:], turned, strict=False) if t)


def test_a_daemon_without_an_array_does_no_harm(ros, robot):
    room = Room(ros, robot)
    states = room.node._told.states
    ros.wait(lambda: room.node._told.states > states + 100)
    array = room.controller.robot._array
    assert array._stream._thread.is_alive()
    assert room.sounds == []
    assert room.controller.robot.garbled == 0


def test_an_order_takes_over_from_the_turn(ros, robot):
    room = Room(ros, robot, look_at_speaker_speed_deg_s=10.0, look_at_speaker_dead_zone_deg=2.0)
    room.utterance(0.6)
    ros.wait(lambda: any(m.move == "look_at_speaker" for m in room.states))
    result = room.do(LookAt.Goal(yaw=-0.3))
    assert result.error_code == LookAt.Result.NONE
    assert result.head_rpy.z == pytest.approx(-0.3, abs=0.02)


def test_its_own_voice_and_a_switch_keep_it_where_it_is(ros, robot, monkeypatch):
    monkeypatch.setattr(attention, "_PLAYER_GONE_S", 3600.0)  # however long this machine stands still
    room = Room(ros, robot)
    ended = []
    end = room.attention.ended
    room.attention.ended = lambda direction, real, now: (end(direction, real, now), ended.append(real))
    room.playback.publish(PlaybackState(state=PlaybackState.PLAYING, level_dbfs=-20.0))
    ros.wait(lambda: room.attention._playing_until > 0)
    room.utterance(0.6)
    ros.wait(lambda: ended == [True])
    assert room.attention.turns == 0
    room.say(VoiceActivity.START)
    room.say(VoiceActivity.END, 0.6, VoiceActivity.REASON_TOO_SHORT)
    ros.wait(lambda: ended == [True, False])
    assert room.attention.turns == 0


def test_a_gesture_goes_on_with_its_antennas_held_while_somebody_speaks(ros, robot):
    room = Room(ros, robot)
    room.say(VoiceActivity.START)
    ros.wait(lambda: room.attention.speaking)
    joints = room.peer.record(JointState, "joint_states")
    assert room.do(PlayMove.Goal(name="happy")).error_code == PlayMove.Result.NONE
    ros.wait(lambda: max(m.position[1] for m in joints) - min(m.position[1] for m in joints) > 0.02)  # the head moved
    assert max(abs(a) for m in list(joints) for a in m.position[7:]) < 0.01
    room.say(VoiceActivity.END)
    ros.wait(lambda: not room.attention.speaking)
    joints.clear()
    assert room.do(PlayMove.Goal(name="happy")).error_code == PlayMove.Result.NONE
    ros.wait(lambda: max(abs(a) for m in joints for a in m.position[7:]) > 0.1)


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
