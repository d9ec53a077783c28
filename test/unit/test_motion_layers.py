"""What the body does of its own accord: each layer is smooth, keeps inside the box and can be switched off; all of it
stops for who speaks, makes way for orders, and never makes the limiter change a pose."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from test_motion_controller import ASLEEP
from test_motion_limits import DT, LIMITS, check
from test_motion_moves import MOVES

from fake_robot import FakeRobot
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.liveliness import Liveliness, LivelinessSettings
from voice_pipeline.motion.paths import jerk_of
from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose
from voice_pipeline.motion.tasks import Listener, Outcome, Settings

ALL = LivelinessSettings(breathing_after=0.3, every=3.0)
NONE = LivelinessSettings(depth=0.0, antennas=0.0, glances=0.0, thinking=0.0, sway=0.0)
LOUD = -18.0
JERK = jerk_of(LIMITS)
YAW, PITCH, ROLL, Z = (AXES.index(axis) for axis in ("yaw", "pitch", "roll", "z"))
RIGHT, LEFT = AXES.index("right_antenna"), AXES.index("left_antenna")


class Body:
    """A controller with liveliness on a fake robot that follows at once; the test holds the clock."""

    def __init__(self, settings=ALL, robot=None, seed=0, moves=MOVES):
        self.robot = robot or FakeRobot()
        self.life = Liveliness(settings, LIMITS, DT, seed)
        self.controller = Controller(self.robot, LIMITS, moves, Settings(), liveliness=self.life)
        self.ends = []
        self.run(0.04)

    def run(self, seconds, dbfs=None):
        """The poses that were sent meanwhile, one a period: float64[n, 7]."""
        poses = []
        for _ in range(round(seconds / DT)):
            self.robot.now += DT
            self.robot.say()
            if dbfs is not None:
                self.life.loudness(dbfs, self.robot.now)
            self.controller.tick(self.robot.now)
            poses.append(self.robot.pose)
        return np.array(poses)

    def turn(self, state):
        self.life.turn(state, self.robot.now)

    def listener(self):
        return Listener(lambda report: None, lambda outcome, message, report: self.ends.append((outcome, report.error)))

    def head(self, yaw=0.5, pitch=0.0, z=0.0, duration=0.0):
        return self.controller.move_head((0.0, pitch, yaw), z, duration, self.listener())

    def play(self, name):
        return self.controller.play(name, 0.0, 0, False, self.listener())

    @property
    def clamps(self):
        return self.controller.status(self.robot.now).clamps


def smooth(poses, share=1.05):
    """Every limit, the jerk's included, on a sequence of poses; what the largest jerk is of its limit. 5 % more: who takes
    over from a movement knows its acceleration from differences."""
    check(poses)
    third = np.abs(np.diff(poses, n=3, axis=0)) / DT**3
    worst = float(np.max(third / JERK))
    assert worst <= share, f"jerk is {worst:.2f} of its limit"
    return worst


def moving_axes(poses):
    return {AXES[i] for i in np.flatnonzero(np.ptp(poses, axis=0) > 1e-6)}


def test_breathing_begins_after_the_idle_time_and_moves_height_and_antennas_only():
    body = Body(replace(ALL, glances=0.0, breathing_after=2.0))
    assert np.ptp(body.run(1.9), axis=0) == pytest.approx(np.zeros(7))
    poses = body.run(30.0)
    assert moving_axes(poses) == {"z", "right_antenna", "left_antenna"}
    assert np.ptp(poses[:, Z]) == pytest.approx(0.005, rel=0.03)
    assert poses[:, Z].max() <= 0.0
    assert np.degrees(poses[250:, RIGHT].max()) == pytest.approx(11.0, abs=4.0)
    assert poses[:, RIGHT] == pytest.approx(-poses[:, LEFT])
    beats = np.flatnonzero(np.diff(np.sign(poses[500:, RIGHT])))
    assert np.diff(beats).mean() * DT == pytest.approx(1.0, abs=0.05)  # half of 2 s
    smooth(poses)
    assert body.clamps == 0


def test_breathing_keeps_the_held_orientation_and_takes_the_room_there_is():
    body = Body(replace(ALL, glances=0.0))
    body.head(0.5, pitch=-0.2, z=-0.004)
    body.run(3.0)
    poses = body.run(20.0)
    assert poses[:, YAW] == pytest.approx(0.5)
    assert poses[:, PITCH] == pytest.approx(-0.2)
    assert poses[:, Z].min() == pytest.approx(-0.005, abs=1e-4)
    assert np.ptp(poses[:, Z]) == pytest.approx(0.005, rel=0.03)


def test_glances_are_small_rare_the_same_for_the_same_seed_and_come_back():
    settings = replace(NONE, glances=math.radians(8.0), every=10.0)
    first, again, other = (Body(settings, seed=seed).run(120.0) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    yaw = np.degrees(first[:, YAW])
    away = np.abs(yaw) > 0.5
    assert 8 <= np.count_nonzero(np.diff(away.astype(int)) == 1) <= 14
    assert 3.0 < np.abs(yaw).max() <= 8.0
    assert np.mean(away) < 0.25
    assert moving_axes(first) == {"yaw", "pitch"}
    smooth(first)


def test_thinking_tilts_the_head_goes_on_facing_the_person_and_is_still():
    body = Body(ALL)
    body.head(0.3)
    body.run(2.0)
    body.turn("thinking")
    poses = body.run(3.0)
    assert poses[:, YAW] == pytest.approx(0.3)
    assert np.degrees(np.abs(poses[-1, ROLL])) == pytest.approx(6.0, abs=0.1)
    assert np.degrees(poses[-1, PITCH]) == pytest.approx(-4.0, abs=0.1)
    assert np.ptp(poses[-50:], axis=0).max() < 1e-4  # no motor runs
    smooth(poses)
    body.turn("idle")
    back = body.run(2.0)
    assert back[-1, ROLL] == pytest.approx(0.0, abs=1e-3)
    smooth(np.vstack([poses, back]))


def test_the_sway_follows_the_loudness_of_what_is_audible():
    body = Body(replace(ALL, breathing_after=100.0))
    body.turn("speaking")
    quiet = body.run(3.0, dbfs=-46.0)
    half = body.run(6.0, dbfs=-32.0)
    loud = body.run(6.0, dbfs=LOUD)
    assert np.ptp(quiet, axis=0).max() == 0.0
    assert moving_axes(loud) == {"roll", "pitch", "yaw"}
    assert np.ptp(half[50:], axis=0)[:3] == pytest.approx(np.ptp(loud[50:], axis=0)[:3] / 2, rel=0.2)
    assert np.degrees(np.ptp(loud[:, YAW])) > 3.0
    silence = body.run(2.0)  # the player is gone without a word
    assert np.ptp(silence[-10:], axis=0).max() < 1e-4
    smooth(np.vstack([quiet, half, loud, silence]))
    assert body.clamps == 0


@pytest.mark.parametrize("moment", range(12))
def test_who_speaks_has_a_body_at_rest_within_a_tenth_of_a_second(moment):
    """At the worst moments too: full sway, a glance, the middle of a blend."""
    body = Body(ALL, seed=moment)
    before = [body.run(2.0 + 0.37 * moment), body.run(1.0 + 0.07 * moment, LOUD if moment % 2 else None)]
    assert body.life.active
    body.controller.keep_still(True)
    after = body.run(3.0)
    steps = np.abs(np.diff(after, axis=0)).max(axis=1)
    assert np.all(steps[4:] == 0.0)  # step k is between the (k+1)th and the (k+2)th pose after START: 0.1 s
    body.turn("thinking")
    assert np.ptp(body.run(1.0, LOUD), axis=0).max() == 0.0  # whatever else is told
    body.controller.keep_still(False)
    back = body.run(1.6)
    smooth(np.vstack([*before, after]))
    smooth(np.vstack([after, np.repeat(after[-1:], 50, axis=0), back]))
    assert body.clamps == 0


def test_frozen_it_stays_where_it_is_and_comes_back_when_they_have_spoken():
    body = Body(replace(ALL, breathing_after=0.5))
    body.run(6.0)
    body.controller.keep_still(True)
    where = body.run(5.0)[-1]
    assert np.abs(where).max() > 0.001
    body.turn("listening")
    body.controller.keep_still(False)
    body.run(1.0)
    assert body.robot.pose == pytest.approx(NEUTRAL, abs=1e-6)


@pytest.mark.parametrize("state", ["idle", "thinking", "speaking"])
def test_switched_off_nothing_moves(state):
    body = Body(NONE)
    body.turn(state)
    assert np.ptp(body.run(20.0, LOUD), axis=0).max() == 0.0


def test_a_head_movement_takes_over_without_a_step_and_ends_exactly_at_its_goal():
    """Its error is measured against the goal: nothing is added until it has ended."""
    body = Body(ALL)
    before = body.run(7.3)
    body.head(0.5, pitch=0.1)
    after = body.run(0.9)
    assert [outcome for outcome, _ in body.ends] == [Outcome.NONE]
    assert body.ends[0][1] < 1e-3
    smooth(np.vstack([before, after]))
    assert body.clamps == 0


@pytest.mark.parametrize("name", sorted(MOVES))
def test_every_gesture_takes_over_from_a_lively_body_and_gives_it_back(name):
    body = Body(ALL)
    poses = [body.run(6.0), body.run(1.0, LOUD)]
    body.play(name)
    poses.append(body.run(MOVES[name].duration + 4.0))
    assert [outcome for outcome, _ in body.ends] == [Outcome.NONE]
    smooth(np.vstack(poses))
    assert body.clamps == 0


def test_a_stop_brings_it_to_rest_and_it_stays_until_it_is_released():
    body = Body(ALL)
    before = body.run(8.0, LOUD)
    body.controller.stop()
    after = body.run(5.0, LOUD)
    check(np.vstack([before, after]), stops=True)
    assert np.ptp(after[8:], axis=0).max() == 0.0
    body.controller.reset_stop()
    assert np.ptp(body.run(1.0, LOUD), axis=0).max() > 0.001
    assert body.clamps == 0


def test_asleep_it_does_nothing_and_after_waking_it_begins_from_rest():
    body = Body(ALL)
    before = body.run(6.0)
    body.controller.rest(body.listener())
    settled = body.run(1.5)
    smooth(np.vstack([before, settled]))
    body.robot.motors = "disabled"
    body.robot.pose = ASLEEP
    sent = len(body.robot.sent)
    body.run(3.0)
    assert len(body.robot.sent) == sent
    wake.wake_up(body.controller)
    check(body.run(6.0))
    assert body.clamps == 0


def test_a_head_that_sags_out_of_its_box_comes_in_before_it_breathes():
    body = Body(replace(ALL, glances=0.0), FakeRobot(Pose(z=0.0005, pitch=0.45)))
    poses = body.run(20.0)
    assert poses[:, PITCH].min() == pytest.approx(LIMITS.high.pitch)
    assert np.ptp(poses[100:, Z]) == pytest.approx(0.005, rel=0.03)
    assert body.clamps == 0


def test_a_head_at_the_edge_of_its_box_give_or_take_rounding_breathes():
    body = Body(replace(ALL, glances=0.0), FakeRobot(Pose(z=1e-15)))
    assert np.ptp(body.run(20.0)[:, Z]) == pytest.approx(0.005, rel=0.03)
    assert body.clamps == 0


def test_a_robot_that_was_away_is_met_where_it_is():
    body = Body(ALL)
    body.run(6.0)
    for _ in range(40):  # no state for 0.8 s
        body.robot.now += DT
        body.controller.tick(body.robot.now)
    sent = len(body.robot.sent)
    body.robot.pose = Pose(yaw=0.3, right_antenna=0.5)
    poses = np.vstack([[body.robot.pose], body.run(6.0)])
    assert poses[2] == pytest.approx(poses[0])
    check(poses)
    assert len(body.robot.sent) > sent + 200
    assert body.clamps == 0


def test_a_moment_without_states_is_no_jump():
    body = Body(ALL)
    body.run(5.0, LOUD)
    for _ in range(12):  # 0.24 s: stale, not gone
        body.robot.now += DT
        body.controller.tick(body.robot.now)
    check(np.vstack([[body.robot.pose] * 3, body.run(4.0, LOUD)]))
    assert body.clamps == 0


def test_half_an_hour_of_everything_at_once_is_smooth_and_never_clamped():
    """States, voices, loudness, orders and gestures by chance."""
    chance = random.Random(5)
    body = Body(ALL)
    poses = [body.run(1.0)]
    for _ in range(900):
        deed = chance.randrange(8)
        if deed == 0:
            body.controller.keep_still(chance.random() < 0.5)
        elif deed < 4:
            body.turn(chance.choice(("idle", "thinking", "speaking", "listening")))
        elif deed == 4 and body.controller.status(body.robot.now).state == "IDLE":
            body.head(chance.uniform(-0.7, 0.7), chance.uniform(-0.4, 0.4), chance.uniform(-0.005, 0.0))
        elif deed == 5 and body.controller.status(body.robot.now).state == "IDLE":
            body.play(chance.choice(sorted(MOVES)))
        loud = chance.uniform(-60.0, -10.0) if chance.random() < 0.5 else None
        poses.append(body.run(chance.choice((0.06, 0.5, 2.0, 6.0)), loud))
    smooth(np.vstack(poses))
    assert body.clamps == 0
