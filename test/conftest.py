"""Shared by all tests: where recorded speech lies, whether a model is on this machine, and nothing of the person's own settings."""

from __future__ import annotations

import itertools
import os
import re
from contextlib import suppress
from pathlib import Path

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

ROOT = Path(__file__).resolve().parent.parent

# The phrases of all languages are 1,900 patterns, Python keeps 512 compiled: half of the 1.5 s that each start of a
# dialogue node takes would be spent on compiling them again. A robot starts it once, the tests a hundred times.
re._MAXCACHE = 20_000  # type: ignore[attr-defined]

# A terminal's width and colours, the network of a robot in the next room, a sound card, keys: no test may hang on them.
_THEIRS = """
LINES FORCE_COLOR NO_COLOR TTY_COMPATIBLE TTY_INTERACTIVE
ROS_DOMAIN_ID ROS_LOCALHOST_ONLY ROS_STATIC_PEERS ROS_DISCOVERY_SERVER ROS_SUPER_CLIENT
FASTRTPS_DEFAULT_PROFILES_FILE FASTDDS_DEFAULT_PROFILES_FILE FASTDDS_BUILTIN_TRANSPORTS
PULSE_SERVER PULSE_SINK PULSE_SOURCE VOICE_PIPELINE_API_KEY VOICE_PIPELINE_PARENT
"""
for _name in _THEIRS.split():
    os.environ.pop(_name, None)
os.environ |= {"COLUMNS": "80", "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}

with suppress(ImportError):  # the environment of `make test-distil` has none
    import hypothesis

    # The same examples in every run and no time limits: a machine that stalls for 200 ms is no failure, and an example that
    # was never tried before belongs to who changes the code, not to who happens to run the suite next.
    # `make test ARGS=--hypothesis-profile=default` looks for new ones.
    _slow = (hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large)
    hypothesis.settings.register_profile(
        "steady", derandomize=True, deadline=None, database=None, suppress_health_check=_slow
    )
    hypothesis.settings.load_profile("steady")


_homes = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _kept_things(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In place of the person's ~/.local and ~/.ros: facts, sessions, recordings, typed lines, logs. ~/.cache has the models."""
    folder = tmp_path_factory.mktemp("kept")
    for name, part in (("XDG_STATE_HOME", "state"), ("XDG_DATA_HOME", "data"), ("ROS_LOG_DIR", "ros")):
        os.environ[name] = str(folder / part)
    return folder


@pytest.fixture(autouse=True)
def _nothing_kept(_kept_things: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what one test kept the next does not find; the folders are made by who writes there."""
    own = _kept_things / str(next(_homes))
    monkeypatch.setenv("XDG_STATE_HOME", str(own / "state"))
    monkeypatch.setenv("XDG_DATA_HOME", str(own / "data"))


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of recorded speech and noise; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("VOICE_PIPELINE_TEST_AUDIO", ROOT.parent / "shared" / "audio"))
    if not (folder / "dev" / "manifest.csv").exists():
        pytest.skip(f"no recorded speech in {folder}; set VOICE_PIPELINE_TEST_AUDIO to a folder like it")
    return folder


@pytest.fixture(scope="session")
def model():
    """`model(name)` gives the folder of a model, or fails with the command that fetches it: CI always has them."""

    def lookup(name: str) -> Path:
        try:
            return find_model(name)
        except VoiceError as error:
            pytest.fail(str(error))

    return lookup
