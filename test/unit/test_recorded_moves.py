"""Recorded moves: the official JSON format becomes a smooth move inside the limits, and a broken file is named by key.

The files are written here, in that format; no recording of anybody is used.
"""

import json
import math

import numpy as np
import pytest
from test_motion_limits import LIMITS, check
from test_motion_moves import play

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.move_files import load_move, load_moves
from voice_pipeline.motion.protocol import AXES


def head(roll=0.0, pitch=0.0, yaw=0.0, x=0.0, y=0.0, z=0.0):
    """A 4x4 pose: rotations about the fixed axes x, y, z in degrees, in this order; m."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(math.radians(a)), math.sin(math.radians(a))) for a in (roll, pitch, yaw))
    about_x = np.array([[1, 0, 0], [0, cr, -sr], [0, sr, cr]])
    about_y = np.array([[cp, 0, sp], [0, 1, 0], [-sp, 0, cp]])
    about_z = np.array([[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]])
    pose = np.eye(4)
    pose[:3, :3] = about_z @ about_y @ about_x
    pose[:3, 3] = x, y, z
    return pose.tolist()


def frame(antennas=(0.0, 0.0), body=0.0, **pose):
    return {"head": head(**pose), "antennas": list(antennas), "body_yaw": body, "check_collision": False}


def recording(make, seconds=2.0, rate=100.0):
    """`make(t)` gives a frame; times begin anywhere, as a clock does."""
    times = np.arange(0.0, seconds, 1.0 / rate)
    return {
        "description": "Made for a test.",
        "time": (times + 17.3).tolist(),
        "set_target_data": [make(t) for t in times],
    }


def save(tmp_path, data, name="wiggle.json"):
    file = tmp_path / name
    file.write_text(data if isinstance(data, str) else json.dumps(data))
    return file


def load(tmp_path, data):
    return load_move(save(tmp_path, data), LIMITS)


def hump(t, high):
    """From 0 to `high` and back in 2 s."""
    return high * math.sin(math.pi * t / 2.0) ** 2


@pytest.mark.parametrize(
    ("axis", "make", "degrees"),
    [
        ("roll", lambda t: frame(roll=hump(t, 12)), 12),
        ("pitch", lambda t: frame(pitch=hump(t, 12)), 12),
        ("yaw", lambda t: frame(yaw=hump(t, 12)), 12),
        ("yaw", lambda t: frame(yaw=hump(t, -12)), -12),
        ("body_yaw", lambda t: frame(yaw=hump(t, 20), body=math.radians(hump(t, 20))), 20),
        ("right_antenna", lambda t: frame(antennas=(math.radians(hump(t, -40)), 0)), 40),
        ("left_antenna", lambda t: frame(antennas=(0, math.radians(hump(t, 40)))), -40),
    ],
)
def test_every_axis_arrives_in_our_axes_and_units(tmp_path, axis, make, degrees):
    move = load(tmp_path, recording(make))
    peaks = np.degrees(np.where(move.high > -move.low, move.high, move.low))
    assert peaks[AXES.index(axis)] == pytest.approx(degrees, rel=0.02)
    others = np.delete(peaks, [AXES.index(axis), AXES.index("z")])
    assert np.abs(others).max() < 0.01
    assert move.about.notes == ()
    assert move.description == "Made for a test."


def test_a_head_that_turns_with_the_body_does_not_turn_on_the_neck(tmp_path):
    move = load(tmp_path, recording(lambda t: frame(yaw=hump(t, 30), body=math.radians(hump(t, 20)))))
    assert math.degrees(move.high[AXES.index("yaw")]) == pytest.approx(10, rel=0.03)


def test_it_begins_and_ends_at_rest_wherever_the_recording_does(tmp_path):
    move = load(tmp_path, recording(lambda t: frame(pitch=10, yaw=-15 + 5 * t, antennas=(-0.5, 0.5))))
    for t in (0.0, move.duration):
        for value in move.at(t):
            assert value == pytest.approx(np.zeros(7), abs=1e-9)
    middle = np.degrees(move.at(move.duration / 2)[0])
    assert middle[AXES.index("pitch")] == pytest.approx(10, abs=0.1)
    assert middle[AXES.index("right_antenna")] == pytest.approx(math.degrees(0.5), abs=0.5)


def test_there_is_no_step_in_speed_or_acceleration(tmp_path):
    jitter = np.random.default_rng(7).uniform(0.004, 0.02, 150).cumsum()
    data = recording(lambda t: frame())
    data["time"] = jitter.tolist()
    data["set_target_data"] = [frame(yaw=15 if 0.5 < t < 1.0 else -15) for t in jitter]  # steps of 30 degrees
    move = load(tmp_path, data)
    times = np.arange(0.0, move.duration, 0.001)
    _, velocity, acceleration = move.sample(times)
    for values, derivative in ((velocity, acceleration), (acceleration, None)):
        step = np.abs(np.diff(values, axis=0)).max()
        bound = np.abs(derivative if derivative is not None else np.diff(acceleration, axis=0) / 0.001).max()
        assert step <= bound * 0.00101 + 1e-9
    assert move.slowdown(LIMITS) > 1.0
    assert any("slower (yaw)" in note for note in move.about.notes)
    check(play(move)[1])


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_a_wild_recording_is_played_within_every_limit(tmp_path, speed):
    """As wild as published dances: 2,000 degrees/s, 40 degrees, 2 cm in all directions."""

    def wild(t):
        s = math.sin(2 * math.pi * 8 * t)
        return frame(roll=40 * s, pitch=-40 * s, yaw=60 * s, x=0.02, y=-0.02, z=0.02 * s, antennas=(3 * s, -3 * s))

    move = load(tmp_path, recording(wild))
    follower, poses, _ = play(move, speed=speed)
    check(poses)
    assert follower.clamps == 0
    assert any("x and y (up to 20 mm) left out" in note for note in move.about.notes)


def test_what_leaves_the_box_is_scaled_as_a_whole_and_said(tmp_path):
    move = load(tmp_path, recording(lambda t: frame(roll=hump(t, 40), pitch=hump(t, 20)), seconds=2.0))
    roll, pitch = AXES.index("roll"), AXES.index("pitch")
    assert math.degrees(move.high[roll]) == pytest.approx(20, rel=0.02)
    assert math.degrees(move.high[pitch]) == pytest.approx(20, rel=0.02)
    position = move.sample(np.linspace(0.0, move.duration, 100))[0]
    assert position[:, roll] == pytest.approx(position[:, pitch], abs=0.01)  # half of 40 is 20 everywhere: not cut off
    assert len([n for n in move.about.notes if n.startswith("roll 0..40 degrees scaled to 50 %")]) == 1
    assert not [n for n in move.about.notes if n.startswith("pitch")]
    assert move.beyond(LIMITS) == []


def test_a_head_that_rises_is_lowered_as_there_is_no_room_above_neutral(tmp_path):
    move = load(tmp_path, recording(lambda t: frame(z=0.020 * math.sin(math.pi * t))))
    z = AXES.index("z")
    assert move.low[z] >= LIMITS.low.z - 1e-9
    assert move.high[z] <= 1e-9
    assert move.low[z] == pytest.approx(-0.005, rel=0.05)  # it still moves, by what there is
    assert any("lowered by" in note for note in move.about.notes)


def test_a_single_bad_sample_does_not_make_the_whole_move_small(tmp_path):
    data = recording(lambda t: frame(pitch=hump(t, 15)))
    data["set_target_data"][100] = frame(pitch=60)
    move = load(tmp_path, data)
    assert math.degrees(move.high[AXES.index("pitch")]) < 22
    assert not [n for n in move.about.notes if "scaled" in n]


def test_frames_at_the_same_time_count_once_and_what_is_left_out_stays_as_it_was(tmp_path):
    data = recording(lambda t: frame(yaw=10, antennas=(0.3, 0.3)), seconds=1.0)
    data["time"][50] = data["time"][49]
    for one in data["set_target_data"][10:]:
        del one["head"], one["body_yaw"], one["check_collision"]
        one["antennas"] = None
    move = load(tmp_path, data)
    assert "1 frames at the time of the next one left out" in move.about.notes
    assert math.degrees(move.at(move.duration / 2)[0][AXES.index("yaw")]) == pytest.approx(10, abs=0.1)


GOOD = recording(lambda t: frame(pitch=hump(t, 10)), seconds=0.5)


def broken(**change):
    return {**GOOD, **change}


def with_frame(n, **change):
    frames = list(GOOD["set_target_data"])
    frames[n] = {**frames[n], **change}
    return broken(set_target_data=frames)


def with_time(n, value):
    times = list(GOOD["time"])
    times[n] = value
    return broken(time=times)


MIRROR = np.diag([1.0, -1.0, 1.0, 1.0]).tolist()


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (json.dumps(GOOD)[:-40], "the file cannot be read as JSON"),
        ("", "the file cannot be read as JSON"),
        ("[" * 100_000, "the file cannot be read as JSON"),
        ('{"time": [' + "9" * 6000 + "]}", "the file cannot be read as JSON"),
        ("[1, 2]", "must have the keys description, time and set_target_data"),
        (broken(description=""), "description"),
        (broken(description=3), "description"),
        (broken(time="now"), "time must be a list"),
        (broken(time=GOOD["time"][:-1]), "there are 49 for 50 frames"),
        (with_time(7, float("nan")), "time[7]"),
        (with_time(7, "soon"), "time[7]"),
        (with_time(7, 10**400), "time[7]"),
        (with_time(7, 1.0), "time[7] is 1 s after"),
        (with_time(49, 1e6), "spans"),
        (broken(time=[3.0] * 50), "spans 0 s"),
        (broken(set_target_data=[]), "set_target_data"),
        (broken(set_target_data={"head": 1}), "set_target_data"),
        (broken(set_target_data=[None] * 50), "set_target_data[0]"),
        (with_frame(9, head=[[1, 0], [0, 1]]), "set_target_data[9].head"),
        (with_frame(9, head=np.eye(3).tolist()), "set_target_data[9].head"),
        (with_frame(9, head=(2 * np.eye(4)).tolist()), "set_target_data[9].head is no pose"),
        (with_frame(9, head=MIRROR), "set_target_data[9].head is no pose"),
        (with_frame(9, head=np.zeros((4, 4)).tolist()), "set_target_data[9].head is no pose"),
        (with_frame(9, head=head(z=12.0)), "set_target_data[9].head lies more than 0.3 m away"),
        (with_frame(9, head=[*head()[:3], [0, 0, 0, float("inf")]]), "set_target_data[9].head[3]"),
        (with_frame(9, antennas=[0.1]), "set_target_data[9].antennas"),
        (with_frame(9, antennas=[0.1, float("nan")]), "set_target_data[9].antennas"),
        (with_frame(9, antennas=[True, 0.0]), "set_target_data[9].antennas"),
        (with_frame(9, body_yaw="left"), "set_target_data[9].body_yaw"),
    ],
)
def test_a_broken_recording_is_named_with_its_file_and_key(tmp_path, data, key):
    with pytest.raises(VoiceError) as error:
        load(tmp_path, data)
    assert "wiggle.json" in str(error.value)
    assert key in str(error.value)
    assert len(str(error.value)) < 400


def test_a_file_of_ten_megabytes_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(VoiceError, match="10 MB"):
        load(tmp_path, " " * 10_000_000)


def test_recordings_stand_beside_yaml_in_one_folder_and_a_name_is_given_once(tmp_path):
    (tmp_path / "bob.yaml").write_text("description: x\naliases: [wobble]\nkeyframes: [{t: 1, yaw: 5}, {t: 2, yaw: 0}]")
    save(tmp_path, GOOD)
    moves = load_moves([tmp_path], LIMITS)
    assert set(moves) == {"bob", "wiggle", "wobble"}
    assert moves["wobble"] is moves["bob"]
    save(tmp_path, GOOD, "bob.json")
    with pytest.raises(VoiceError, match=r"bob\.yaml: the name 'bob'"):
        load_moves([tmp_path], LIMITS)
