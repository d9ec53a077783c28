"""Random and hostile orders against a controller on a held clock: everything public it has, at any moment, with values
that make sense and values that do not, while its robot falls silent, is pushed about, or goes to sleep."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from bench.motion.judge import Judge
from bench.motion.recording_robot import FOLDED, RecordingRobot

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import joint_orders, wake
from voice_pipeline.motion.controller import Controller
from voice_pipeline.motion.head_stream import HeadStream, head_goal
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.liveliness import Liveliness, LivelinessSettings
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.protocol import NEUTRAL, Pose
from voice_pipeline.motion.tasks import NOBODY, Refused, Settings, Task
from voice_pipeline.motion.trajectory import JOINTS, Waypoint

DT = 0.02
_STALE_S = 0.15  # as in link.py: no state for so long, and nothing is sent
_HOSTILE = (math.nan, math.inf, -math.inf, 1e308, -1e308, 1e-320, 180.0, -90.0, 0.0, math.pi, -math.pi)
_STATES = ("listening", "thinking", "speaking", "idle", "")


class Onslaught:
    """One controller and who torments it.

    Args:
        limits: of the controller; the judge holds it to the same.
        moves: it may be asked for.
        rng: decides everything.
    """

    def __init__(self, limits: Limits, moves: dict[str, Move], rng: random.Random) -> None:
        self.rng = rng
        self.robot = RecordingRobot()
        self.judge = Judge(limits, DT)
        self.liveliness = Liveliness(LivelinessSettings(breathing_after=0.5, every=2.0), limits, DT)
        self.controller = Controller(self.robot, limits, moves, Settings(), liveliness=self.liveliness)
        self._stream = HeadStream(self.controller, 0.3)
        self.commands = 0
        self.accepted = 0
        self.stops: list[int] = []  # periods from each stop or cancel until the last pose that moved
        self._tasks: list[Task] = []
        self._handed = False
        self._talks = True
        self._names = [*moves, "no such move", "", "nod\0"]
        self._limits = limits
        self._resync = self.controller.resync
        self.controller.resync = self._note_resync  # type: ignore[method-assign]
        self.tick(3)

    # -- the clock

    def tick(self, n: int = 1) -> None:
        """n periods."""
        for _ in range(n):
            self.robot.now += DT
            if self._talks:
                self.robot.say()
            before = len(self.robot.sent)
            self.controller.tick(self.robot.now)
            now = self.robot.sent[before:]
            assert len(now) <= 1, "two poses in one period"
            if now:
                self.judge.sent(now[0][1])
            elif self._writes():
                self.judge.sent(self.robot.sent[-1][1])
            else:
                self.judge.silent()

    def _writes(self) -> bool:
        status = self.controller.status(self.robot.now)
        return (
            bool(self.robot.sent)
            and status.state in ("IDLE", "MOVING", "STOPPED")
            and status.age <= _STALE_S
            and self.controller.awake
            and not self._handed
        )

    def _note_resync(self, velocity: Pose = NEUTRAL) -> None:
        self._resync(velocity)
        if self.robot.state is not None:
            self.judge.restart(self.robot.state.pose)

    # -- orders

    def order(self) -> None:
        """One order of any kind, and none, a few or many periods after it."""
        kind = self.rng.choices(self._kinds, self._weights)[0]
        self.commands += 1
        with suppress(Refused, VoiceError, TypeError, ValueError, OverflowError):
            kind(self)
            self.accepted += 1
        self.tick(self.rng.choice((0, 0, 0, 1, 1, 2, 5, 12)))

    def angle(self) -> float:
        """One that makes sense, or one that does not."""
        if self.rng.random() < 0.15:
            return self.rng.choice(_HOSTILE)
        return self.rng.uniform(-1.0, 1.0) * self.rng.choice((0.05, 0.5, 1.5, 3.2))

    def seconds(self) -> float:
        """A duration, or none."""
        return self.rng.choice((0.0, 0.0, 0.1, 0.3, 1.0, 10.0, 0.01, -1.0, math.nan, math.inf))

    def head(self) -> None:
        """A head movement, sometimes with too few or too many angles."""
        n = 3 if self.rng.random() < 0.95 else self.rng.choice((0, 2, 4))
        angles = tuple(self.angle() for _ in range(n))
        z = self.rng.choice((0.0, -0.003, -0.01, 0.02, math.nan, 5.0))
        self._keep(self.controller.move_head(angles, z, self.seconds(), NOBODY))  # type: ignore[arg-type]

    def look(self) -> None:
        """A direction."""
        self._keep(self.controller.look(self.angle(), self.angle(), self.seconds(), NOBODY))

    def turn(self) -> None:
        """Of its own accord."""
        self.controller.turn_to(self.angle(), self.rng.uniform(0.1, 3.0))

    def play(self) -> None:
        """A gesture at any speed."""
        rng = self.rng
        speed = rng.choice((0.0, 0.25, 1.0, 2.0, 1.7, 9.0, -1.0, math.nan))
        repeat = rng.choice((0, 1, 3, 20, 10_000, -1))
        self._keep(self.controller.play(rng.choice(self._names), speed, repeat, rng.random() < 0.5, NOBODY))

    def stream(self) -> None:
        """A pose of a stream of poses."""
        q = [self.rng.gauss(0.0, self.rng.choice((0.05, 1.0))) for _ in range(3)]
        length = math.sqrt(sum(x * x for x in q) + 1.0)
        w = 1.0 / length if self.rng.random() < 0.9 else self.angle()
        position = (0.0, self.rng.choice((0.0, 0.2)), self.rng.choice((0.177, 0.17, 1.0, math.nan)))
        self._stream.command(
            head_goal(position, (q[0] / length, q[1] / length, q[2] / length, w), self.rng.random() < 0.5)
        )

    def joints(self) -> None:
        """A joint trajectory, often too fast or with a wrong number of values."""
        rng = self.rng
        names = rng.sample([*JOINTS, "stewart_1", ""], rng.randrange(1, 4)) if rng.random() < 0.3 else list(JOINTS)
        t, points = 0.0, []
        for _ in range(rng.randrange(1, 5)):
            t += rng.choice((0.5, 1.5, 3.0, 0.01, 0.0, -1.0, math.inf))
            n = len(names) if rng.random() < 0.95 else rng.randrange(5)
            points.append(Waypoint(t, tuple(self.angle() for _ in range(n))))
        delay = rng.choice((0.0, 0.0, 0.2, -0.1, math.nan))
        self._keep(joint_orders.follow(self.controller, names, points, delay, joint_orders.Tolerances(), NOBODY))

    def cancel(self) -> None:
        """The last task, or one long over."""
        if self._tasks:
            self.judge.stop_ordered()
            self.controller.cancel(self._tasks[-1] if self.rng.random() < 0.7 else self.rng.choice(self._tasks))

    def stop(self) -> None:
        """The latched stop; held for a moment, then released."""
        before = len(self.robot.sent)
        self.judge.stop_ordered()
        self.controller.stop()
        if not self._talks or not self._writes():
            self.tick(self.rng.randrange(8))
        else:
            begun = self.robot.now
            self.tick(10)
            sent = self.robot.sent[before - 1 :]
            moved = [t for (_, a), (t, b) in pairwise(sent) if a != b]
            self.stops.append(round((max(moved, default=begun) - begun) / DT))
        self.controller.reset_stop()

    def still(self) -> None:
        """Somebody speaks, or does not."""
        self.controller.keep_still(self.rng.random() < 0.5)

    def converse(self) -> None:
        """A turn of the conversation, and what is audible."""
        self.liveliness.turn(self.rng.choice(_STATES), self.robot.now)
        self.liveliness.loudness(self.rng.choice((-20.0, -40.0, -math.inf, math.nan, 300.0)), self.robot.now)

    def flood(self) -> None:
        """1 kHz of orders by two clients, for up to a tenth of a second."""
        for n in range(self.rng.randrange(20, 100)):
            self.commands += 1
            with suppress(Refused, TypeError, ValueError, OverflowError):
                (self.head if n % 2 else self.rng.choice((self.look, self.play, self.stream, self.cancel)))()
            if n % 20 == 19:
                self.tick()

    # -- what happens to the robot

    def silence(self) -> None:
        """No states for a while: held, lost, back."""
        self._talks = False
        self.tick(self.rng.choice((3, 8, 12, 20, 40)))
        self._talks = True
        self.tick()

    def lose(self) -> None:
        """The connection breaks; somebody moves the robot by hand meanwhile."""
        self.robot.connected = False
        self.tick(self.rng.randrange(1, 10))
        self.push()
        self.robot.connected = True
        self.tick()

    def push(self) -> None:
        """Somebody moves the robot by hand, out of its box too."""
        low, high = self._limits.low, self._limits.high
        self.robot.pose = Pose(*(self.rng.uniform(1.2 * lo, 1.2 * hi) for lo, hi in zip(low, high, strict=True)))

    def jump(self) -> None:
        """The controller is told to begin anew from a pose and velocity that somebody measured."""
        if self._writes():
            self.push()
            self.robot.say()
            top = self._limits.velocity
            self.controller.resync(Pose(*(self.rng.uniform(-2.0 * v, 2.0 * v) for v in top)))

    def motors(self) -> None:
        """Another program switches the motors off; the robot sinks; it is woken."""
        self.robot.motors = "disabled"
        self.robot.pose = self.rng.choice((FOLDED, self.robot.pose))
        self.tick(3)
        self.wake()

    def wake(self) -> None:
        """Wake it, asleep or not."""
        self._block(wake.wake_up)

    def sleep(self) -> None:
        """Put it to sleep, let orders rain on it, wake it."""
        self._block(wake.sleep)
        with suppress(Refused):
            self.head()
        self.tick(3)
        self._block(wake.wake_up)

    def refuse(self) -> None:
        """Its daemon answers orders with errors while it is to wake up or sleep."""
        self.robot.refuses = True
        with suppress(VoiceError):
            self._block(self.rng.choice((wake.wake_up, wake.sleep)))
        self.robot.refuses = False

    # -- parts

    def _keep(self, task: Task) -> None:
        self._tasks = [*self._tasks[-20:], task]

    def _block(self, order: Callable[[Controller], str]) -> None:
        """An order that blocks, on a thread of its own while the clock goes on; a stop may come in between."""
        failed: list[Exception] = []

        def work() -> None:
            try:
                order(self.controller)
            except (VoiceError, Refused) as error:
                failed.append(error)

        thread = threading.Thread(target=work, name="onslaught-order", daemon=True)
        thread.start()
        interrupt = self.rng.random() < 0.3
        for n in range(20_000):
            if not thread.is_alive():
                break
            self._handed = self.controller.status(self.robot.now).move in ("wake_up", "sleep")
            self.tick()
            if interrupt and n == 7:
                self.judge.stop_ordered()
                self.controller.stop()
                self.tick(8)
                self.controller.reset_stop()
            thread.join(0.0005)
        thread.join(60.0)
        self._handed = False
        assert not thread.is_alive(), "an order blocks for ever"

    _kinds = (
        *(head, look, turn, play, stream, joints, cancel, stop, still, converse, flood),
        *(silence, lose, jump, motors, wake, sleep, refuse),
    )
    _weights = (30, 20, 4, 20, 20, 10, 8, 4, 6, 6, 1, 2, 2, 2, 0.5, 0.5, 0.5, 0.3)


@dataclass
class Tally:
    """What came of an onslaught. stops: periods from each stop until the last pose that moved."""

    commands: int = 0
    accepted: int = 0
    poses: int = 0
    violations: list[str] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)


def run(
    limits: Limits, moves: dict[str, Move], commands: int, seed: int, each: Callable[[int], object] = lambda done: None
) -> Tally:
    """At least `commands` orders, a fresh controller every thousand. `each` is told how many there were."""
    tally = Tally()
    while tally.commands < commands:
        onslaught = Onslaught(limits, moves, random.Random(seed))
        while onslaught.commands < min(1000, commands - tally.commands):
            onslaught.order()
        onslaught.tick(100)
        tally.commands += onslaught.commands
        tally.accepted += onslaught.accepted
        tally.poses += onslaught.judge.poses
        tally.violations += [f"seed {seed}: {v}" for v in onslaught.judge.violations()]
        tally.stops += onslaught.stops
        seed += 1
        each(tally.commands)
    return tally
