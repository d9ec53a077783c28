"""Whatever is asked of a controller, and whatever happens to its robot: what is sent stays within every limit. The orders
and the judge are those of `make bench-motion`, which asks for more of them."""

import random
import threading
from contextlib import suppress

import pytest
from bench.motion.judge import Judge, attach
from bench.motion.onslaught import DT, Onslaught, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_motion_controller import Bench

from voice_pipeline.motion.kinematics import guard_from
from voice_pipeline.motion.limiter import Limiter
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.move_files import load_moves
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import Refused
from voice_pipeline.resources import resource

GUARD = guard_from(resource("config/robots/reachy_mini_neck.yaml"))
LIMITS = make_limits(guard=GUARD)
WIDE = make_limits(roll=30.0, pitch=35.0, guard=GUARD)
MOVES = load_moves([resource("config/moves")], LIMITS)
STOP_PERIODS = 5  # 100 ms

pytestmark = pytest.mark.timeout(600)


def test_ten_thousand_random_and_hostile_orders_break_no_limit_and_every_stop_is_at_rest_in_100_ms():
    tally = run(LIMITS, MOVES, 10_000, seed=20)
    assert tally.violations == []
    assert tally.commands >= 10_000
    assert tally.accepted > 2000  # some of it made sense
    assert tally.poses > 10_000
    assert len(tally.stops) > 50
    assert max(tally.stops) <= STOP_PERIODS


def test_in_a_wide_box_the_joints_hold_too():
    tally = run(WIDE, MOVES, 3000, seed=900)
    assert tally.violations == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 25))
def test_no_sequence_of_orders_breaks_a_limit(rng, orders):
    onslaught = Onslaught(LIMITS, MOVES, rng)
    for _ in range(orders):
        onslaught.order()
    onslaught.tick(50)
    assert onslaught.judge.violations() == []


def test_two_clients_who_flood_it_from_threads_of_their_own_break_no_limit():
    onslaught = Onslaught(LIMITS, MOVES, random.Random(3))
    done, begun = threading.Event(), threading.Barrier(3)
    given_orders = []

    def client(seed):
        rng = random.Random(seed)
        theirs = Onslaught.__new__(Onslaught)  # the same orders on the same controller, with dice of their own
        theirs.__dict__.update(onslaught.__dict__ | {"rng": rng, "_tasks": []})
        count = 0
        begun.wait()
        while not (count and done.is_set()):
            with suppress(Refused, TypeError, ValueError, OverflowError):
                rng.choice((theirs.head, theirs.look, theirs.turn, theirs.play, theirs.stream, theirs.still))()
            count += 1
        given_orders.append(count)

    clients = [threading.Thread(target=client, args=(seed,)) for seed in (1, 2)]
    for thread in clients:
        thread.start()
    begun.wait()
    onslaught.tick(1500)
    done.set()
    for thread in clients:
        thread.join()
    assert onslaught.judge.violations() == []
    assert min(given_orders) > 0


def test_without_the_limiter_the_judge_finds_what_is_wrong(monkeypatch):
    def let_through(self, wanted, stopping=False):
        self.velocity = Pose(*((w - p) / DT for w, p in zip(wanted, self.pose, strict=True)))
        self.pose = wanted
        return wanted, False

    monkeypatch.setattr(Limiter, "step", let_through)
    assert run(LIMITS, MOVES, 500, seed=1).violations


@pytest.mark.parametrize(
    ("poses", "what"),
    [
        ([Pose(yaw=0.8)], "yaw leaves the box"),
        ([Pose(yaw=0.05)], "yaw is too fast"),
        ([Pose(z=-0.0005)], "z accelerates too hard"),
        ([Pose(pitch=float("nan"))], "not finite"),
        ([NEUTRAL, Pose(body_yaw=0.0022)], "body_yaw accelerates too hard"),
    ],
)
def test_the_judge_sees_each_kind_of_violation(poses, what):
    judge = Judge(LIMITS, DT)
    for pose in poses:
        judge.sent(pose)
    assert any(what in found for found in judge.violations())


def test_the_judge_lets_a_stop_slow_down_hard_and_nothing_else():
    def slow_down(ordered):
        judge = Judge(LIMITS, DT)
        yaw, speed = 0.0, 0.0
        for speed in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 0.5, 0.0):
            if speed == 0.5 and ordered:
                judge.stop_ordered()
            yaw += speed * DT
            judge.sent(Pose(yaw=yaw))
        return judge.violations()

    assert slow_down(ordered=True) == []
    assert any("yaw accelerates too hard" in found for found in slow_down(ordered=False))


def test_the_judge_lets_what_starts_outside_come_in_only():
    judge = Judge(LIMITS, DT)
    judge.restart(Pose(yaw=0.9))
    judge.sent(Pose(yaw=0.89))
    assert judge.violations() == []
    judge.sent(Pose(yaw=0.891))
    assert any("yaw leaves the box" in found for found in judge.violations())


def test_the_judge_of_a_running_controller_sees_a_jump_but_none_where_states_came_late_or_it_was_stopped(monkeypatch):
    bench = Bench()
    judge = attach(bench.controller)
    bench.head(0.7)
    bench.run(0.3)
    bench.run(0.3, states=False)  # held
    bench.robot.now += 1.0  # a machine that stood still
    bench.robot.say()
    bench.run(0.3)
    bench.controller.stop()
    bench.run(0.5)
    bench.controller.reset_stop()
    assert judge.breaks > 0
    assert judge.violations() == []
    step = Limiter.step
    monkeypatch.setattr(Limiter, "step", lambda self, *args, **kwargs: (Pose(yaw=0.3), step(self, *args, **kwargs)[1]))
    bench.run(0.1)
    assert any("yaw accelerates too hard" in found for found in judge.violations())
