"""Each ROS test gets a domain of its own, loopback discovery, and leaves no thread or process behind."""

from __future__ import annotations

import pytest

from ros_bench import fresh_bench


@pytest.fixture
def ros(monkeypatch):
    """A RosBench on a fresh ROS domain."""
    yield from fresh_bench(monkeypatch)
