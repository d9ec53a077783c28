"""Turning to who speaks and keeping still meanwhile, on a held clock and a robot that follows at once."""

import math
from itertools import pairwise

import pytest
from test_motion_controller import Bench
from test_motion_limits import LIMITS, check

from voice_pipeline.motion.attention import Attention, AttentionSettings
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Outcome

SPEED = math.radians(60)
NAN = math.nan


class Room(Bench):
    """A robot, its attention, and people who speak."""

    def __init__(self, **settings):
        super().__init__()
        self.attention = Attention(
            AttentionSettings(**settings),
            lambda yaw: self.controller.turn_to(yaw, SPEED),
            lambda: self.robot.state.head.yaw,
            self.controller.keep_still,
        )

    def says(self, *directions, real=True, seconds=0.5):
        """An utterance whose START, PAUSEs and END carry these directions (degrees)."""
        yaws = [math.radians(d) for d in directions]
        self.attention.started(yaws[0], self.robot.now)
        for yaw in yaws[1:-1]:
            self.attention.goes_on(yaw, self.robot.now)
        self.run(seconds)
        self.attention.ended(yaws[-1], real, self.robot.now)

    def spoken_to(self, direction, **kwargs):
        """... and time to turn."""
        self.says(direction, direction, **kwargs)
        self.run(3.0)

    @property
    def facing(self):
        return math.degrees(self.robot.pose.yaw + self.robot.pose.body_yaw)


def test_it_turns_to_the_voice_when_the_utterance_is_over_and_not_before():
    room = Room()
    room.attention.started(0.5, room.robot.now)
    room.run(1.0)
    assert room.facing == 0
    room.attention.ended(0.5, True, room.robot.now)
    room.run(0.04)
    assert room.state == "MOVING"
    room.run(3.0)
    assert room.facing == pytest.approx(math.degrees(0.5), abs=0.1)
    assert room.state == "IDLE"
    sent = [pose for _, pose in room.robot.sent]
    check(sent)
    assert max(abs(b.yaw - a.yaw) / 0.02 for a, b in pairwise(sent)) <= SPEED * 1.001


def test_the_body_turns_for_what_the_head_cannot_reach_and_no_further_than_it_may():
    room = Room()
    room.spoken_to(80)
    assert room.facing == pytest.approx(80, abs=0.1)
    assert room.robot.pose.yaw == pytest.approx(LIMITS.high.yaw)
    room.spoken_to(180)
    assert room.facing == pytest.approx(math.degrees(LIMITS.high.yaw + LIMITS.high.body_yaw), abs=0.1)


@pytest.mark.parametrize("direction", [9.0, -9.0, NAN])
def test_small_differences_and_unknown_directions_turn_nothing(direction):
    room = Room()
    room.spoken_to(direction)
    assert room.facing == 0


def test_the_last_known_direction_of_the_utterance_counts():
    room = Room()
    room.says(NAN, 40, NAN, NAN)
    room.run(3.0)
    assert room.facing == pytest.approx(40, abs=0.1)


def test_a_direction_of_the_utterance_before_does_not_count():
    room = Room()
    room.says(40, 40, real=False)
    room.run(3.0)
    assert room.facing == 0  # a cough
    room.spoken_to(NAN)
    assert room.facing == 0


def test_it_turns_no_more_often_than_the_period():
    room = Room(period=2.0)
    room.spoken_to(30)  # takes 3 s
    room.says(15, 15, seconds=0.1)
    room.run(1.2)
    room.says(30, 30, seconds=0.1)
    room.run(3.0)
    assert room.facing == pytest.approx(15, abs=0.1)
    room.spoken_to(30)
    assert room.facing == pytest.approx(30, abs=0.1)


def test_switched_off_it_turns_to_nobody():
    room = Room(look=False)
    room.spoken_to(40)
    assert room.facing == 0


def test_it_does_not_turn_to_its_own_voice():
    room = Room()
    room.attention.played(True, room.robot.now)
    room.spoken_to(40)
    assert room.facing == 0
    room.attention.played(False, room.robot.now)
    room.spoken_to(40, seconds=0.1)  # 3 s after the last sound
    assert room.facing == pytest.approx(40, abs=0.1)


def test_sound_that_begins_while_somebody_speaks_makes_the_direction_doubtful():
    room = Room()
    room.attention.started(0.5, room.robot.now)
    room.attention.played(True, room.robot.now)
    room.attention.played(False, room.robot.now)
    room.run(2.0)
    room.attention.ended(0.5, True, room.robot.now)
    room.run(2.0)
    assert room.facing == 0


def test_a_player_that_died_while_playing_does_not_make_it_deaf():
    room = Room()
    room.attention.played(True, room.robot.now)
    room.run(1.1)
    room.spoken_to(40)
    assert room.facing == pytest.approx(40, abs=0.1)


def test_every_order_takes_over_at_once():
    room = Room()
    for order in (lambda: room.head(-0.3), lambda: room.play("nod"), lambda: room.controller.rest(room.listener())):
        room.run(3.0)
        room.says(40, 40) if room.facing < 20 else room.says(-40, -40)
        room.run(0.2)
        assert room.controller.status(room.robot.now).move == "look_at_speaker"
        order()
        assert room.controller.status(room.robot.now).move != "look_at_speaker"
        room.run(5.0)
    assert room.outcomes() == [Outcome.NONE] * 3
    check([pose for _, pose in room.robot.sent])


