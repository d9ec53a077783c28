"""The command moves as a person runs it: the list, checks with exit codes, pictures that show the limits."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from test_motion_moves import MOVES
from test_recorded_moves import frame as recorded_frame
from test_recorded_moves import hump, recording

from voice_pipeline.commands import _moves_draw
from voice_pipeline.commands.moves import main

PNG = b"\x89PNG\r\n\x1a\n"


def run(capsys, *args):
    """Exit code, what it printed, what it complained about."""
    try:
        code = main([str(a) for a in args])
    except SystemExit as end:
        code = end.code
    out, err = capsys.readouterr()
    return code, out, err


def test_the_list_has_every_move_with_its_description_and_seconds(capsys):
    code, out, _ = run(capsys)
    assert code == 0
    words = " ".join(out.split())
    for name, move in MOVES.items():
        assert name in words
        assert move.description.split()[0] in words
    assert "1.7" in next(line for line in out.splitlines() if " nod " in line)


def test_the_list_for_programs_tells_what_people_cannot_see(capsys):
    code, out, _ = run(capsys, "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(out)}
    assert set(rows) == set(MOVES)
    assert rows["nod"]["aliases"] == ["yes", "agree"]
    assert rows["nod"]["range_deg_mm"]["pitch"] == [-4.0, 13.0]
    assert rows["nod"]["nearest_limit"]["share"] < 1.0
    assert rows["nod"]["played_s"] == rows["nod"]["duration_s"] == 1.7


def texts(file):
    return [" ".join(e.itertext()).strip() for e in ElementTree.parse(file).iter() if e.tag.endswith("}text")]


def test_a_plot_shows_four_derivatives_of_the_axes_that_move(capsys, tmp_path):
    code, out, _ = run(capsys, "--plot", "nod", "--out", tmp_path)
    assert code == 0
    assert out.split() == [str(tmp_path / "nod.svg")]
    shown = texts(tmp_path / "nod.svg")
    assert {"position", "velocity", "acceleration", "jerk", "pitch", "z", "degrees/s²"} <= set(shown)
    assert not {"roll", "body_yaw"} & set(shown)
    assert any("1.70 s" in t and "% (pitch acceleration)" in t for t in shown)


def test_a_plot_is_found_by_alias_and_the_same_move_gives_the_same_file(capsys, tmp_path):
    for folder in ("a", "b"):
        assert run(capsys, "--plot", "hello", "--out", tmp_path / folder)[0] == 0
    assert (tmp_path / "a/greet.svg").read_bytes() == (tmp_path / "b/greet.svg").read_bytes()


def test_sketches_of_the_robot_are_small_files(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("VOICE_PIPELINE_ROBOT_ENV", str(tmp_path / "none"))  # or its own model is rendered
    code, _, _ = run(capsys, "--picture", "goodbye", "dance", "--format", "png", "--out", tmp_path)
    assert code == 0
    for name in ("goodbye-robot.png", "dance-robot.png"):
        data = (tmp_path / name).read_bytes()
        assert data.startswith(PNG)
        assert len(data) < 60_000


def test_an_unknown_name_is_an_error_with_the_list(capsys, tmp_path):
    code, _, err = run(capsys, "--plot", "backflip", "--out", tmp_path)
    assert code == 2
    assert "backflip" in err
    assert "nod" in err
    assert list(tmp_path.iterdir()) == []


def test_checking_tells_what_a_file_is_and_everything_that_is_wrong(capsys, tmp_path):
    good, bad, worse = tmp_path / "good.yaml", tmp_path / "bad.yaml", tmp_path / "worse.json"
    good.write_text("description: Mine.\naliases: [own]\nkeyframes: [{t: 0.2, yaw: 20}, {t: 2, yaw: 0}]")
    assert run(capsys, "--check", good)[0] == 0
    code, out, err = run(capsys, "--check", good)
    assert (code, err) == (0, "")
    assert "good: Mine. 2.00 s" in out
    assert "slower as a whole" in out
    assert "alias: own" in out
    bad.write_text("description: Mine.\nkeyframes: [{t: 1, jaw: 5}]")
    worse.write_text('{"time": [0, ')
    code, out, err = run(capsys, "--check", good, bad, worse)
    assert code == 1
    assert "good: Mine." in out
    assert "bad.yaml: keyframes[0].jaw" in err
    assert "worse.json: the file cannot be read as JSON" in err


def test_a_recording_is_checked_listed_and_drawn_like_ours(capsys, tmp_path):
    file = tmp_path / "lean.json"
    file.write_text(json.dumps(recording(lambda t: recorded_frame(roll=hump(t, 40), x=0.01))))
    code, out, _ = run(capsys, "--check", file)
    assert code == 0
    assert "roll 0..40 degrees scaled to 50 %" in out
    assert "x and y (up to 10 mm) left out" in out
    code, out, _ = run(capsys, "--folder", tmp_path, "--json")
    row = next(row for row in json.loads(out) if row["name"] == "lean")
    assert row["notes"]
    assert run(capsys, "--folder", tmp_path, "--plot", "lean", "--out", tmp_path)[0] == 0


def test_the_limits_are_those_that_the_node_would_have(capsys):
    code, _, err = run(capsys, "--set", "motion.pitch_limit_deg=10.0")
    assert code == 1
    assert "the limits are -10.0..10.0" in err
    assert run(capsys, "--set", "motion.pitch_limit=10.0")[0] == 2
    assert run(capsys, "--set", "pitch")[0] == 2


@pytest.mark.parametrize("args", [["--plot"], ["--plot", "nod", "--all"], ["--check"], ["--sing"], ["--format", "gif"]])
def test_wrong_usage_is_exit_code_2(capsys, args):
    assert run(capsys, *args)[0] == 2


def test_without_the_plotting_library_the_list_works_and_a_plot_says_what_to_install(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(_moves_draw, "missing_library", lambda: "matplotlib is not installed. Run `make setup`.")
    assert run(capsys)[0] == 0
    code, _, err = run(capsys, "--plot", "nod", "--out", tmp_path)
    assert code == 1
    assert "matplotlib is not installed" in err


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, "--plot", "nod", "--out", tmp_path / "file" / "deep")
    assert code == 2
    assert "--out" in err


def test_it_runs_as_a_command_with_help():
    done = subprocess.run(
        [sys.executable, "-m", "voice_pipeline.commands.moves", "--help"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0
    assert "--plot NAME" in done.stdout
