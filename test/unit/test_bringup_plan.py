"""Profiles become lists of nodes; a wrong profile is an error that names the line's node and the cure."""

import itertools

import pytest

from voice_pipeline.bringup.plan import make_plan
from voice_pipeline.bringup.platform import default_profile, is_jetson
from voice_pipeline.bringup.processes import container_arguments
from voice_pipeline.bringup.profile import USUAL, load_profile
from voice_pipeline.commands._arguments import parse_settings
from voice_pipeline.errors import VoiceError


@pytest.fixture
def profile(tmp_path):
    def write(text):
        path = tmp_path / "p.yaml"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize("name", ["demo", "desktop", "jetson"])
def test_every_shipped_profile_starts_all_nodes(name):
    assert load_profile(name).nodes == USUAL


def test_the_list_keeps_the_order_in_which_nodes_are_brought_up(profile):
    path = profile("/**/supervisor:\n  ros__parameters:\n    nodes: [vad, tts, audio_player]\n")
    assert [n.name for n in make_plan(path).nodes] == ["audio_player", "tts", "vad"]


def test_no_robot_leaves_motion_out_and_no_audio_leaves_capture_out():
    names = [n.name for n in make_plan("demo", robot="none", audio="none").nodes]
    assert "motion" not in names
    assert "audio_capture" not in names
    assert "audio_player" in names


def test_a_simulated_robot_gets_the_port_of_the_plan():
    plan = make_plan("demo", robot="sim", port=4711)
    assert plan.simulator_port == 4711
    motion = next(n for n in plan.nodes if n.name == "motion")
    assert motion.overrides["url"] == "http://127.0.0.1:4711"


def test_the_supervisor_manages_exactly_the_nodes_that_run():
    plan = make_plan("demo", robot="none")
    assert plan.supervisor.overrides["nodes"] == [n.name for n in plan.nodes]
    assert all(n.overrides["autostart"] is False for n in plan.nodes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/**/wad:\n  ros__parameters: {}\n", "there is no node 'wad'.*Did you mean 'vad'"),
        ("/**/vad:\n  threshold: 0.5\n", "exactly one key, ros__parameters"),
        ("- 1\n", "holds no nodes"),
        ("a: [", "is not YAML"),
        ("/**/supervisor:\n  ros__parameters:\n    nodes: [ears]\n", "lists ears"),
    ],
)
def test_a_wrong_profile_is_an_error_with_a_cure(profile, text, message):
    with pytest.raises(VoiceError, match=message):
        make_plan(profile(text))


def test_a_missing_profile_is_an_error():
    with pytest.raises(VoiceError, match="nor shipped"):
        make_plan("destkop")


def test_physics_is_the_simulated_robot_with_time_to_settle():
    plan = make_plan("demo", robot="mujoco", port=4711)
    motion = next(n for n in plan.nodes if n.name == "motion")
    assert (plan.simulator_port, plan.simulator_physics) == (4711, True)
    assert motion.overrides["url"] == "http://127.0.0.1:4711"
    assert motion.overrides["settle_s"] == 1.0


def test_real_keeps_another_robot_that_the_profile_names(tmp_path):
    profile = tmp_path / "tiago.yaml"
    profile.write_text("motion: {ros__parameters: {robot: ros_control}}\n")
    plan = make_plan(str(profile), robot="real")
    assert "robot" not in next(n for n in plan.nodes if n.name == "motion").overrides


def test_an_unknown_robot_is_an_error():
    with pytest.raises(VoiceError, match="real, sim, mujoco, none"):
        make_plan("demo", robot="simulated")


def test_arguments_quote_text_and_lists():
    plan = make_plan("demo", overrides={"tts": {"voice": 'a "b"'}})
    args = next(n for n in plan.nodes if n.name == "tts").ros_args("/one/", "debug")
    assert 'voice:="a \\"b\\""' in args
    assert "autostart:=false" in args
    assert "__ns:=/one" in args
    assert args[-2:] == ["--log-level", "debug"]


