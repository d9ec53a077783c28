"""The joints behind a pose: the vendor's numbers and the vendor's angles, the default box proven good as a whole, a wider
one held good by the guard."""

import itertools
import json
import math
import random
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from test_motion_limits import check

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.follower import Follower
from voice_pipeline.motion.kinematics import MARGIN, guard_from, load_neck
from voice_pipeline.motion.limiter import Limiter
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.paths import travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.simulator import find_robot_environment
from voice_pipeline.resources import resource

FILE = resource("config/robots/reachy_mini_neck.yaml")
GUARD = guard_from(FILE)
DEFAULT = make_limits(guard=GUARD)
WIDE = make_limits(roll=30.0, pitch=35.0, yaw=45.0, guard=GUARD)
DT = 0.02


def head_of(limits):
    """The box of the head's axes, float64[2, 4]."""
    return np.array([limits.low[:4], limits.high[:4]])


# -- the vendor's numbers


@pytest.fixture(scope="module")
def vendor():
    """The folder of the vendor's package, and its Python."""
    env = find_robot_environment()
    return next(env.glob("lib/python3*/site-packages/reachy_mini")), env / "bin" / "python"


def test_the_geometry_is_the_vendors(vendor):
    theirs = json.loads((vendor[0] / "assets" / "kinematics_data.json").read_text())
    ours = yaml.safe_load(FILE.read_text())
    assert ours["motor_arm_m"] == pytest.approx(theirs["motor_arm_length"], abs=1e-15)
    assert ours["rod_m"] == pytest.approx(theirs["rod_length"], abs=1e-15)
    assert ours["head_height_m"] == theirs["head_z_offset"]
    for leg, motor in zip(ours["legs"], theirs["motors"], strict=True):
        assert leg["name"] == motor["name"]
        assert leg["platform_m"] == motor["branch_position"]
        assert leg["world_to_motor"] == motor["T_motor_world"][:3]
        assert leg["elbow"] == (1 if motor["solution"] else -1)
        assert motor["offset"] == 0


def test_the_joint_limits_are_those_of_the_vendors_description(vendor):
    robot = ElementTree.parse(next(vendor[0].rglob("urdf/robot.urdf"))).getroot()
    limits = {joint.get("name"): joint.find("limit") for joint in robot.findall("joint")}
    for leg in yaml.safe_load(FILE.read_text())["legs"]:
        theirs = limits[leg["name"]]
        assert [float(theirs.get("lower")), float(theirs.get("upper"))] == pytest.approx(
            np.radians(leg["limits_deg"]).tolist(), abs=1e-5
        )


THEIRS = """
import json, sys, numpy as np
from importlib.resources import files
from scipy.spatial.transform import Rotation
from reachy_mini_rust_kinematics import ReachyMiniRustKinematics
data = json.loads((files("reachy_mini") / "assets/kinematics_data.json").read_text())
kin = ReachyMiniRustKinematics(data["motor_arm_length"], data["rod_length"])
for m in data["motors"]:
    kin.add_branch(m["branch_position"], np.linalg.inv(m["T_motor_world"]), 1 if m["solution"] else -1)
angles = []
for roll, pitch, yaw, z, body in json.load(sys.stdin):
    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", [roll, pitch, yaw + body]).as_matrix()
    pose[2, 3] = z + data["head_z_offset"]
    angles.append([None if q != q else q for q in kin.inverse_kinematics(pose, body)])
json.dump(angles, sys.stdout)
"""


def test_the_joints_are_those_of_the_vendors_kinematics_even_where_no_leg_reaches(vendor):
    rng = np.random.default_rng(3)
    poses = rng.uniform(-1.0, 1.0, (3000, 5)) * [0.7, 0.7, 1.1, 0.02, 1.5]
    answer = subprocess.run(
        [vendor[1], "-I", "-c", THEIRS], input=json.dumps(poses.tolist()), capture_output=True, text=True, check=True
    )
    theirs = np.array([[math.nan if q is None else q for q in row] for row in json.loads(answer.stdout)])
    ours = GUARD.neck.joints(poses[:, :4])
    assert np.array_equal(np.isnan(theirs), np.isnan(ours))
    assert 50 < np.isnan(ours).any(axis=1).sum() < 1500
    assert np.nanmax(np.abs(ours - theirs)) < 1e-9


