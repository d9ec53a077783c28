"""Half-written files of the prompt cache (10 MB each) do not pile up: not after a failure, not after a process was killed."""

import os
import time

import pytest

from voice_pipeline.dialogue import prompt_cache
from voice_pipeline.dialogue.prompt_cache import PromptCache


@pytest.fixture
def cache(tmp_path):
    made = PromptCache()
    made.folder = tmp_path
    return made


def writes(tmp_path, monkeypatch, done):
    def order(address, key, action, name):
        (tmp_path / name).write_text("half")
        return done

    monkeypatch.setattr(prompt_cache, "_order", order)


def test_a_file_that_was_not_finished_is_removed(cache, tmp_path, monkeypatch):
    writes(tmp_path, monkeypatch, done=False)
    cache.save("http://127.0.0.1:1", "key", "a.kv")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_file_and_what_another_writes_now_stays(
    cache, tmp_path, monkeypatch
):
    old, now = tmp_path / "a.kv.1.part", tmp_path / "a.kv.2.part"
    old.write_text("half")
    now.write_text("half")
    os.utime(old, (time.time() - 86_400.0,) * 2)
    writes(tmp_path, monkeypatch, done=True)
    cache.save("http://127.0.0.1:1", "key", "b.kv")
    assert {f.name for f in tmp_path.iterdir()} == {"b.kv", now.name}
