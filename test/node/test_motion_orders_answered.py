"""Orders over services: each is answered, also when the node has a bug, and a fault that is over is told no more."""

import pytest
from bench.motion.proxy import FaultyProxy
from voice_pipeline.action import MoveHead

from motion_bench import Watch, patience, simulated_robot  # noqa: F401
from voice_pipeline.motion import wake
from voice_pipeline.motion.simulator import SimulatedRobot

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def asleep():
    """A robot that nobody has woken yet, whichever test came before."""
    with SimulatedRobot() as simulated:
        yield simulated


def test_an_order_that_meets_a_bug_is_answered_with_it(ros, monkeypatch):
    def broken(controller):
        raise RuntimeError("a client that was closed")

    monkeypatch.setattr(wake, "wake_up", broken)
    answer = Watch(ros, robot="none").call("wake_up")
    assert not answer.success
    assert "RuntimeError: a client that was closed" in answer.message


def test_a_robot_that_was_woken_after_all_is_told_as_well(ros, asleep):
    proxy = FaultyProxy(asleep.port)
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


def test_waking_a_robot_that_is_awake_by_then_disturbs_nobody(ros, robot):
    watch = Watch(ros, url=robot.url)
    watch.until("IDLE")
    goal = watch.send(MoveHead.Goal(yaw=0.4, duration_s=1.5))
    watch.wait(lambda m: m.move == "move_head")
    watch.node._serving.wake_soon()  # as when the robot was lost and found twice while it woke up
    assert watch.peer.result(goal).result.error_code == MoveHead.Result.NONE