def test_a_jetson_is_known_by_its_mark(tmp_path):
    mark = tmp_path / "nv_tegra_release"
    assert not is_jetson(mark)
    mark.touch()
    assert is_jetson(mark)
    assert default_profile() in ("jetson", "desktop")


def test_nothing_is_recorded_unless_asked():
    assert "recorder" not in [n.name for n in make_plan("demo").nodes]


def test_record_starts_the_recorder_before_those_whom_it_records(tmp_path):
    plan = make_plan("demo", record="true")
    assert plan.nodes[0].name == plan.supervisor.overrides["nodes"][0] == "recorder"
    assert "folder" not in plan.nodes[0].overrides
    assert make_plan("demo", record=str(tmp_path)).nodes[0].overrides["folder"] == str(tmp_path)
    assert make_plan("demo", record="true", only=["vad"]).nodes[0].name == "recorder"


def test_record_wins_over_the_profile(profile):
    path = profile("/**/supervisor:\n  ros__parameters:\n    nodes: [recorder, vad]\n")
    assert [n.name for n in make_plan(path).nodes] == ["recorder", "vad"]
    assert [n.name for n in make_plan(path, record="false").nodes] == ["vad"]


def test_the_container_runs_the_recorder_of_the_plan_that_it_is_given(tmp_path):
    plan = make_plan("demo", record=str(tmp_path))
    arguments = container_arguments(plan)
    nodes = arguments[arguments.index("--nodes") + 1 : arguments.index("--set")]
    settings = [b for a, b in itertools.pairwise(arguments) if a == "--set"]
    again = make_plan("demo", only=nodes, overrides=parse_settings(settings))
    assert again.nodes == plan.nodes


def test_the_interpreter_runs_in_the_place_of_the_conversation():
    names = [n.name for n in make_plan("translator").nodes]
    assert "translator" in names
    assert "dialogue" not in names


def test_summary_joins_any_profile_that_names_it_and_no_other():
    assert "summary" not in [n.name for n in make_plan("demo").nodes]
    assert "summary" in [n.name for n in make_plan("translator", only=["vad", "summary"]).nodes]


def _overrides(plan, name):
    return next(n for n in plan.nodes if n.name == name).overrides


def test_a_recording_takes_the_place_of_the_microphone_and_leaves_the_loudspeaker(tmp_path, monkeypatch):
    (tmp_path / "question.wav").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    plan = make_plan("translator", file="question.wav")
    capture = _overrides(plan, "audio_capture")
    assert (capture["source"], capture["file"]) == ("file", str(tmp_path / "question.wav"))
    assert "sink" not in _overrides(plan, "audio_player")


def test_what_is_said_can_go_to_a_file_beside_a_real_microphone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = make_plan("desktop", answer="said.wav")
    player = _overrides(plan, "audio_player")
    assert (player["sink"], player["file_path"]) == ("file", str(tmp_path / "said.wav"))
    assert "source" not in _overrides(plan, "audio_capture")


@pytest.mark.parametrize("profile_name", ["translator", "desktop", "jetson"])
def test_a_profile_without_a_file_for_its_answers_gets_the_one_of_the_demo(profile_name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    player = _overrides(make_plan(profile_name, audio="file"), "audio_player")
    assert (player["sink"], player["file_path"]) == ("file", str(tmp_path / "build" / "answer.wav"))


def test_a_file_that_the_profile_names_for_its_answers_is_kept():
    assert "file_path" not in _overrides(make_plan("demo", audio="file"), "audio_player")


def test_a_recording_that_is_not_there_is_said_before_anything_starts(tmp_path):
    with pytest.raises(VoiceError, match=r"there is no recording .*nowhere\.wav"):
        make_plan("translator", file=str(tmp_path / "nowhere.wav"))


def test_a_recording_and_no_audio_at_all_contradict_each_other(tmp_path):
    (tmp_path / "question.wav").write_bytes(b"")
    with pytest.raises(VoiceError, match="nothing would hear it"):
        make_plan("translator", audio="none", file=str(tmp_path / "question.wav"))
