"""The limiter keeps position, velocity and acceleration whatever is asked; paths keep them without its help."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_pipeline.motion.follower import Follower
from voice_pipeline.motion.limiter import Limiter
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.paths import at_rest, brake, travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose

LIMITS = make_limits()
DT = 0.02


def check(poses, limits=LIMITS, start_velocity=None, stops=False):
    """Every limit on a sequence of poses at 50 Hz, the first of which was at rest. `stops`: some of it is a stop, which
    may slow down harder than a path may."""
    p = np.array(poses)
    assert np.all(np.isfinite(p))
    assert np.all(p >= np.array(limits.low) - 1e-9)
    assert np.all(p <= np.array(limits.high) + 1e-9)
    v = np.diff(p, axis=0) / DT
    assert np.all(np.abs(v) <= np.array(limits.velocity) + 1e-9)
    v = np.vstack([np.zeros(7) if start_velocity is None else start_velocity, v])
    a = np.diff(v, axis=0) / DT
    slowing = (v[1:] * v[:-1] >= -1e-12) & (np.abs(v[1:]) <= np.abs(v[:-1]))
    most = np.where(slowing & stops, np.array(limits.stopping), np.array(limits.acceleration))
    assert np.all(np.abs(a) <= most + 1e-6)
    if limits.guard is not None:
        assert limits.guard.worst(p) <= 1e-6


hostile = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-4.0, 4.0),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e308, -1e308, 0.3490658503988659]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*[hostile] * 7), min_size=1, max_size=120), st.integers(1, 20))
def test_no_command_leaves_the_limits(commands, hold):
    limiter = Limiter(LIMITS, DT)
    poses = [limiter.pose]
    for command in commands:
        for _ in range(hold):
            poses.append(limiter.step(Pose(*command))[0])
    check(poses)


def test_a_thousand_seconds_of_random_commands_stay_within_the_limits():
    rng = random.Random(7)
    limiter = Limiter(LIMITS, DT)
    poses = [limiter.pose]
    target = NEUTRAL
    for tick in range(50_000):
        if rng.random() < 0.1:
            scale = rng.choice([0.1, 1.0, 3.0])
            target = Pose(
                *(
                    rng.uniform(-scale, scale) * max(abs(hi), abs(lo))
                    for lo, hi in zip(LIMITS.low, LIMITS.high, strict=True)
                )
            )
        wobble = rng.uniform(-0.2, 0.2) if tick % 7 == 0 else 0.0
        poses.append(limiter.step(target._replace(yaw=target.yaw + wobble))[0])
    check(poses)


def test_a_reachable_stream_passes_unchanged():
    limiter = Limiter(LIMITS, DT)
    for tick in range(100):
        wanted = Pose(pitch=math.radians(10) * (1 - math.cos(2 * math.pi * tick * DT)) / 2)
        pose, clamped = limiter.step(wanted)
        assert not clamped
        assert pose == pytest.approx(wanted, abs=1e-12)


def test_a_step_is_counted_and_becomes_a_ramp_to_the_edge_of_the_box():
    limiter = Limiter(LIMITS, DT)
    steps = [limiter.step(Pose(yaw=2.0)) for _ in range(100)]
    assert all(clamped for _, clamped in steps)
    assert steps[-1][0].yaw == pytest.approx(LIMITS.high.yaw)
    assert 20 < sum(pose.yaw < LIMITS.high.yaw - 1e-6 for pose, _ in steps) < 40


def test_a_head_outside_its_box_may_only_come_in():
    limiter = Limiter(LIMITS, DT)
    asleep = Pose(pitch=0.54, z=-0.05, right_antenna=3.05, left_antenna=-3.05)
    limiter.reset(asleep)
    assert limiter.step(asleep)[0] == asleep
    assert limiter.step(asleep._replace(pitch=0.7))[0].pitch == asleep.pitch
    way = [limiter.step(NEUTRAL)[0].pitch for _ in range(200)]
    outside = [pitch for pitch in way if pitch > LIMITS.high.pitch]
    assert outside == sorted(outside, reverse=True)
    assert way[-1] == pytest.approx(0.0)


def test_the_antennas_lean_out_far_and_to_one_another_only_a_little():
    everything = Pose(right_antenna=2.5, left_antenna=-2.5)
    assert LIMITS.clamp(everything) == (everything, False)
    crossed, changed = LIMITS.clamp(Pose(right_antenna=-0.6, left_antenna=0.6))
    assert changed
    # 20 degrees each: 12 mm apart in the vendor's model, where they touch from 23
    assert crossed == Pose(right_antenna=-math.radians(20), left_antenna=math.radians(20))
    wide = make_limits(antenna=30.0, antenna_inward=170.0)  # never further in than out
    assert wide.low.right_antenna == wide.low.left_antenna == -math.radians(30)


def test_nan_never_becomes_the_start():
    with pytest.raises(ValueError, match="finite"):
        Limiter(LIMITS, DT).reset(Pose(yaw=math.nan))


reachable = st.tuples(*[st.floats(lo, hi) for lo, hi in zip(LIMITS.low, LIMITS.high, strict=True)]).map(
    lambda v: Pose(*v)
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(reachable, st.integers(1, 60), st.sampled_from([0.0, 0.5, 3.0]), st.booleans()), max_size=8))
def test_planned_motion_keeps_the_limits_through_any_chain_of_orders_and_stops(orders):
    follower = Follower(LIMITS, DT)
    poses = [follower.pose]
    for target, ticks, duration, stop in orders:
        follower.follow(travel(follower.point(), target, LIMITS, duration), target)
        poses += [follower.step() for _ in range(ticks)]
        if stop:
            follower.brake()
    for _ in range(600):
        poses.append(follower.step())
        if not follower.moving:
            break
    assert not follower.moving
    check(poses)


@settings(max_examples=100, deadline=None)
@given(reachable, reachable)
def test_a_path_from_rest_needs_no_clamp_and_arrives(start, target):
    follower = Follower(LIMITS, DT)
    follower.reset(start)
    follower.follow(travel(at_rest(start), target, LIMITS), target)
    for _ in range(400):
        follower.step()
    assert follower.clamps == 0
    assert follower.pose == pytest.approx(target, abs=1e-6)


def test_a_path_takes_the_time_it_is_given():
    (path,) = travel(at_rest(NEUTRAL), Pose(yaw=0.3), LIMITS, 2.0)
    assert path.duration == 2.0


def test_braking_from_full_speed_takes_no_longer_than_the_limits_need_and_a_half():
    velocity = np.array(LIMITS.velocity)
    path = brake((np.zeros(7), velocity, np.zeros(7)), LIMITS)
    shortest = float(np.max(velocity / np.array(LIMITS.acceleration)))
    assert path.duration <= 1.6 * shortest
    assert path.at(path.duration)[1] == pytest.approx(np.zeros(7), abs=1e-9)
