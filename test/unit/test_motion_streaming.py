"""A pose that streams in is followed within velocity, acceleration and jerk limits, whatever it does."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_motion_limits import DT, LIMITS

from voice_pipeline.motion.paths import at_rest, jerk_of, travel
from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose
from voice_pipeline.motion.streaming import Chase

HIGH, LOW = np.array(LIMITS.high), np.array(LIMITS.low)


def steps(chase, n, begin=0):
    return np.array([chase.at((begin + k + 1) * DT)[0] for k in range(n)])


def check_smooth(points):
    """Differences of what is sent: the limits, and the jerk limit of planned paths."""
    v = np.diff(points, axis=0) / DT
    a = np.diff(v, axis=0) / DT
    j = np.diff(a, axis=0) / DT
    assert np.all(points <= HIGH + 1e-9)
    assert np.all(points >= LOW - 1e-9)
    assert np.all(np.abs(v) <= np.array(LIMITS.velocity) + 1e-9)
    assert np.all(np.abs(a) <= np.array(LIMITS.acceleration) + 1e-6)
    assert np.all(np.abs(j) <= jerk_of(LIMITS) * 1.001), np.max(np.abs(j) / jerk_of(LIMITS))


def pose(shares):
    """Shares of the box, 0..1 an axis."""
    return Pose(*(LOW + (HIGH - LOW) * np.array(shares)).tolist())


poses = st.lists(st.floats(0, 1), min_size=len(AXES), max_size=len(AXES)).map(pose)


def test_it_ends_at_rest_exactly_at_a_target_that_stays():
    target = pose([0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6])
    chase = Chase(at_rest(NEUTRAL), target, LIMITS, DT)
    points = steps(chase, 150)
    assert chase.duration < 2.5
    assert chase.at(chase.duration)[0] == pytest.approx(np.array(target), abs=1e-12)
    check_smooth(np.vstack([np.zeros((3, 7)), points]))


@settings(max_examples=150, deadline=None)
@given(orders=st.lists(st.tuples(st.integers(1, 40), poses), min_size=1, max_size=12), start=poses)
def test_any_stream_of_targets_keeps_every_limit(orders, start):
    chase = Chase(at_rest(start), start, LIMITS, DT)
    points, k = [np.array(start)] * 3, 0
    for held, target in orders:
        chase.aim(target)
        for _ in range(held):
            k += 1
            points.append(chase.at(k * DT)[0])
        if chase.duration != math.inf:
            break
    check_smooth(np.array(points))


@settings(max_examples=80, deadline=None)
@given(first=poses, second=poses, third=poses, cut=st.floats(0.05, 0.95))
def test_it_takes_over_from_a_planned_path_without_a_step(first, second, third, cut):
    path = travel(at_rest(first), second, LIMITS)[0]
    n = max(3, round(cut * path.duration / DT))
    before = np.array([path.at(k * DT)[0] for k in range(n + 1)])
    chase = Chase(path.at(n * DT), third, LIMITS, DT)
    after = steps(chase, 80)
    v = np.diff(np.vstack([before[-3:], after]), axis=0) / DT
    a = np.diff(v, axis=0) / DT
    assert np.all(np.abs(v) <= np.array(LIMITS.velocity) * 1.001)
    assert np.all(np.abs(a) <= np.array(LIMITS.acceleration) * 1.01)
    assert np.all(np.abs(np.diff(a, axis=0) / DT) <= 1.5 * jerk_of(LIMITS))


def test_a_slow_sine_is_followed_within_a_tenth_of_a_second():
    chase = Chase(at_rest(NEUTRAL), NEUTRAL, LIMITS, DT)
    errors = []
    for k in range(1, 300):
        t = k * DT
        chase.aim(Pose(yaw=0.4 * math.sin(2 * math.pi * 0.4 * t)))
        yaw = chase.at(t)[0][2]
        errors.append(abs(yaw - 0.4 * math.sin(2 * math.pi * 0.4 * (t - 0.08))))
    assert max(errors[50:]) < math.radians(1.5)
