"""Which moments of a move are drawn, and what is drawn where the robot's own model cannot be rendered: no environment of the
simulated robot is needed here. moves_rendered.py has the tests of the rendering itself."""

import numpy as np
import pytest
from test_motion_moves import MOVES
from test_moves_command import PNG, run

from voice_pipeline.commands._moves_moments import Moments, pose_at
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.protocol import AXES, NEUTRAL

LIMITS = make_limits()
PITCH = AXES.index("pitch")


@pytest.fixture(autouse=True)
def no_robot(monkeypatch, tmp_path):
    monkeypatch.setenv("VOICE_PIPELINE_ROBOT_ENV", str(tmp_path / "none"))


def test_a_strip_begins_at_rest_and_has_both_extremes_in_their_order():
    nod = MOVES["nod"]
    times = Moments(3).of(nod)
    assert times == sorted(times)
    assert times[0] == 0.0
    seen = [nod.at(t)[0][PITCH] for t in times]
    assert max(seen) == pytest.approx(nod.high[PITCH], abs=np.radians(1))
    assert min(seen) == pytest.approx(nod.low[PITCH], abs=np.radians(1.5))


@pytest.mark.parametrize("name", sorted({move.name for move in MOVES.values()}))
def test_every_move_has_something_to_show_and_no_moment_twice(name):
    move = MOVES[name]
    times = Moments(12).of(move)
    assert 2 <= len(set(times)) == len(times) <= 12
    assert all(LIMITS.contains(pose_at(move, t, LIMITS), 1e-9) for t in times)
    assert pose_at(move, 0.0, LIMITS) == pytest.approx(move.base(NEUTRAL, LIMITS))


def test_moments_asked_for_are_drawn_and_one_outside_the_move_is_an_error():
    assert Moments(at=(0.8, 0.4)).of(MOVES["nod"]) == [0.4, 0.8]
    for t in (-0.1, 1.8, float("nan")):
        with pytest.raises(VoiceError, match=r"between 0 and 1\.7 s"):
            Moments(at=(t,)).of(MOVES["nod"])


def test_without_the_robots_environment_there_is_a_sketch_and_one_line_with_the_cure(capsys, tmp_path):
    code, out, err = run(capsys, "--picture", "nod", "--at", "0.42s", "--out", tmp_path)
    assert code == 0
    assert out.split() == [str(tmp_path / "nod-robot.svg")]
    assert "0.42 s" in (tmp_path / "nod-robot.svg").read_text()
    assert err.count("\n") == 1
    assert "sketch" in err
    assert "make robot" in err


def test_svg_is_asked_for_a_sketch_and_nothing_is_missed(capsys, tmp_path):
    code, _, err = run(capsys, "--picture", "nod", "--format", "svg", "--out", tmp_path)
    assert (code, err) == (0, "")


def test_out_may_name_the_file_of_one_picture(capsys, tmp_path):
    file = tmp_path / "new" / "mine.png"
    assert run(capsys, "--picture", "nod", "--frames", "2", "--out", file)[1].split() == [str(file)]
    assert file.read_bytes().startswith(PNG)
    assert run(capsys, "--plot", "nod", "--out", tmp_path / "curves.svg")[0] == 0
    assert (tmp_path / "curves.svg").exists()
    code, _, err = run(capsys, "--picture", "nod", "bow", "--out", tmp_path / "two.png")
    assert code == 1
    assert "one file for 2 pictures" in err


@pytest.mark.parametrize(
    "args",
    [
        ["--frames", "3"],
        ["--plot", "nod", "--at", "1"],
        ["--picture", "nod", "--frames", "0"],
        ["--picture", "nod", "--frames", "3", "--at", "1"],
        ["--picture", "nod", "--at", "soon"],
    ],
)
def test_moments_without_a_picture_or_without_sense_are_wrong_usage(capsys, args):
    assert run(capsys, *args)[0] == 2
