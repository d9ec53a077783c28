"""The robot's own model, rendered and judged by its pixels. Needs MuJoCo in the simulated robot's environment and an OpenGL
that works without a window, which not every machine has, so `make test-pictures` runs it and the suite does not."""

import math

import numpy as np
import pytest
import yaml
from test_moves_command import PNG, run

from voice_pipeline.commands._moves_renderer import SIZE, render
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.kinematics import guard_from
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.resources import resource

NECK = resource("config/robots/reachy_mini_neck.yaml")
LIMITS = make_limits(guard=guard_from(NECK))
POSES = {
    "neutral": NEUTRAL,
    "left": Pose(yaw=math.radians(40)),
    "right": Pose(yaw=math.radians(-40)),
    "down": Pose(pitch=math.radians(20), z=-0.003),
    "up": Pose(pitch=math.radians(-20), z=-0.003),
    "body left": Pose(body_yaw=math.radians(60)),
    "one antenna": Pose(left_antenna=math.radians(60)),
}


@pytest.fixture(scope="module")
def pictures():
    return dict(zip(POSES, render(list(POSES.values()), LIMITS), strict=True))


def eyes(picture):
    """Row and column of the middle of what is dark between chin and crown: the antennas are above, the foot below."""
    height = picture.shape[0]
    rows, columns = np.nonzero(picture[height // 3 : 3 * height // 5].max(axis=2) < 100)
    return rows.mean(), columns.mean()


def test_a_robot_stands_on_white_paper(pictures):
    for name, picture in pictures.items():
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        assert picture.dtype == np.uint8
        assert (picture[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all(), name
        assert 0.05 < (picture < 250).any(axis=2).mean() < 0.5, name


def test_every_pose_is_another_picture(pictures):
    names = list(pictures)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            differs = np.abs(pictures[one].astype(int) - pictures[other]).max(axis=2) > 40
            assert differs.mean() > 0.001, f"{one}, {other}"


def test_it_looks_where_the_pose_says(pictures):
    at = {name: eyes(picture) for name, picture in pictures.items()}
    assert at["right"][1] < at["neutral"][1] < at["left"][1]  # the robot faces the reader: its left is on the right
    assert at["body left"][1] > at["neutral"][1]
    assert at["up"][0] < at["neutral"][0] < at["down"][0]


def test_joints_that_do_not_belong_to_the_pose_are_noticed(tmp_path):
    other = yaml.safe_load(NECK.read_text())
    other["rod_m"] += 0.002
    file = tmp_path / "neck.yaml"
    file.write_text(yaml.safe_dump(other))
    with pytest.raises(VoiceError, match=r"miss its head by \d"):
        render([NEUTRAL], make_limits(guard=guard_from(file)))


def test_the_command_writes_a_small_png_of_the_model(capsys, tmp_path):
    code, out, err = run(capsys, "--picture", "nod", "goodbye", "--out", tmp_path)
    assert (code, err) == (0, "")
    for file in (tmp_path / "nod-robot.png", tmp_path / "goodbye-robot.png"):
        assert str(file) in out
        assert file.read_bytes().startswith(PNG)
        assert 5_000 < file.stat().st_size < 60_000


def test_without_opengl_there_is_a_sketch_and_one_line_that_names_the_packages(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "egl")
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_DIRS", str(tmp_path))  # no driver there
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "")
    code, out, err = run(capsys, "--picture", "nod", "--out", tmp_path)
    assert code == 0
    assert "nod-robot.svg" in out
    assert err.count("\n") == 1
    assert "libegl1" in err
