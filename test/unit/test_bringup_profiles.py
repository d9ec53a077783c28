"""Every key in every shipped profile is declared by its node, with a value the declaration allows."""

import importlib

import pytest

from voice_pipeline.bringup.profile import load_profile
from voice_pipeline.resources import resource

PROFILES = sorted(p.stem for p in resource("config").glob("*.yaml") if "ros__parameters" in p.read_text())


def declared(node):
    module = importlib.import_module(f"voice_pipeline.nodes.{node}")
    found = next(c for c in vars(module).values() if isinstance(c, type) and getattr(c, "PARAMETERS", ()))
    return {p.name: p for p in found.PARAMETERS}


def test_the_profiles_are_found():
    assert {"demo", "desktop", "jetson"} <= set(PROFILES)


@pytest.mark.parametrize("name", PROFILES)
def test_every_key_of_a_profile_is_declared_and_its_value_allowed(name):
    for node, parameters in load_profile(name).parameters.items():
        known = declared(node)
        for key, value in parameters.items():
            assert key in known, f"{name}: {node} has no parameter {key}"
            known[key].check(value, node)


def test_the_jetson_profile_keeps_what_the_board_was_planned_with():
    p = load_profile("jetson").parameters
    assert p["asr"]["engine"] == "distil_whisper"
    assert p["asr"]["model"] == "distil-whisper/distil-small.en"
    assert (p["asr"]["compute_type"], p["asr"]["beam_size"]) == ("float16", 1)
    assert (p["vad"]["onset"], p["vad"]["min_speech_s"], p["vad"]["max_part_s"]) == (0.5, 0.25, 20.0)
    assert p["dialogue"]["model"] == "phi3:mini"
    assert p["tts"]["providers"][0] == "CUDAExecutionProvider"
