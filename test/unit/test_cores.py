"""Binding a process to cores: tried in a process of its own, so that the tests keep all of theirs."""

import os
import subprocess
import sys

import pytest

from voice_pipeline.errors import VoiceError
from voice_pipeline.ros.cores import parse_cores, take_cores

SHOW = """
import os, sys, threading
from voice_pipeline.ros.cores import take_cores
go = threading.Event()
seen = []
early = threading.Thread(target=lambda: (go.wait(), seen.append(os.sched_getaffinity(0))), daemon=True)
early.start()
before = os.nice(0)
said = take_cores(sys.argv[1], int(sys.argv[2]))
go.set(); early.join()
print(sorted(os.sched_getaffinity(0)), sorted(seen[0]), os.nice(0) - before, said)
"""


def run(cpus, nice=0):
    return subprocess.run([sys.executable, "-c", SHOW, cpus, str(nice)], capture_output=True, text=True, timeout=60)


def test_a_process_and_its_threads_stay_on_the_cores_they_are_given():
    core = min(os.sched_getaffinity(0))
    assert run(str(core)).stdout.strip() == f"[{core}] [{core}] 0"


def test_a_core_that_is_not_there_is_told_and_the_others_are_taken():
    core = min(os.sched_getaffinity(0))
    assert run(f"{core},999").stdout.strip() == (
        f"[{core}] [{core}] 0 cpus names 999, which this process may not use; it goes on with the others."
    )


def test_none_of_the_cores_being_there_is_an_error_that_names_those_that_are():
    assert "may use none. It may use" in run("998-999").stderr


def test_a_thread_that_ends_while_all_are_bound_is_no_error(monkeypatch):
    bound = []

    def bind(thread, cores):
        if thread == 4_000_000:  # above the largest id that Linux gives by default
            raise ProcessLookupError(thread)
        bound.append(thread)

    monkeypatch.setattr(os, "listdir", lambda path: ["4000000", "1"])
    monkeypatch.setattr(os, "sched_setaffinity", bind)
    assert take_cores(str(min(os.sched_getaffinity(0))), 0) == ""
    assert bound == [1]


def test_niceness_is_added():
    added = min(3, 19 - os.nice(0))  # 19 is the most, and perhaps it is how these tests are run
    assert run("", 3).stdout.split("]")[-1].split()[0] == str(added)


@pytest.mark.parametrize(("text", "cores"), [("", set()), ("0", {0}), ("0,2-3", {0, 2, 3}), (" 1 , 1 ", {1})])
def test_lists_of_cores(text, cores):
    assert parse_cores(text) == cores


@pytest.mark.parametrize("text", ["a", "1-", "3-1", "-1", "1;2"])
def test_what_is_no_list_of_cores(text):
    with pytest.raises(VoiceError, match="Name cores like"):
        parse_cores(text)
