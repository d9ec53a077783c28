"""What is proven of a box at start, so that its poses need not be looked at: the bound holds, nothing bad is ever proven, and
a limiter that trusts the proof sends what one that looks at every pose sends."""

import math
import random

import numpy as np
import pytest

from voice_pipeline.motion.kinematics import MARGIN, guard_from
from voice_pipeline.motion.limiter import Limiter
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.neck_proof import proven_box
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.resources import resource

GUARD = guard_from(resource("config/robots/reachy_mini_neck.yaml"))
DEFAULT = make_limits(guard=GUARD)
WIDE = make_limits(roll=30.0, pitch=35.0, guard=GUARD)
DT = 0.02


def proven(limits, margin=MARGIN):
    return proven_box(GUARD.neck, limits.low[:4], limits.high[:4], margin)


def test_the_whole_default_box_is_proven():
    assert proven(DEFAULT) == (DEFAULT.low[:4], DEFAULT.high[:4])


@pytest.mark.parametrize(("roll", "pitch", "z"), [(25.0, 30.0, -5.0), (30.0, 35.0, -5.0), (40.0, 40.0, -20.0)])
def test_of_a_box_with_bad_poses_a_part_is_proven_and_it_has_none(roll, pitch, z):
    limits = make_limits(roll=roll, pitch=pitch, z=(z, 0.0), guard=GUARD)
    box = np.array(proven(limits))
    assert box[1, 0] < limits.high.roll
    rng = np.random.default_rng(1)
    poses = rng.uniform(box[0], box[1], (100_000, 4))
    axis = rng.integers(0, 4, len(poses))
    poses[np.arange(len(poses)), axis] = box[rng.integers(0, 2, len(poses)), axis]  # on its faces, where it is worst
    assert GUARD.worst(poses) <= 0.0


def test_a_box_whose_legs_cannot_reach_its_middle_is_not_proven():
    assert proven(make_limits(z=(-100.0, 100.0), guard=GUARD)) is None


def test_a_margin_that_the_middle_does_not_keep_proves_nothing():
    assert proven(DEFAULT, margin=math.radians(60.0)) is None


def test_no_joint_changes_more_within_a_cell_than_the_bound_says():
    rng = np.random.default_rng(2)
    low, high = np.array(WIDE.low[:4]), np.array(WIDE.high[:4])
    for _ in range(300):
        half = rng.uniform(0.0, 0.1, 4) * (1.0, 1.0, 1.0, 0.02)
        centre = rng.uniform(low, high, (1, 4))
        inside = centre + rng.choice((-1.0, 1.0), (64, 4)) * half
        change = np.abs(GUARD.neck.joints(inside) - GUARD.neck.joints(centre))
        bound = GUARD.neck.change_within(centre, half)
        known = ~np.isnan(change)  # where a leg does not reach, the bound is no less than enormous
        assert np.all((change <= bound)[known])


@pytest.mark.parametrize("limits", [DEFAULT, WIDE], ids=["default", "wide"])
def test_the_proof_changes_nothing_of_what_is_sent(limits):
    trusting, looking = Limiter(limits, DT), Limiter(limits, DT)
    looking._proven = None
    dice = random.Random(3)
    for _ in range(300):
        wanted = Pose(*(dice.uniform(1.3 * lo, 1.3 * hi) for lo, hi in zip(limits.low, limits.high, strict=True)))
        stopping = dice.random() < 0.3
        for _ in range(dice.randrange(1, 40)):
            assert trusting.step(wanted, stopping) == looking.step(wanted, stopping)
    assert trusting.guarded == looking.guarded
    assert (looking.guarded > 0) == (limits is WIDE)


def test_a_head_that_starts_beyond_the_joints_is_looked_at_until_it_is_in():
    limiter = Limiter(WIDE, DT)
    limiter.reset(Pose(roll=0.5, pitch=-0.6, yaw=0.7))
    looked = []
    worst = GUARD.worst
    try:
        GUARD.worst = lambda poses: looked.append(1) or worst(poses)
        while limiter.pose.roll > 0.45:
            before = len(looked)
            limiter.step(NEUTRAL)
            assert len(looked) > before
    finally:
        del GUARD.worst
