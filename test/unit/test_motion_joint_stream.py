"""What a 50 Hz stream of poses becomes for a trajectory controller: it follows late, within the limits, ends at rest by
itself, and says nothing while nothing moves. A controller that interpolates as ros2_control's plays the trajectories."""

import itertools
import math
import random

import pytest

from voice_pipeline.motion.joint_stream import JointPoint, JointStream
from voice_pipeline.motion.limits import make_limits
from voice_pipeline.motion.paths import at_rest, travel
from voice_pipeline.motion.protocol import NEUTRAL

DT, PERIOD = 0.02, 0.1
LEAD = 1.5 * PERIOD
V, A = (2.0, 2.0), (10.0, 10.0)


def spline(a, b, t):
    """Position on the cubic from a to b (JointPoint), written anew: the controller's side of the wire."""
    h = b.time - a.time
    u = min(max((t - a.time) / h, 0.0), 1.0)
    h00, h10, h01, h11 = 2 * u**3 - 3 * u**2 + 1, u**3 - 2 * u**2 + u, -2 * u**3 + 3 * u**2, u**3 - u**2
    rows = zip(a.positions, a.velocities, b.positions, b.velocities, strict=True)
    return tuple(h00 * p + h10 * h * v + h01 * q + h11 * h * w for p, v, q, w in rows)


class Controller:
    """Plays what it is sent, as ros2_control does, from where it is; on the test's clock."""

    def __init__(self, n=2):
        zero = tuple([0.0] * n)
        self.points, self.begun = [JointPoint(zero, zero, 0.0)], 0.0

    def at(self, now):
        t = now - self.begun
        for a, b in itertools.pairwise(self.points):
            if t < b.time:
                return spline(a, b, t)
        return self.points[-1].positions

    def take(self, points, now):
        e = 1e-5
        here, before = self.at(now), self.at(now - e)
        speed = tuple((p - q) / e for p, q in zip(here, before, strict=True))
        if all(abs(p - q) < 1e-12 for p, q in zip(here, before, strict=True)):
            speed = tuple(0.0 for _ in here)
        self.points, self.begun = [JointPoint(here, speed, 0.0), *points], now


class Bench:
    """A stream, a controller behind it and a clock; `late` is how long a trajectory travels."""

    def __init__(self, late=0.0, jitter=0.0):
        self.stream = JointStream(V, A, DT, LEAD)
        self.stream.begin((0.0, 0.0))
        self.controller = Controller()
        self.now, self.due, self.sent, self.way = 10.0, 10.0, [], []
        self.late, self.jitter, self.mail = late, jitter, []
        self.random = random.Random(7)

    def tick(self, positions=None):
        if positions is not None:
            self.stream.ask(positions, self.now)
        if self.now >= self.due:
            self.due = self.now + PERIOD
            points = self.stream.next(self.now, self.controller.at(self.now))
            if points:
                self.sent.append(points)
                self.mail.append((self.now + self.late + self.random.uniform(0, self.jitter), points))
        for i in range(4):  # the controller's own rate is higher than the stream's
            t = self.now + i * DT / 4
            while self.mail and self.mail[0][0] <= t:
                self.controller.take(self.mail.pop(0)[1], t)
            self.way.append((t, self.controller.at(t)))
        self.now += DT

    def play(self, poses, rest=1.0):
        for pose in poses:
            self.tick(pose)
        for _ in range(round(rest / DT)):
            self.tick()


def moves(n, seed=1):
    """Joint positions of n head movements one after another, each begun before the last is over."""
    limits = make_limits(pitch=45.0, yaw=60.0, head_velocity=math.degrees(V[0]), head_acceleration=math.degrees(A[0]))
    chance, point, way = random.Random(seed), at_rest(NEUTRAL), []
    for _ in range(n):
        goal = NEUTRAL._replace(yaw=chance.uniform(-1.0, 1.0), pitch=chance.uniform(-0.7, 0.7))
        t = 0.0
        paths = travel(point, goal, limits)
        share = chance.uniform(0.4, 1.0)
        for path in paths:
            t = DT
            while t <= path.duration * share:
                point = path.at(t)
                way.append((float(point[0][2]), float(point[0][1])))
                t += DT
    return way


