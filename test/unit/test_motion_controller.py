"""The single writer on a held clock: tasks, policies, the latched stop, staleness and loss, sleep and wake."""

import math
import threading

import numpy as np
import pytest
from test_motion_limits import LIMITS, check
from test_motion_moves import MOVES

from fake_robot import FakeRobot
from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.no_robot import NoRobot
from voice_pipeline.motion.paths import brake
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Listener, Outcome, Refused, Settings

ASLEEP = Pose(pitch=0.54, z=-0.05, right_antenna=3.05, left_antenna=-3.05)


class Bench:
    """A controller on a fake robot; `run` ticks it at 50 Hz."""

    def __init__(self, robot=None):
        self.robot = robot or FakeRobot()
        self.asked_to_wake = 0
        self.controller = Controller(self.robot, LIMITS, MOVES, Settings(), on_asleep=self._on_asleep)
        self.ends = []
        self.run(0.04)

    def _on_asleep(self):
        self.asked_to_wake += 1

    def run(self, seconds, states=True):
        for _ in range(round(seconds / 0.02)):
            self.robot.now += 0.02
            if states:
                self.robot.say()
            self.controller.tick(self.robot.now)

    def listener(self):
        return Listener(lambda report: None, lambda outcome, message, report: self.ends.append((outcome, message)))

    def head(self, yaw=0.5, duration=0.0):
        return self.controller.move_head((0.0, 0.0, yaw), 0.0, duration, self.listener())

    def play(self, name, preempt=False, speed=0.0, repeat=0):
        return self.controller.play(name, speed, repeat, preempt, self.listener())

    def outcomes(self):
        return [outcome for outcome, _ in self.ends]

    @property
    def state(self):
        return self.controller.status(self.robot.now).state


def test_a_head_movement_ends_at_its_goal():
    bench = Bench()
    bench.head(0.5)
    bench.run(2.0)
    assert bench.outcomes() == [Outcome.NONE]
    assert bench.robot.pose.yaw == pytest.approx(0.5)
    check([pose for _, pose in bench.robot.sent])


def test_at_rest_the_pose_is_sent_twice_a_second_only():
    bench = Bench()
    before = len(bench.robot.sent)
    bench.run(4.0)
    assert 7 <= len(bench.robot.sent) - before <= 9


def test_poses_are_never_sent_faster_than_the_period_even_after_a_late_one():
    bench = Bench()
    bench.head(0.5)
    bench.run(0.2)
    bench.robot.now += 0.1  # a late period
    bench.run(1.0)
    check([pose for _, pose in bench.robot.sent])


def test_a_robot_that_does_not_follow_fails_the_goal_and_is_told_on_the_status():
    bench = Bench()
    bench.robot.stuck = True
    bench.head(0.5)
    bench.run(3.0)
    outcome, message = bench.ends[0]
    assert outcome is Outcome.NOT_REACHED
    assert "28.6 degrees" in message
    assert not bench.controller.status(bench.robot.now).following


def test_stale_states_hold_the_robot_before_it_counts_as_gone():
    bench = Bench()
    bench.head(0.7)
    bench.run(0.3)
    bench.run(0.16, states=False)
    sent = len(bench.robot.sent)
    bench.run(0.2, states=False)
    assert len(bench.robot.sent) == sent
    assert bench.state == "MOVING"
    bench.run(3.0)
    assert bench.outcomes() == [Outcome.NONE]
    after = [pose for _, pose in bench.robot.sent[sent - 1 :]]
    check(after)  # it starts again from rest


def test_no_state_for_half_a_second_means_gone_and_the_way_back_has_no_jump():
    bench = Bench()
    bench.head(0.7)
    bench.run(0.3)
    bench.run(0.52, states=False)  # 25 steps of 0.02 s are 0.5 s or a rounding less, by how long the machine is up
    assert bench.state == "DISCONNECTED"
    assert bench.outcomes() == [Outcome.ROBOT_DISCONNECTED]
    with pytest.raises(Refused, match="hangs") as refusal:
        bench.head()
    assert refusal.value.outcome is Outcome.ROBOT_DISCONNECTED
    bench.robot.pose = Pose(yaw=-0.4, pitch=0.2)  # pushed by hand meanwhile
    sent = len(bench.robot.sent)
    bench.run(0.5)
    assert bench.state == "IDLE"
    assert {pose for _, pose in bench.robot.sent[sent:]} == {Pose(yaw=-0.4, pitch=0.2)}


