"""The thread budget: no shipped profile asks for more busy threads than the machine it is for has cores."""

import pytest

from voice_pipeline.bringup.budget import budget
from voice_pipeline.bringup.plan import make_plan
from voice_pipeline.bringup.profile import load_profile

# The machines the profiles are written for.
CORES = {"demo": 2, "desktop": 4, "jetson": 6}


@pytest.mark.parametrize("profile", sorted(CORES))
def test_a_profile_fits_its_machine(profile):
    found = budget(load_profile(profile).parameters, CORES[profile])
    assert found.warning == ""
    assert all(threads <= CORES[profile] for threads in found.threads.values())
    assert 1 <= found.most <= CORES[profile] + 1  # the voice and the model, see budget.py


def test_stages_that_work_at_once_are_added_up_and_others_are_not():
    found = budget({"asr": {"cpu_threads": 4}, "dialogue": {"threads": 2}, "tts": {"threads": 2}}, 4)
    assert found.most == 4
    assert found.warning == ""


def test_too_many_threads_are_told_with_the_cure():
    assert budget({"dialogue": {"threads": 1}, "tts": {"threads": 2}}, 2).warning == ""
    found = budget({"asr": {}, "dialogue": {"threads": 2}, "tts": {"threads": 2}}, 2)
    assert "4 threads may compute at once on 2 cores" in found.warning
    assert "Lower `threads`" in found.warning


def test_a_stage_wider_than_the_machine_is_told():
    assert "4 threads may compute at once on 2 cores (asr 4)" in budget({"asr": {"cpu_threads": 4}}, 2).warning


def test_a_model_on_a_server_takes_none_of_our_threads():
    assert "dialogue" not in budget({"dialogue": {"engine": "ollama", "threads": 8}}, 2).threads


def test_a_model_that_chooses_itself_leaves_one_core():
    assert budget({"dialogue": {"threads": 0}}, 6).threads["dialogue"] == 5


def test_a_plan_that_asks_for_too_much_tells_the_supervisor():
    overrides = {"dialogue": {"threads": 64}, "tts": {"threads": 32}}
    assert "threads may compute at once" in make_plan("demo", overrides=overrides).supervisor.overrides["note"]
    quiet = {"dialogue": {"threads": 1}, "tts": {"threads": 1}, "asr": {"cpu_threads": 1}}
    assert "note" not in make_plan("demo", overrides=quiet).supervisor.overrides
