"""The thread budget: no shipped profile asks for more busy threads than the machine it is for has cores."""

import pytest

from voice_pipeline.bringup.budget import budget
from voice_pipeline.bringup.profile import load_profile

# The machines the profiles are written for.
CORES = {"demo": 2, "desktop": 4, "jetson": 6}


@pytest.mark.parametrize("profile", sorted(CORES))
def test_a_profile_fits_its_machine(profile):
    found = budget(load_profile(profile).parameters, CORES[profile])
    assert found.warning == ""
    assert 1 <= found.most <= CORES[profile]


def test_stages_that_work_at_once_are_added_up_and_others_are_not():
    found = budget({"asr": {"cpu_threads": 4}, "dialogue": {"threads": 2}, "tts": {"threads": 2}}, 4)
    assert found.most == 4
    assert found.warning == ""


def test_too_many_threads_are_told_with_the_cure():
    found = budget({"asr": {}, "dialogue": {"threads": 2}, "tts": {"threads": 2}}, 2)
    assert "4 threads may compute at once on 2 cores" in found.warning
    assert "Lower `threads`" in found.warning


def test_a_model_on_a_server_takes_none_of_our_threads():
    assert "dialogue" not in budget({"dialogue": {"engine": "ollama", "threads": 8}}, 2).threads


def test_a_model_that_chooses_itself_leaves_one_core():
    assert budget({"dialogue": {"threads": 0}}, 6).threads["dialogue"] == 5