# -- the default box


def worst_of_box(limits, step_deg=5.0, enough=MARGIN):
    """An upper bound (rad) of the joints' excess over the whole box: cells are halved until their centre plus what a joint
    can change inside the cell is below -`enough`, or until they are a thousandth of a degree. Returns it and how many
    cells were looked at.

    What a joint changes per rad (or m) of an axis is bounded by a fifth more than the largest found on a grid; the bound
    is checked by itself below.
    """
    slopes = 1.2 * slopes_of(limits)
    box = head_of(limits)
    counts = np.maximum(1, np.ceil((box[1] - box[0]) / np.radians(step_deg)).astype(int))
    half = (box[1] - box[0]) / counts / 2.0
    axes = [low + h * (2 * np.arange(n) + 1) for low, h, n in zip(box[0], half, counts, strict=True)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 4)
    looked, bound = 0, -math.inf
    while len(centres):
        looked += len(centres)
        top = GUARD.neck.excess(centres) + slopes @ half
        fine = (top <= -enough) | (half[0] < math.radians(0.001))
        if fine.any():
            bound = max(bound, float(top[fine].max()))
        half = half / 2.0
        corners = np.array(list(itertools.product((-1.0, 1.0), repeat=4))) * half
        centres = (centres[~fine][:, None, :] + corners).reshape(-1, 4)
        assert len(centres) < 3_000_000
    return bound, looked


def slopes_of(limits, n=13):
    """The largest change of any joint per unit of each axis, float64[4], over a grid of the box."""
    box = head_of(limits)
    axes = [np.linspace(low, high, n if i < 3 else 3) for i, (low, high) in enumerate(box.T)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 4)
    tiny = 1e-5 * np.eye(4)
    return np.array([np.abs(GUARD.neck.joints(grid + t) - GUARD.neck.joints(grid - t)).max() / 2e-5 for t in tiny])


def test_no_pose_of_the_default_box_brings_a_joint_nearer_to_its_limit_than_the_margin():
    bound, looked = worst_of_box(DEFAULT)
    assert bound <= -MARGIN
    assert looked > 1000  # it did look


def test_the_bound_on_how_fast_joints_change_holds_everywhere_in_the_default_box():
    rng = np.random.default_rng(5)
    low, high = head_of(DEFAULT)
    a, b = rng.uniform(low, high, (100_000, 4)), rng.uniform(low, high, (100_000, 4))
    b = a + (b - a) * rng.uniform(0.0, 0.05, (100_000, 1))
    change = np.abs(GUARD.neck.joints(a) - GUARD.neck.joints(b)).max(axis=1)
    assert np.all(change <= np.abs(a - b) @ (1.2 * slopes_of(DEFAULT)) + 1e-12)


def test_every_corner_and_every_edge_of_the_default_box_keeps_seven_tenths_of_a_degree():
    low, high = head_of(DEFAULT)
    worst = []
    for free in range(4):
        for ends in itertools.product((0, 1), repeat=3):
            edge = np.empty((1001, 4))
            others = [i for i in range(4) if i != free]
            for i, end in zip(others, ends, strict=True):
                edge[:, i] = (low, high)[end][i]
            edge[:, free] = np.linspace(low[free], high[free], 1001)
            worst.append(GUARD.neck.excess(edge).max())
    assert math.degrees(-max(worst)) == pytest.approx(0.726, abs=0.001)


