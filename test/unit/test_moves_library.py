"""Our own gestures and dances: enough of them, each described, from rest to rest, inside the limits as written, and
found under the names that people use."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from test_motion_limits import DT, LIMITS
from test_motion_moves import FOLDER, MOVES

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.follower import Follower
from voice_pipeline.motion.move_files import load_move, load_moves
from voice_pipeline.motion.move_yaml import UNITS_LINE
from voice_pipeline.motion.moves import Playing
from voice_pipeline.motion.protocol import AXES, NEUTRAL
from voice_pipeline.nodes._motion_parameters import PARAMETERS, limits_of

NAMES = sorted(MOVES)
DANCES = [name for name in NAMES if name.startswith("dance")]
NODE_LIMITS = limits_of({p.name: p.default for p in PARAMETERS})


def test_there_are_twenty_gestures_and_five_dances_at_least():
    assert len(DANCES) >= 5
    assert len(NAMES) - len(DANCES) >= 20


def test_every_axis_is_used_and_no_two_moves_use_them_alike():
    spans = np.array([(MOVES[n].high - MOVES[n].low) / (np.array(LIMITS.high) - np.array(LIMITS.low)) for n in NAMES])
    users = (spans > 0.05).sum(axis=0)
    assert dict(zip(AXES, users >= 8, strict=True)) == dict.fromkeys(AXES, True)
    shapes = [np.append(s, MOVES[n].duration / 10.0) for n, s in zip(NAMES, spans, strict=True)]
    alike = [
        (a, b)
        for i, a in enumerate(NAMES)
        for j, b in enumerate(NAMES[:i])
        if np.allclose(shapes[i], shapes[j], atol=0.01)
    ]
    assert alike == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_what_it_shows_whose_design_it_is_and_its_units(name):
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text())
    assert data["description"].endswith(".")
    assert len(data["source"]) > 20
    assert data["units"] == UNITS_LINE


@pytest.mark.parametrize("name", NAMES)
def test_a_move_goes_from_rest_to_rest_without_being_slowed_down(name):
    move = MOVES[name]
    for t in (0.0, move.duration):
        for value in move.at(t):
            assert value == pytest.approx(np.zeros(7), abs=1e-9)
    assert move.slowdown(NODE_LIMITS) <= 1.0
    assert move.beyond(NODE_LIMITS) == []
    assert 1.0 <= move.duration <= 15.0


@pytest.mark.parametrize("name", NAMES)
def test_at_twice_its_speed_neither_the_limiter_nor_a_joint_of_the_neck_changes_a_step(name):
    move = MOVES[name]
    follower = Follower(NODE_LIMITS, DT)
    follower.reset(NEUTRAL)
    follower.follow([Playing(move, NEUTRAL, min(2.0, 1.0 / move.slowdown(NODE_LIMITS)), 1)])
    poses = [follower.step()]
    while follower.following:
        poses.append(follower.step())
    assert NODE_LIMITS.guard.worst(poses) < 0.0
    assert (follower.clamps, follower.guarded) == (0, 0)
    assert follower.pose == pytest.approx(NEUTRAL, abs=1e-4)


def test_names_and_aliases_are_given_once_and_aliases_lead_to_their_move():
    names = load_moves([FOLDER], LIMITS)
    assert len(names) == len(NAMES) + sum(len(MOVES[n].about.aliases) for n in NAMES)
    for alias, name in {"yes": "nod", "no": "shake", "hello": "greet", "bye": "goodbye", "thanks": "bow"}.items():
        assert names[alias] is names[name]


def write(tmp_path: Path, text: str, name: str = "wave.yaml") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def waves(axes, more=""):
    return f"description: x\ngenerator: {{bpm: 60, beats: 8{more}, axes: {axes}}}"


def test_a_generator_is_a_wave_in_beats_faded_in_and_out(tmp_path):
    text = waves("{yaw: {amplitude: 10, centre: 5, every: 4, phase: 0.25, from: 2, to: 8}}", ", fade: 2")
    move = load_move(write(tmp_path, text), LIMITS)
    yaw = [np.degrees(move.at(t)[0][AXES.index("yaw")]) for t in (0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)]
    # cosine about 5, half faded in at beat 3, out at 7: 15 at its begin, 5 a beat later, -5 after two
    assert yaw == pytest.approx([0.0, 0.0, 2.5, -5.0, 5.0, 15.0, 2.5, 0.0], abs=1e-6)
    assert move.duration == 8.0


def test_a_wave_tells_its_true_derivatives(tmp_path):
    text = waves("{antennas: [{amplitude: [20, -10], every: 3}, {amplitude: [4, 4], every: 1, from: 4, to: 8}]}")
    move = load_move(write(tmp_path, text), LIMITS)
    times = np.arange(0.0, 8.0, 0.0005)
    position, velocity, acceleration = move.sample(times)
    assert np.gradient(position, times, axis=0) == pytest.approx(velocity, abs=2e-3)
    assert np.gradient(velocity, times, axis=0) == pytest.approx(acceleration, abs=2e-2)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[]", "the file"),
        ("[" * 100_000, "the file cannot be read as YAML"),
        ("\x00", "the file cannot be read as YAML"),
        ("description: x", "must have either keyframes or generator"),
        ("description: x\nspeed: 2\nkeyframes: [{t: 1, yaw: 0}]", "speed is no key of a move"),
        ("description: x\nunits: radians\nkeyframes: [{t: 1, yaw: 0}]", "units is 'radians'"),
        ("description: x\nsource: 3\nkeyframes: [{t: 1, yaw: 0}]", "source"),
        ("description: x\naliases: [yes]\nkeyframes: [{t: 1, yaw: 0}]", "aliases[0] is read as true or false by YAML"),
        ("description: x\naliases: yo\nkeyframes: [{t: 1, yaw: 0}]", "aliases must be a list"),
        ("description: x\naliases: [a, 3]\nkeyframes: [{t: 1, yaw: 0}]", "aliases[1]"),
        ("description: x\nkeyframes: [{t: 1, yaw: 0}]\ngenerator: {}", "must have either keyframes or generator"),
        ("description: x\nkeyframes: [{t: soon, yaw: 0}]", "keyframes[0].t"),
        ("description: x\nkeyframes: [{t: 1, yaw: " + "9" * 400 + "}]", "keyframes[0].yaw"),
        ("description: x\ngenerator: 3", "generator must be a mapping"),
        ("description: x\ngenerator: {bpm: 60, beats: 8, axis: {}}", "generator.axis is no key"),
        ("description: x\ngenerator: {beats: 8, axes: {}}", "generator.bpm is None"),
        ("description: x\ngenerator: {bpm: 600, beats: 8, axes: {}}", "generator.bpm is 600"),
        ("description: x\ngenerator: {bpm: 60, beats: 100, axes: {}}", "generator.beats is 100"),
        (waves("{}"), "generator.axes"),
        (waves("{jaw: {amplitude: 1, every: 2}}"), "generator.axes.jaw is no axis"),
        (waves("{yaw: 3}"), "generator.axes.yaw must be a mapping"),
        (waves("{yaw: {amplitude: .nan, every: 2}}"), "generator.axes.yaw.amplitude"),
        (waves("{yaw: {every: 2}}"), "generator.axes.yaw.amplitude"),
        (waves("{yaw: {amplitude: 3}}"), "generator.axes.yaw.every"),
        (waves("{yaw: {amplitude: 3, every: 2, period: 1}}"), "generator.axes.yaw.period is no key"),
        (waves("{antennas: {amplitude: 3, every: 2}}"), "generator.axes.antennas.amplitude"),
        (waves("{antennas: {amplitude: [3, 3], centre: 1, every: 2}}"), "generator.axes.antennas.centre"),
        (waves("{yaw: [{amplitude: 3, every: 2}, {amplitude: 3, every: 0}]}"), "generator.axes.yaw[1].every"),
        (waves("{yaw: {amplitude: 3, every: 2, from: 7}}"), "generator.axes.yaw.to"),
        (waves("{yaw: {amplitude: 3, every: 2}}", ", fade: 5"), "generator.fade"),
        (waves("{z: {amplitude: 3, every: 2}}"), "z reaches"),
    ],
)
def test_a_mistake_in_the_newer_keys_is_named_with_its_file_and_key(tmp_path, text, key):
    with pytest.raises(VoiceError) as error:
        load_move(write(tmp_path, text), LIMITS)
    assert "wave.yaml" in str(error.value)
    assert key in str(error.value)
    assert len(str(error.value)) < 600


def test_an_alias_that_is_a_name_already_is_an_error_and_a_later_folder_may_take_it(tmp_path):
    plain = "description: x\nkeyframes: [{t: 1, yaw: 5}, {t: 2, yaw: 0}]\n"
    write(tmp_path, plain + "aliases: [bob]", "weave.yaml")
    moves = load_moves([FOLDER, tmp_path], LIMITS)
    assert moves["bob"].name == "weave"
    write(tmp_path, plain, "yes.yaml")
    assert load_moves([FOLDER, tmp_path], LIMITS)["yes"].name == "yes"
    write(tmp_path, plain, "bob.yaml")
    with pytest.raises(VoiceError, match=r"weave\.yaml: aliases\[0\] 'bob' is a name of bob already"):
        load_moves([tmp_path], LIMITS)
