"""Domains that programs take for themselves: no two programs are given the same one."""

import socket
import subprocess
import sys

import pytest

from voice_pipeline.ros import domain
from voice_pipeline.ros.domain import free_domain

TAKE = "from voice_pipeline.ros.domain import free_domain; print(free_domain(), flush=True); input()"


@pytest.fixture
def three(monkeypatch):
    """Only three domains, on ports below those that Linux hands out to anybody."""
    monkeypatch.setattr(domain, "_PORT", 3_410)
    monkeypatch.setattr(domain, "_PER_DOMAIN", 2)
    monkeypatch.setattr(domain, "_LAST", 3)


@pytest.fixture
def programs():
    """`programs(n)` starts n that take a domain each and live on; their domains."""
    running = []

    def start(count):
        patch = "from voice_pipeline.ros import domain as d; d._PORT, d._PER_DOMAIN, d._LAST = 3_410, 2, 3; "
        for _ in range(count):
            command = [sys.executable, "-c", patch + TAKE]
            pipe = subprocess.PIPE
            running.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True))
        return [process.stdout.readline().strip() for process in running]

    yield start
    for process in running:
        process.communicate("\n")


def test_programs_that_start_together_get_a_domain_each(programs):
    assert sorted(programs(3)) == ["1", "2", "3"]


def test_none_is_left_when_programs_hold_all(three, programs):
    programs(3)
    with pytest.raises(RuntimeError, match="all ROS domains"):
        free_domain()


def test_a_domain_whose_first_participant_lives_is_not_given_out(three):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("", domain._PORT + domain._PER_DOMAIN * 2))
        assert {free_domain() for _ in range(20)} == {1, 3}


def test_one_program_may_take_any_number_one_after_the_other(three):
    assert {free_domain() for _ in range(50)} == {1, 2, 3}