def test_the_guard_never_changes_a_pose_of_the_default_box():
    limiter = Limiter(DEFAULT, DT)
    rng = random.Random(2)
    for _ in range(300):
        target = Pose(*(rng.choice((lo, hi)) for lo, hi in zip(DEFAULT.low, DEFAULT.high, strict=True)))
        for _ in range(rng.randrange(60)):
            limiter.step(target)
    assert limiter.guarded == 0


# -- a wider box


hostile = st.one_of(st.floats(-4.0, 4.0), st.sampled_from([math.nan, math.inf, -math.inf, 1e308, 0.5, -0.6]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[hostile] * 7), min_size=1, max_size=40), st.integers(1, 25), st.booleans())
def test_in_a_wide_box_no_command_takes_a_joint_beyond_its_limit_nor_breaks_the_other_limits(commands, hold, stopping):
    limiter = Limiter(WIDE, DT)
    poses = [limiter.pose]
    for command in commands:
        for _ in range(hold):
            poses.append(limiter.step(Pose(*command), stopping)[0])
    check(poses, WIDE, stops=stopping)


def test_in_a_wide_box_corners_are_held_back_smoothly_and_counted():
    limiter = Limiter(WIDE, DT)
    rng = random.Random(4)
    poses = [limiter.pose]
    for _ in range(200):
        corner = Pose(*(rng.choice((lo, hi)) for lo, hi in zip(WIDE.low, WIDE.high, strict=True)))
        poses += [limiter.step(corner)[0] for _ in range(rng.randrange(80))]
    check(poses, WIDE)
    assert limiter.guarded > 100
    assert GUARD.neck.excess(np.array(poses)[:, :4], MARGIN).max() <= 1e-6


def test_a_goal_that_the_joints_do_not_allow_ends_at_the_nearest_pose_that_they_do():
    corner = WIDE.high._replace(pitch=WIDE.low.pitch, body_yaw=0.5, right_antenna=1.0, left_antenna=0.0)
    goal, clamped = WIDE.clamp(corner)
    assert clamped
    assert goal[4:] == corner[4:]
    assert -math.radians(0.02) < GUARD.worst([goal]) <= 0.0
    follower = Follower(WIDE, DT)
    follower.follow(travel(follower.point(), goal, WIDE), goal)
    for _ in range(300):
        follower.step()
    assert follower.pose == pytest.approx(goal, abs=1e-4)


def test_a_path_into_a_corner_that_is_not_allowed_ends_before_it():
    corner = WIDE.high._replace(pitch=WIDE.low.pitch)
    follower = Follower(WIDE, DT)
    follower.follow(travel(follower.point(), corner, WIDE), corner)
    poses = [follower.pose]
    for _ in range(500):
        poses.append(follower.step())
        if not follower.moving:
            break
    assert not follower.moving
    assert follower.guarded > 0
    check(poses, WIDE)


def test_joints_that_start_outside_may_only_come_in():
    limiter = Limiter(WIDE, DT)
    limiter.reset(Pose(roll=0.5, pitch=-0.6, yaw=0.7))
    excess = [GUARD.worst([limiter.pose])]
    assert excess[0] > 0.05
    for _ in range(30):
        limiter.step(Pose(roll=0.52, pitch=-0.61, yaw=0.78))
        excess.append(GUARD.worst([limiter.pose]))
    for _ in range(200):
        limiter.step(NEUTRAL)
        excess.append(GUARD.worst([limiter.pose]))
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(e for e in excess if e > 0.0))
    assert limiter.pose == pytest.approx(NEUTRAL, abs=1e-9)


def test_what_is_not_finite_is_never_good():
    assert not GUARD.check(Pose(yaw=math.nan))
    assert not GUARD.check(Pose(z=math.inf))
    assert not GUARD.check(Pose(z=0.2))  # no leg is that long


def test_a_broken_description_names_its_file(tmp_path):
    bad = tmp_path / "neck.yaml"
    bad.write_text("legs: []")
    with pytest.raises(VoiceError, match=r"neck\.yaml"):
        load_neck(bad)
