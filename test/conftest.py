"""Shared by all tests: where recorded speech lies, and whether a model is on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import find_model

ROOT = Path(__file__).resolve().parent.parent

# The phrases of all languages are 1,900 patterns, Python keeps 512 compiled: half of the 1.5 s that each start of a
# dialogue node takes would be spent on compiling them again. A robot starts it once, the tests a hundred times.
re._MAXCACHE = 20_000  # type: ignore[attr-defined]


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