def test_the_stop_slows_down_within_the_limits_and_refuses_until_reset():
    bench = Bench()
    bench.play("dance")
    bench.run(1.0)
    bench.controller.stop()
    bench.run(1.0)
    check([pose for _, pose in bench.robot.sent], stops=True)
    assert bench.outcomes() == [Outcome.STOPPED]
    assert bench.state == "STOPPED"
    held = bench.robot.pose
    for order in (bench.head, lambda: bench.play("nod"), lambda: bench.play("nod", preempt=True)):
        with pytest.raises(Refused) as refusal:
            order()
        assert refusal.value.outcome is Outcome.STOPPED
    bench.controller.reset_stop()
    bench.run(1.0)
    assert bench.robot.pose == held  # releasing it moves nothing
    bench.head(0.1)


def test_cancelling_a_move_ends_it_at_rest_and_the_next_returns_to_the_held_pose():
    bench = Bench()
    task = bench.play("sad")
    bench.run(1.5)
    bench.controller.cancel(task)
    bench.run(0.6)
    assert bench.outcomes() == [Outcome.CANCELLED]
    assert bench.robot.pose.pitch > 0.2
    bench.play("nod")
    bench.run(5.0)
    assert bench.robot.pose == pytest.approx(NEUTRAL, abs=1e-4)
    check([pose for _, pose in bench.robot.sent], stops=True)


def test_who_gives_way_to_whom():
    bench = Bench()
    bench.head(0.5)
    bench.run(0.1)
    bench.head(-0.5)
    bench.run(0.1)
    assert bench.outcomes() == [Outcome.PREEMPTED]
    bench.play("nod")  # a gesture takes over, from where the head was going
    bench.run(0.1)
    with pytest.raises(Refused, match="nod") as refusal:
        bench.play("shake")
    assert refusal.value.outcome is Outcome.BUSY
    with pytest.raises(Refused):
        bench.head()
    bench.run(5.0)
    assert bench.outcomes() == [Outcome.PREEMPTED, Outcome.PREEMPTED, Outcome.NONE]
    assert bench.robot.pose.yaw == pytest.approx(-0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        (lambda b: b.head(math.nan), Outcome.INVALID_GOAL),
        (lambda b: b.head(30.0), Outcome.INVALID_GOAL),
        (lambda b: b.head(0.1, math.nan), Outcome.INVALID_GOAL),
        (lambda b: b.head(0.1, -1.0), Outcome.INVALID_GOAL),
        (lambda b: b.play("moonwalk"), Outcome.UNKNOWN_MOVE),
        (lambda b: b.play("nod", speed=9.0), Outcome.INVALID_GOAL),
        (lambda b: b.play("nod", speed=math.nan), Outcome.INVALID_GOAL),
        (lambda b: b.play("nod", repeat=1000), Outcome.INVALID_GOAL),
    ],
)
def test_what_makes_no_sense_is_refused_and_moves_nothing(order, outcome):
    bench = Bench()
    with pytest.raises(Refused) as refusal:
        order(bench)
    assert refusal.value.outcome is outcome
    bench.run(0.5)
    assert {pose for _, pose in bench.robot.sent} == {NEUTRAL}


def test_a_robot_found_asleep_is_woken_by_goto_before_anything_is_streamed():
    bench = Bench(FakeRobot(ASLEEP, motors="disabled"))
    assert bench.state == "SLEEPING"
    assert bench.asked_to_wake == 1
    assert bench.robot.sent == []
    with pytest.raises(Refused) as refusal:
        bench.head()
    assert refusal.value.outcome is Outcome.ASLEEP
    wake.wake_up(bench.controller)
    assert bench.robot.orders[0] == "motors on"
    assert bench.robot.orders[1].startswith("goto")
    assert float(bench.robot.orders[1].split()[1]) >= 1.875 * 3.05 / LIMITS.velocity.left_antenna
    bench.run(0.1)
    assert bench.state == "IDLE"
    check([pose for _, pose in bench.robot.sent])


