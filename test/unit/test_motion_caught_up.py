"""A network that was frozen delivers what it held up first: states that tell where the robot was, not where it is."""

import pytest
from test_motion_controller import Bench


def test_after_a_loss_motion_goes_on_from_where_the_robot_is_and_not_from_a_state_that_was_held_up():
    bench = Bench()
    bench.head(0.7)
    bench.run(0.3)
    old = bench.robot.pose  # the last that is heard before the network freezes; what was sent still moves the robot
    bench.run(0.6, states=False)
    true = bench.robot.pose
    assert true.yaw > old.yaw + 0.1
    bench.robot.pose = old  # arrives with a delay
    bench.robot.say()
    bench.robot.pose = true
    sent = len(bench.robot.sent)
    bench.run(0.02, states=False)
    bench.run(1.0)
    assert bench.state == "IDLE"
    for _, pose in bench.robot.sent[sent:]:
        assert pose == pytest.approx(true, abs=1e-6)


def test_the_first_connection_waits_for_nothing():
    assert Bench().state == "IDLE"
