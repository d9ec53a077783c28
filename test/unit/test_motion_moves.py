"""Gestures: ours keep the limits and return to rest, and a file with a mistake is refused by name and key."""

from pathlib import Path

import numpy as np
import pytest
from test_motion_limits import DT, LIMITS, check

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.curves import Track
from voice_pipeline.motion.follower import Follower
from voice_pipeline.motion.move_files import load_move, load_moves
from voice_pipeline.motion.moves import Playing
from voice_pipeline.motion.paths import at_rest, travel
from voice_pipeline.motion.protocol import NEUTRAL, Pose

FOLDER = Path(__file__).resolve().parents[2] / "config" / "moves"
MOVES = {name: move for name, move in load_moves([FOLDER], LIMITS).items() if name == move.name}
ASKED_FOR = {"nod", "shake", "tilt", "happy", "sad", "curious", "surprised", "confused", "thinking", "greet"}


def play(move, base=NEUTRAL, speed=1.0, repeat=1):
    follower = Follower(LIMITS, DT)
    follower.reset(base)
    start = move.base(base, LIMITS)
    allowed = min(speed, 1.0 / move.slowdown(LIMITS))
    follower.follow([*travel(at_rest(base), start, LIMITS), Playing(move, start, allowed, repeat)])
    poses = [follower.pose]
    while follower.following:
        poses.append(follower.step())
        assert len(poses) < 5000
    return follower, poses, start


def test_the_gestures_people_expect_are_there():
    assert set(MOVES) >= ASKED_FOR


@pytest.mark.parametrize("name", sorted(MOVES))
def test_a_move_is_written_within_the_limits(name):
    """So that it plays at its own speed, and the limiter has nothing to do."""
    assert MOVES[name].slowdown(LIMITS) <= 1.0


@pytest.mark.parametrize("speed", [1.0, 2.0])
@pytest.mark.parametrize("name", sorted(MOVES))
def test_a_move_keeps_every_limit_and_returns_to_where_it_began(name, speed):
    follower, poses, start = play(MOVES[name], speed=speed, repeat=2)
    check(poses)
    assert follower.clamps == 0
    assert follower.pose == pytest.approx(start, abs=1e-4)
    assert max(np.ptp(np.array(poses), axis=0)) > 0.1


@pytest.mark.parametrize("base", [Pose(yaw=LIMITS.high.yaw, pitch=LIMITS.low.pitch), Pose(roll=-0.3, z=-0.005)])
@pytest.mark.parametrize("name", sorted(MOVES))
def test_a_move_is_played_from_the_held_pose_as_far_as_there_is_room(name, base):
    follower, poses, start = play(MOVES[name], base)
    check(poses)
    assert follower.clamps == 0
    assert LIMITS.contains(start)


def test_a_track_passes_its_keyframes_without_swinging_past_them():
    track = Track([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 1.5, 0.0])
    assert track.sample(np.array([0.0, 1.0, 2.0, 3.0]))[0] == pytest.approx([0.0, 1.0, 1.5, 0.0])
    value, speed, acceleration = track.sample(np.arange(0.0, 3.0, 0.001))
    assert value.max() <= 1.5 + 1e-9
    assert np.abs(np.diff(speed)).max() < 0.01  # no step in speed
    assert np.abs(np.diff(acceleration)).max() < 0.1  # nor in acceleration


def write(tmp_path, text):
    file = tmp_path / "wave.yaml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{", "YAML"),
        ("description: x\n", "keyframes"),
        ("description: ''\nkeyframes: [{t: 1, yaw: 0}]", "description"),
        ("description: x\nkeyframes: []", "keyframes"),
        ("description: x\nkeyframes: [{yaw: 3}]", "keyframes[0]"),
        ("description: x\nkeyframes: [{t: 1}]", "keyframes[0]"),
        ("description: x\nkeyframes: [{t: 1, jaw: 3}]", "keyframes[0].jaw"),
        ("description: x\nkeyframes: [{t: 1, yaw: .nan}]", "keyframes[0].yaw"),
        ("description: x\nkeyframes: [{t: 1, yaw: yes}]", "keyframes[0].yaw"),
        ("description: x\nkeyframes: [{t: 1, antennas: 3}]", "keyframes[0].antennas"),
        ("description: x\nkeyframes: [{t: 1, yaw: 3}, {t: 1, yaw: 0}]", "keyframes[1].t"),
        ("description: x\nkeyframes: [{t: 0, yaw: 3}, {t: 1, yaw: 0}]", "keyframes[0].t"),
        ("description: x\nkeyframes: [{t: 1, yaw: 3}]", "keyframes[0].yaw"),
        ("description: x\nkeyframes: [{t: 1, yaw: 60}, {t: 2, yaw: 0}]", "yaw reaches"),
        ("description: x\nkeyframes: [{t: 1, z: 4}, {t: 2, z: 0}]", "z reaches 0.0..4.0 mm"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path, text, key):
    with pytest.raises(VoiceError) as error:
        load_move(write(tmp_path, text), LIMITS)
    assert "wave.yaml" in str(error.value)
    assert key in str(error.value)


def test_a_later_folder_takes_the_place_of_ours_and_an_empty_one_is_an_error(tmp_path):
    (tmp_path / "nod.yaml").write_text("description: mine\nkeyframes: [{t: 1, pitch: 5}, {t: 2, pitch: 0}]")
    moves = load_moves([FOLDER, tmp_path], LIMITS)
    assert moves["nod"].description == "mine"
    assert "shake" in moves
    (tmp_path / "empty").mkdir()
    with pytest.raises(VoiceError, match="moves_dirs"):
        load_moves([tmp_path / "empty"], LIMITS)
