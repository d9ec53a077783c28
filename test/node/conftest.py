"""Each ROS test gets a domain of its own, loopback discovery, and leaves no thread or process behind."""

from __future__ import annotations

import pytest
from dialogue_bench import Neighbours

from ros_bench import fresh_bench


@pytest.fixture
def ros(monkeypatch):
    """A RosBench on a fresh ROS domain."""
    yield from fresh_bench(monkeypatch)


@pytest.fixture
def neighbours(ros):
    """neighbours(*what) makes the nodes that dialogue or translator talk to; ended after the test."""
    made = []

    def make(*what, **kwargs):
        made.append(Neighbours(ros, *what, **kwargs))
        return made[-1]

    yield make
    for node in made:
        node.end()