def speeds(way):
    values = []
    for (t, p), (u, q) in itertools.pairwise(way):
        values.append(tuple((b - a) / (u - t) for a, b in zip(p, q, strict=True)))
    return values


def test_nothing_is_sent_while_nothing_moves():
    bench = Bench()
    bench.play([(0.0, 0.0)] * 50)
    assert bench.sent == []


def test_the_robot_is_where_the_stream_was_one_lead_ago():
    way = moves(6)
    bench = Bench()
    bench.play(way)
    shift = round(LEAD / DT * 4)
    for i, pose in enumerate(way):
        at = bench.way[i * 4 + shift][1]
        assert at == pytest.approx(pose, abs=0.03)  # rad
    assert bench.way[-1][1] == pytest.approx(way[-1], abs=1e-4)


# The limits are those of the stream; a robot that got a trajectory late has to catch up a little.
@pytest.mark.parametrize(("late", "jitter", "over"), [(0.0, 0.0, 1.02), (0.005, 0.02, 1.12), (0.02, 0.06, 1.35)])
def test_what_the_robot_does_keeps_the_speed_limits_give_or_take_the_jitter_of_the_network(late, jitter, over):
    bench = Bench(late, jitter)
    bench.play(moves(40))
    fastest = max(max(map(abs, s)) for s in speeds(bench.way))
    assert fastest < over * V[0]


def test_a_robot_that_hears_nothing_more_comes_to_rest_at_the_edge_of_no_range():
    bench = Bench()
    way = moves(30, seed=3)
    for i, pose in enumerate(way):
        bench.tick(pose)
        if i % 7 == 0 and bench.sent:
            last = bench.sent[-1][-1]
            assert last.velocities == (0.0, 0.0)
            assert abs(last.positions[0]) <= math.radians(60.0) + 0.02
            assert abs(last.positions[1]) <= math.radians(45.0) + 0.02
            assert last.time <= LEAD + max(V) / min(A) + 1e-6


def test_the_times_of_a_trajectory_rise():
    bench = Bench()
    bench.play(moves(20))
    for points in bench.sent:
        times = [p.time for p in points]
        assert times == sorted(set(times))
        assert times[0] >= LEAD


def test_a_gap_is_bridged_no_faster_than_the_limit():
    """The controller took a second to answer; the stream went on meanwhile."""
    stream = JointStream(V, A, DT, LEAD)
    stream.begin((0.0, 0.0))
    for i in range(1, 50):
        stream.ask((0.02 * i, 0.0), 10.0 + DT * i)
    points = stream.next(11.0, (0.0, 0.0))
    assert points[0].time >= 0.98 / V[0]


def test_a_creeping_stream_is_followed():
    bench = Bench()
    bench.play([(5e-6 * i, 0.0) for i in range(2000)])
    assert bench.way[-1][1][0] == pytest.approx(5e-6 * 1999, abs=2e-5)


def test_the_pose_that_a_connection_begins_with_is_no_order_even_when_the_encoders_are_noisy():
    stream = JointStream(V, A, DT, LEAD)
    stream.begin((0.3, 0.0))
    for i in range(10):
        stream.ask((0.302, -0.001), 10.0 + 0.5 * i)
        assert stream.next(10.0 + 0.5 * i, (0.3, 0.0)) == []


def test_a_head_that_somebody_moved_meanwhile_is_fetched_back_no_faster_than_the_limit():
    stream = JointStream(V, A, DT, LEAD)
    stream.begin((0.0, 0.0))
    stream.ask((0.0, 0.0), 10.0)
    stream.ask((0.01, 0.0), 10.02)
    points = stream.next(10.02, (0.9, 0.0))
    assert points[0].time >= 0.89 / V[0]
