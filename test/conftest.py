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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """For `-n 2 --dist loadgroup`: a file stays on one worker, with its models; all system tests on one, and first.

    They take longest, each uses whole cores, and two of them at a time would wait for each other.
    """
    if not config.pluginmanager.hasplugin("xdist"):
        return

    def folder(item: pytest.Item) -> str:
        return item.path.parent.name

    for item in items:
        alone = folder(item) == "system"
        item.add_marker(pytest.mark.xdist_group("system" if alone else f"{folder(item)}/{item.path.stem}"))
    if config.getoption("dist", "no") != "no":
        items.sort(key=lambda item: ("system", "node").index(folder(item)) if folder(item) in ("system", "node") else 2)


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