def test_a_stop_while_it_wakes_up_holds_it_there():
    bench = Bench(FakeRobot(ASLEEP, motors="disabled"))
    stop = bench.robot.set_motors

    def stop_then(on):
        stop(on)
        bench.controller.stop()

    bench.robot.set_motors = stop_then
    with pytest.raises(VoiceError, match="reset_stop"):
        wake.wake_up(bench.controller)
    bench.run(0.5)
    assert bench.state == "STOPPED"
    assert bench.robot.pose == ASLEEP


def test_motors_that_were_switched_off_by_another_end_the_task():
    bench = Bench()
    bench.head(0.5)
    bench.run(0.1)
    bench.robot.motors = "disabled"
    bench.run(0.1)
    assert bench.outcomes() == [Outcome.ASLEEP]
    assert bench.state == "SLEEPING"


def test_without_a_robot_every_order_is_refused_with_the_reason():
    controller = Controller(NoRobot(), LIMITS, MOVES, Settings())
    controller.tick(0.0)
    assert controller.status(0.0).state == "DISCONNECTED"
    with pytest.raises(Refused, match="no robot"):
        controller.play("nod", 0, 0, False, Listener(print, print))
    with pytest.raises(VoiceError, match="no robot"):
        wake.wake_up(controller)


def test_a_robot_that_refuses_to_wake_up_stays_asleep_and_is_sent_nothing():
    bench = Bench(FakeRobot(ASLEEP))  # motors on, in the sleeping pose: as it was just switched on

    def refuse(pose, duration, abort):
        raise VoiceError("500", "")

    bench.robot.goto = refuse
    with pytest.raises(VoiceError, match="500"):
        wake.wake_up(bench.controller)
    bench.run(1.0)
    assert bench.state == "SLEEPING"
    assert bench.robot.sent == []


def test_waking_one_that_is_awake_goes_to_neutral_without_a_step(monkeypatch):
    monkeypatch.setattr(wake, "_NEUTRAL_S", 600.0)  # of a clock that nobody holds
    bench = Bench()
    bench.play("dance")
    bench.run(0.7)
    waking = threading.Thread(target=wake.wake_up, args=(bench.controller,))
    waking.start()
    while bench.controller.status(bench.robot.now).move == "dance":  # it makes way before the clock goes on
        waking.join(0.001)
    while waking.is_alive():
        bench.run(0.02)
        waking.join(0.001)
    assert bench.outcomes() == [Outcome.PREEMPTED]
    assert bench.robot.pose == pytest.approx(NEUTRAL, abs=1e-4)
    assert bench.robot.orders == []  # not by its own goto, which would begin with a step
    check([pose for _, pose in bench.robot.sent])


def test_a_cancelled_gesture_is_at_rest_in_100_ms_wherever_it_is():
    for name in MOVES:
        for ticks in range(5, 60, 6):
            bench = Bench()
            task = bench.play(name)
            bench.run(ticks * 0.02)
            if bench.ends:
                break
            before = len(bench.robot.sent)
            bench.controller.cancel(task)
            bench.run(0.1)
            rest = bench.robot.pose
            bench.run(0.2)
            assert bench.robot.pose == rest, (name, ticks)
            assert len(bench.robot.sent) - before <= 6
            assert bench.outcomes() == [Outcome.CANCELLED]
            check([pose for _, pose in bench.robot.sent], stops=True)


def test_a_stop_from_full_speed_of_every_axis_takes_its_time_and_no_longer():
    path = brake((np.zeros(7), np.array(LIMITS.velocity), np.zeros(7)), LIMITS, LIMITS.stopping)
    assert path.duration == pytest.approx(0.08, abs=1e-6)
