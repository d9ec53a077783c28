"""Orders over services: each is answered, also when the node has a bug, and a fault that is over is told no more."""

import pytest
from bench.motion.proxy import FaultyProxy

from motion_bench import Watch, patience, simulated_robot  # noqa: F401
from voice_pipeline.motion import wake

pytestmark = pytest.mark.timeout(600)


def test_an_order_that_meets_a_bug_is_answered_with_it(ros, monkeypatch):
    def broken(controller):
        raise RuntimeError("a client that was closed")

    monkeypatch.setattr(wake, "wake_up", broken)
    answer = Watch(ros, robot="none").call("wake_up")
    assert not answer.success
    assert "RuntimeError: a client that was closed" in answer.message


def test_a_robot_that_was_woken_after_all_is_told_as_well(ros, robot):
    proxy = FaultyProxy(robot.port)
    try:
        proxy.refuses = ("/api/move/goto", "/api/motors")
        watch = Watch(ros, url=proxy.url)
        watch.until("SLEEPING")
        watch.told("did not wake up")
        proxy.refuses = ()
        assert watch.call("wake_up").success
        watch.until("IDLE")
        ros.wait(lambda: watch.diagnostics[-1].status[0].message == "ok", what="a robot that is well")
    finally:
        ros.close()
        proxy.close()
