"""Which options keep a simulated daemon to itself, release by release."""

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import daemon_options
from voice_pipeline.motion.simulator import SimulatedRobot


def environment(root, release, physics=False):
    packages = root / "lib" / "python3.11" / "site-packages"
    (packages / f"reachy_mini-{release}.dist-info").mkdir(parents=True)
    if physics:
        (packages / "mujoco").mkdir()
    return root


@pytest.mark.parametrize(
    ("release", "there", "absent"),
    [
        ("1.2.13", "--localhost-only", "--no-media"),
        ("1.3.1", "--deactivate-audio", "--no-media"),
        ("1.8.4", "--no-media", "--localhost-only"),
        ("1.13.0", "--no-media", "--deactivate-audio"),
    ],
)
def test_every_release_listens_on_loopback_makes_no_sound_and_looks_nothing_up(tmp_path, release, there, absent):
    asked = daemon_options.options(environment(tmp_path, release), physics=False)
    assert there in asked
    assert absent not in asked
    assert {"--fastapi-host=127.0.0.1", "--dataset-update-interval=0", "--mockup-sim"} <= set(asked)
    assert daemon_options.QUIET["REACHY_MINI_TELEMETRY"] == "0"


def test_physics_takes_the_place_of_the_mock_up(tmp_path):
    asked = daemon_options.options(environment(tmp_path, "1.3.1", physics=True), physics=True)
    assert "--sim" in asked
    assert "--headless" in asked
    assert "--mockup-sim" not in asked


def test_without_mujoco_physics_is_refused_with_the_cure(tmp_path, monkeypatch):
    env = environment(tmp_path, "1.3.1")
    (env / "bin").mkdir()
    for name in ("python", "reachy-mini-daemon"):
        (env / "bin" / name).touch()
    monkeypatch.setenv("VOICE_PIPELINE_ROBOT_ENV", str(env))
    with pytest.raises(VoiceError, match="make robot"):
        SimulatedRobot(physics=True).start()