def test_it_does_not_turn_while_another_movement_runs_or_it_is_stopped_or_asleep():
    room = Room()
    room.play("sad")
    room.says(40, 40)
    room.run(0.2)
    assert room.controller.status(room.robot.now).move == "sad"
    room.run(6.0)
    assert room.outcomes() == [Outcome.NONE]
    room.controller.stop()
    room.spoken_to(40)
    assert room.facing == pytest.approx(0, abs=1e-6)
    room.controller.reset_stop()
    room.robot.motors = "disabled"
    room.run(0.1)
    room.spoken_to(40)
    assert room.facing == pytest.approx(0, abs=1e-6)


def test_it_stops_turning_when_somebody_speaks():
    room = Room()
    room.says(80, 80)
    room.run(0.5)
    room.attention.started(NAN, room.robot.now)
    room.run(0.3)
    assert room.state == "IDLE"
    assert 2 < room.facing < 60
    check([pose for _, pose in room.robot.sent])
    room.attention.ended(math.radians(80), True, room.robot.now)  # within the period: the turn is made up for
    room.run(3.0)
    assert room.facing == pytest.approx(80, abs=0.1)


def test_a_voice_from_behind_is_found_in_some_utterances():
    """The array takes it for one from ahead; each turn changes what it hears."""
    room, person, heard = Room(), math.radians(130), []
    room.robot.start(lambda state: None, lambda b: heard.append(b.head_yaw + b.yaw))
    for _ in range(4):
        room.robot.hear(person)
        room.spoken_to(math.degrees(heard[-1]))
    assert room.facing == pytest.approx(130, abs=1)


def test_the_antennas_of_a_gesture_rest_while_somebody_speaks_and_come_back_smoothly():
    free, room = Room(), Room()
    for bench in (free, room):
        bench.play("happy")
    free.run(0.6), room.run(0.6)
    room.attention.started(NAN, room.robot.now)
    free.run(0.14), room.run(0.14)  # the time to brake
    frozen = room.robot.pose
    free.run(0.5), room.run(0.5)
    assert room.robot.pose[5:] == frozen[5:]
    assert free.robot.pose[5:] != frozen[5:]
    assert room.robot.pose[:5] == pytest.approx(free.robot.pose[:5])  # the gesture itself goes on
    assert room.state == "MOVING"
    room.attention.ended(NAN, True, room.robot.now)
    free.run(0.9), room.run(0.9)  # they join at the next turning point, and blend for 0.4 s
    assert room.robot.pose[5] != pytest.approx(frozen[5], abs=0.01)
    assert tuple(room.robot.pose) == pytest.approx(tuple(free.robot.pose), abs=1e-6)
    room.run(5.0)
    assert room.outcomes() == [Outcome.NONE]
    assert room.robot.pose == pytest.approx(NEUTRAL, abs=1e-4)
    assert room.controller.status(0.0).clamps == 0
    check([pose for _, pose in room.robot.sent])


def test_antennas_that_were_held_past_the_end_of_a_gesture_come_back_when_nobody_speaks():
    room = Room()
    room.play("happy")
    room.run(0.6)
    room.attention.started(NAN, room.robot.now)
    room.run(8.0)
    assert room.outcomes() == [Outcome.NONE]
    assert abs(room.robot.pose.right_antenna) > 0.02
    room.attention.ended(NAN, True, room.robot.now)
    room.run(0.1)
    assert room.state == "MOVING"
    room.run(1.0)
    assert room.robot.pose == pytest.approx(NEUTRAL, abs=1e-4)
    assert room.state == "IDLE"


def test_an_end_that_never_comes_does_not_hold_it_for_ever():
    room = Room()
    room.attention.started(NAN, room.robot.now)
    room.attention.watch(room.robot.now + 39)
    assert room.attention.speaking
    room.attention.watch(room.robot.now + 41)
    assert not room.attention.speaking
    room.spoken_to(40)
    assert room.facing == pytest.approx(40, abs=0.1)


def test_without_the_freeze_antennas_go_on():
    free, room = Room(), Room(still=False)
    for bench in (free, room):
        bench.play("happy")
    room.attention.started(NAN, room.robot.now)
    free.run(1.0), room.run(1.0)
    assert room.robot.pose == free.robot.pose


def test_a_stop_says_moving_until_the_motors_rest():
    room = Room()
    room.play("dance")
    room.run(1.0)
    room.controller.stop()
    room.run(0.04)
    assert room.state == "MOVING"
    room.run(0.6)
    assert room.state == "STOPPED"


def test_while_frozen_a_robot_that_comes_back_has_no_jump():
    room = Room()
    room.play("happy")
    room.run(0.6)
    room.attention.started(NAN, room.robot.now)
    room.run(0.6, states=False)
    room.robot.pose = Pose(yaw=0.1, right_antenna=0.5, left_antenna=-0.5)
    sent = len(room.robot.sent)
    room.run(0.5)
    room.attention.ended(NAN, True, room.robot.now)
    room.run(1.0)
    assert {pose for _, pose in room.robot.sent[sent:]} == {Pose(yaw=0.1, right_antenna=0.5, left_antenna=-0.5)}
