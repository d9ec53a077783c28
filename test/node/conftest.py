"""Each ROS test gets a domain of its own, loopback discovery, and leaves no thread or process behind."""

from __future__ import annotations

import os

import pytest

from ros_bench import RosBench


@pytest.fixture
def ros(request, monkeypatch):
    """A RosBench on a fresh ROS domain."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    domain = 1 + (os.getpid() + worker * 13 + hash(request.node.nodeid)) % 100
    monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    monkeypatch.setenv("ROS_LOCALHOST_ONLY", "0")
    bench = RosBench(domain)
    yield bench
    bench.close()
