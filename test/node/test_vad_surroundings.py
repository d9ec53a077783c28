"""vad and what else is known of the moment: the robot's movements and its voice, the direction of sound, long utterances,
lost audio."""

import math
import threading

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from vad_bench import T0, kinds, sound, start
from voice_pipeline.msg import MotionState, PlaybackState, SoundDirection, VoiceActivity

from voice_pipeline.ros.qos import EVENTS
from voice_pipeline.ros.stamps import to_msg, to_ns

SILENCE = "." * 25


class Surroundings:
    """A node that hears, and mocks of motion, audio_player and the array."""

    def __init__(self, ros, monkeypatch, **params):
        self.ros = ros
        self.node, self.microphone, self.events, self.detector = start(ros, monkeypatch, **params)
        peer = ros.peer()
        self.health = peer.record(DiagnosticArray, "/diagnostics")
        self.motion = peer.publisher(MotionState, "motion/state", EVENTS)
        self.playback = peer.publisher(PlaybackState, "playback", EVENTS)
        self.directions = peer.publisher(SoundDirection, "sound_direction", EVENTS)

    def send(self, text):
        self.microphone.send(sound(text))
        return self

    def faint(self, text):
        self.microphone.send(sound(text) // 100)
        return self

    def wait_for_bar(self, reason):
        self.ros.wait(lambda: self.node._bar.reason(self.node._newest_ns) == reason, what=f"the bar for {reason}")
        return self

    def wait_heard(self):
        """Until all audio that was sent is judged."""
        self.microphone.wait_heard()
        return self

    def wait_end(self, count=1):
        self.ros.wait(lambda: kinds(self.events).count(VoiceActivity.END) == count, what=f"{count} ends")
        return self.wait_heard()

    def warning(self):
        return next((m.status[0].message for m in reversed(self.health) if m.status[0].name == "vad"), "")


def test_where_it_holds_nothing_begins_while_the_robot_moves_and_a_second_after_its_last_word(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, while_moving="hold").send("." * 10).wait_heard()
    vad.motion.publish(MotionState(state=MotionState.MOVING))
    vad.wait_for_bar("moving").send("S" * 15 + SILENCE).wait_heard()  # 1.28 s: the motion node said nothing more
    assert vad.events == []
    vad.send("S" * 15 + SILENCE).wait_end()


def test_when_the_robot_rests_the_cool_down_passes(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, while_moving="hold", motion_cooldown_s=0.32).send("." * 10).wait_heard()
    vad.motion.publish(MotionState(state=MotionState.MOVING))
    vad.wait_for_bar("moving")
    vad.motion.publish(MotionState(state=MotionState.IDLE))
    vad.ros.wait(lambda: not vad.node._bar._moving)
    vad.send("S" * 9).wait_heard()
    assert vad.events == []
    vad.send("S" * 15 + SILENCE).wait_end()
    assert to_ns(vad.events[0].audio_start) == T0 + 20 * 32_000_000 - 400_000_000  # 10 + 10 frames, less the pre-roll


def test_where_it_raises_a_clear_voice_begins_while_the_robot_moves(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, while_moving="raise", onset_while_moving=0.95).send("." * 10).wait_heard()
    vad.motion.publish(MotionState(state=MotionState.MOVING))
    vad.wait_for_bar("moving").send("S" * 15).wait_heard()  # the detector says 0.9
    assert vad.events == []
    vad.microphone.send(np.full(512 * 5, 9_800, np.int16))
    vad.ros.wait(lambda: vad.events)


def test_as_usual_the_robots_movements_change_nothing(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, while_moving="as_usual").send("." * 10).wait_heard()
    vad.motion.publish(MotionState(state=MotionState.MOVING))
    vad.ros.wait(lambda: vad.node._bar._moving)
    vad.send("S" * 15 + SILENCE).wait_end()


def test_while_the_robot_is_heard_a_faint_voice_begins_nothing_and_a_loud_one_does(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, min_level_while_playing_dbfs=-10.0).send("." * 10).wait_heard()
    vad.playback.publish(PlaybackState(state=PlaybackState.PLAYING, level_dbfs=-20.0))
    vad.wait_for_bar("playing").send("S" * 9).wait_heard()  # -11 dBFS
    assert vad.events == []
    vad.send("S" * 9 + SILENCE).wait_end()  # the tail of 0.3 s is over


def test_silence_that_is_played_raises_nothing(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, min_level_while_playing_dbfs=-10.0).send("." * 10).wait_heard()
    vad.playback.publish(PlaybackState(state=PlaybackState.PLAYING, level_dbfs=-math.inf))
    vad.playback.publish(PlaybackState(state=PlaybackState.PAUSED, level_dbfs=-20.0))
    ros.settle(vad.node)
    vad.send("S" * 9 + SILENCE).wait_end()


def test_the_direction_of_the_voice_is_told_with_its_ambiguity(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch).send("." * 10 + "S" * 10)
    ros.wait(lambda: vad.events)
    assert math.isnan(vad.events[0].direction_rad)
    message = SoundDirection(direction_rad=0.7, ambiguous=True, confidence=0.9, speech=True)
    message.header.stamp = to_msg(T0 + 14 * 32_000_000)
    vad.directions.publish(message)
    ros.wait(lambda: vad.node._direction._told)
    vad.send("S" * 5 + SILENCE).wait_end()
    told = [e for e in vad.events if e.event != VoiceActivity.START]
    assert [e.direction_rad for e in told] == pytest.approx([0.7] * len(told))
    assert all(e.direction_ambiguous for e in told)
    vad.send("S" * 20 + SILENCE).wait_end(2)  # another time: it is no longer known
    assert math.isnan(vad.events[-1].direction_rad)
    assert not vad.events[-1].direction_ambiguous


def test_a_long_utterance_comes_in_parts(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch, max_part_s=8.0)
    vad.send("S" * 180 + "..." + "S" * 80 + SILENCE).wait_end()
    assert kinds(vad.events) == [
        VoiceActivity.START,
        VoiceActivity.PAUSE,
        VoiceActivity.RESUME,
        VoiceActivity.SPLIT,
        VoiceActivity.PAUSE,
        VoiceActivity.END,
    ]
    split, end = vad.events[3], vad.events[-1]
    assert to_ns(split.header.stamp) == to_ns(split.audio_end) == to_ns(end.audio_start)
    assert to_ns(split.audio_end) == T0 + round(181.5 * 32_000_000)
    assert to_ns(split.audio_start) == T0
    assert (split.utterance_id, split.generation) == (end.utterance_id, 3)
    assert end.reason == VoiceActivity.REASON_SILENCE


def test_audio_that_was_lost_on_the_way_is_a_warning(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch).send("." * 20)
    vad.microphone.sent += 512 * 10
    vad.send("." * 20)
    ros.wait(lambda: "audio was lost: 0.32 s" in vad.warning(), what="the warning")


def test_a_source_that_begins_again_is_no_loss(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch).send("." * 20)
    vad.microphone.sent += 512 * 100
    vad.send("." * 20).wait_heard()
    assert vad.node.health().level == 0
    assert vad.node.health().values["gaps"] == 1


def test_chunks_that_the_node_has_no_room_for_are_counted_and_told(ros, monkeypatch):
    vad = Surroundings(ros, monkeypatch).send("." * 5).wait_heard()
    go = threading.Event()
    monkeypatch.setattr(vad.detector, "probability", lambda frame: go.wait(60.0) and 0.0)
    vad.send("." * 300)
    ros.wait(lambda: vad.node.health().values["lost_chunks"] >= 30, what="lost chunks")
    assert "chunks here" in vad.node.health().message
    go.set()
