"""Domains that programs take for themselves: no two programs are given the same one."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from voice_pipeline.ros import domain
from voice_pipeline.ros.domain import free_domain

TAKE = "from voice_pipeline.ros.domain import free_domain; print(free_domain(), flush=True); input()"
PER_DOMAIN, PARTICIPANTS = 6, 3


def unused(port):
    """Nobody on the machine has any port of three domains from there; perhaps another run of this file does."""
    with ExitStack() as stack:
        for number in range(port + PER_DOMAIN, port + 4 * PER_DOMAIN):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                try:
                    probe.bind(("", number))
                except OSError:
                    return False
    return True


@pytest.fixture(scope="module")
def first_port():
    """Below those that Linux hands out to anybody, and its own for every run."""
    start = os.getpid() % 200 * 20
    return next(port for i in range(0, 4_000, 20) if unused(port := 3_000 + (start + i) % 4_000))


@pytest.fixture
def three(monkeypatch, first_port):
    """Only three domains, and no claim of this process is left afterwards."""
    claims = []
    settings = {"_PORT": first_port, "_PER_DOMAIN": PER_DOMAIN, "_LAST": 3, "_PARTICIPANTS": PARTICIPANTS}
    for name, value in {**settings, "_claims": claims}.items():
        monkeypatch.setattr(domain, name, value)
    yield
    for claim in claims:
        claim.close()


@pytest.fixture
def programs(first_port):
    """`programs(n)` starts n that take a domain each and live on; their domains."""
    running = []

    def start(count):
        patch = "from voice_pipeline.ros import domain as d; "
        patch += f"d._PORT, d._PER_DOMAIN, d._LAST, d._PARTICIPANTS = {first_port}, {PER_DOMAIN}, 3, {PARTICIPANTS}; "
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


@pytest.mark.parametrize("number", range(PARTICIPANTS))
def test_a_domain_where_any_participant_lives_is_not_given_out(three, number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("", domain._PORT + domain._PER_DOMAIN * 2 + 2 * number))
        assert {free_domain() for _ in range(20)} == {1, 3}


def test_one_program_may_take_any_number_one_after_the_other(three):
    assert {free_domain() for _ in range(50)} == {1, 2, 3}
