"""Each ROS test gets a domain of its own, loopback discovery, and leaves no thread or process behind."""

from __future__ import annotations

import pytest

from ros_bench import RosBench
from voice_pipeline.ros.domain import free_domain


@pytest.fixture
def ros(monkeypatch):
    """A RosBench on a fresh ROS domain."""
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "0")
    bench = RosBench(free_domain())
    yield bench
    bench.close()
