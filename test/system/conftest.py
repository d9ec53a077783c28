"""As for the tests of single nodes: a domain of its own for each test that asks for `ros`."""

from __future__ import annotations

import pytest

from ros_bench import fresh_bench


@pytest.fixture
def ros(monkeypatch):
    """A RosBench on a fresh ROS domain."""
    yield from fresh_bench(monkeypatch)
