"""The only writer to the robot: a 50 Hz loop that runs one task at a time through the limiter, watches the age of the
measured state, and obeys a latched stop. `tick` takes the time, so that a test can hold the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion import goals
from voice_pipeline.motion.follower import Follower
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.link import Link
from voice_pipeline.motion.liveliness import Liveliness
from voice_pipeline.motion.moves import Move, Playing
from voice_pipeline.motion.paths import PEAK_VELOCITY, Path, Point, travel
from voice_pipeline.motion.protocol import NEUTRAL, Bearing, Pose, Robot, RobotState
from voice_pipeline.motion.tasks import NOBODY, Listener, Outcome, Refused, Report, Settings, Status, Task
from voice_pipeline.motion.ticker import Ticker

_KEEP_ALIVE_S = 0.5  # a pose at rest is sent this often: the motors hold it anyhow
_REPORT_S = 0.1
_GATHER_S = 0.3  # from what it did of its own accord to the start of a gesture, at least
_TAKEN = "Another program moves the robot. Wait for the end of its move, and let no other program move it."
_SPEEDS = (0.25, 2.0)
_MOST_REPEATS = 20


class Controller:
    """Runs tasks on a robot. All methods may be called from any thread.

    Args:
        robot: not yet started.
        limits: kept on every pose that is sent.
        moves: the gestures by name.
        on_change: told when the status changes.
        on_asleep: told when the robot should be awake and is found asleep; calls `wake` on a thread that may block.
        liveliness: what it does of its own accord while no task runs; None: nothing.
    """

    def __init__(
        self,
        robot: Robot,
        limits: Limits,
        moves: Mapping[str, Move],
        settings: Settings,
        on_change: Callable[[], None] = lambda: None,
        on_asleep: Callable[[], object] = lambda: None,
        liveliness: Liveliness | None = None,
    ) -> None:
        self.robot, self.limits, self.moves, self.settings = robot, limits, moves, settings
        self._on_change, self._on_asleep = on_change, on_asleep
        self._dt = 1.0 / settings.rate
        self._liveliness = liveliness
        self._follower = Follower(limits, self._dt, liveliness)
        self._link = Link(robot, limits, settings.state_timeout)
        self.lock = threading.RLock()
        self._calls: list[Callable[[], object]] = []  # made once the lock is released
        self._task: Task | None = None
        self._held = self._follower.pose  # what gestures start from and return to
        self._stopped = False
        self._still = False
        self._claimed_until = 0.0
        self._handed_over = ""  # what the robot does by itself meanwhile: wake_up, sleep
        self._goal_clamps = 0
        self._sent: Pose | None = None
        self._sent_at = 0.0
        self._left: Pose | None = None  # where it was told to be when somebody else moved it away
        self._shown = ("", "")
        self._wants_awake = settings.keep_awake
        self._ticker = Ticker("motion-writer", self._dt, self.tick)

    # -- the loop

    def start(
        self,
        on_state: Callable[[RobotState], None] = lambda state: None,
        on_bearing: Callable[[Bearing], None] | None = None,
    ) -> None:
        """Connect and begin to write. `on_state` and `on_bearing`: see Robot.start."""
        self.robot.start(on_state, on_bearing)
        self._ticker.start()

    def close(self, timeout: float = 1.0) -> None:
        """Bring the motion to rest (at most `timeout` s), end the task, disconnect. The robot keeps its last pose."""
        self._latch()
        self._ticker.stop_when(lambda: not (self._follower.moving and self._link.connected), timeout)
        self._finish(Outcome.STOPPED, "The node was stopped.")
        try:
            self._make_calls()
        finally:
            self.robot.close()

    def tick(self, now: float) -> None:
        """One period: watch, advance, send. `now` in time.monotonic() seconds."""
        with self.lock:
            self._watch(now)
            pose = None
            link = self._link
            ours = link.connected and link.awake and not (link.stale or link.taken or self._handed_over)
            if ours and not self._leaves(now):
                pose = self._follower.step(now, calm=self._task is not None or self._stopped)
                link.compare(pose, now)
                self._supervise(now)
            status = self.status(now)
            if (status.state, status.move) != self._shown:
                self._shown = (status.state, status.move)
                self._calls.append(self._on_change)
        if pose is not None and (pose != self._sent or now - self._sent_at >= _KEEP_ALIVE_S):
            self.robot.set_target(pose)
            self._sent, self._sent_at = pose, now
        self._make_calls()

    # -- orders

    def move_head(self, angles: tuple[float, float, float], z: float, duration: float, listener: Listener) -> Task:
        """Turn the head to roll, pitch, yaw (rad, relative to the body) and z (m) in `duration` s; 0: at once.

        Raises:
            Refused: see Outcome.
        """
        with self.lock:
            self._check_ready()
            goals.check_duration(duration)
            target, clamped = goals.head_target(self._held, *angles, z, self.limits)
            return self._head("move_head", target, clamped, duration, listener)

    def look(self, yaw: float, pitch: float, duration: float, listener: Listener) -> Task:
        """Look in a direction of the base frame (rad), turning the body for what the head cannot reach.

        Raises:
            Refused: see Outcome.
        """
        with self.lock:
            self._check_ready()
            goals.check_duration(duration)
            target, clamped = goals.look_target(self._held, yaw, pitch, self.limits)
            return self._head("look_at", target, clamped, duration, listener)

    def turn_to(self, yaw: float, speed: float) -> bool:
        """Turn to a yaw of the base frame (rad) of its own accord, at most at `speed` (rad/s); False when it should not
        now: asleep, stopped, kept still, or anything else moves. It makes way for every order and has no listener."""
        with self.lock:
            try:
                self._check_ready()
                target, _ = goals.look_target(self._held, yaw, self._held.pitch, self.limits)
            except Refused:
                return False
            if (
                self._task is not None
                or self._follower.following
                or self._still
                or time.monotonic() < self._claimed_until
            ):
                return False
            reach = max(abs(a - b) for a, b in zip(target, self._follower.pose, strict=True))
            paths = travel(self._follower.point(), target, self.limits, PEAK_VELOCITY * reach / speed)
            task = Task("look_at_speaker", False, target, False, NOBODY, time.monotonic(), own=True)
            self._begin(task, paths, target, replan=True)
            return True

    def keep_still(self, still: bool) -> bool:
        """Somebody speaks: what moves of its own accord comes to rest and the antennas hold; orders go on. Returns
        whether such a movement was broken off."""
        with self.lock:
            self._still = still
            self._follower.keep_still(still)
            if self._liveliness is not None:
                self._liveliness.still(still, time.monotonic())
            task = self._task
            if task is None or not (still and task.own):
                return False
            task.ending = Outcome.CANCELLED
            self._follower.brake()  # gently: somebody listens
            return self._follower.following

    def play(self, name: str, speed: float, repeat: int, preempt: bool, listener: Listener) -> Task:
        """Play a gesture from the held pose and return to it. 0 for speed and repeat mean 1.

        Raises:
            Refused: see Outcome.
        """
        with self.lock:
            self._check_ready()
            move = self.moves.get(name)
            if move is None:
                known = ", ".join(sorted(self.moves))
                raise Refused(Outcome.UNKNOWN_MOVE, f"There is no move '{name}'. Known moves: {known}.")
            speed, repeat = speed or 1.0, repeat or 1
            if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
                raise Refused(Outcome.INVALID_GOAL, f"speed is {speed:g}; give {_SPEEDS[0]:g}..{_SPEEDS[1]:g}.")
            if repeat > _MOST_REPEATS:
                raise Refused(Outcome.INVALID_GOAL, f"repeat is {repeat}; give at most {_MOST_REPEATS}.")
            if not preempt:
                self._check_no_move()
            allowed = min(speed, 1.0 / move.slowdown(self.limits))
            base = move.base(self._held, self.limits)
            task = Task(name, True, base, allowed < speed, listener, time.monotonic())
            paths: list[Path] = []
            if self._follower.moving or any(abs(a - b) > 1e-6 for a, b in zip(base, self._follower.pose, strict=True)):
                gentle = _GATHER_S if self._follower.lively else 0.0
                paths += travel(self._follower.point(), base, self.limits, gentle)
            return self._begin(task, [*paths, Playing(move, base, allowed, repeat)], base, replan=False)

    def adopt(
        self, plan: Callable[[Pose, Point], tuple[Task, Path] | None], yields: bool, mine: Task | None = None
    ) -> Task | None:
        """Run the task and path that `plan` makes of the held pose and the point to begin at, in place of a head movement;
        None: it made nothing.

        yields: not in place of anything that was asked for but `mine`.

        Raises:
            Refused: see Outcome; and whatever `plan` raises.
        """
        with self.lock:
            self._check_ready()
            self._check_no_move()
            running = self._task
            asked = running is not None and running is not mine and not running.own
            if yields and running is not None and asked and running.ending is Outcome.NONE:
                raise Refused(Outcome.BUSY, f"{running.name} is under way.")
            made = plan(self._held, self._follower.point())
            return self._begin(made[0], [made[1]], made[0].target, replan=False) if made else None

    def retarget(self, task: Task, target: Pose) -> bool:
        """A task moved its path to another target; False when it is no longer under way."""
        with self.lock:
            self._check_ready()
            if task is not self._task or task.ending is not Outcome.NONE:
                return False
            task.target = self._held = target
            return True

    def claim(self, until: float) -> None:
        """Nothing but liveliness moves of its own accord until that time: poses stream in."""
        self._claimed_until = until

    @property
    def occupied(self) -> bool:
        """A task is under way, its own included."""
        return self._task is not None

    @property
    def held(self) -> Pose:
        """What gestures start from and return to."""
        return self._held

    def cancel(self, task: Task) -> None:
        """Bring a task to rest; it ends CANCELLED then. Nothing happens when it is over already."""
        with self.lock:
            if task is self._task and task.ending is Outcome.NONE:
                task.ending = Outcome.CANCELLED
                self._follower.halt()

    def stop(self) -> None:
        """Latch the stop: what moves is at rest within the stop time and stays; orders are refused until reset_stop."""
        self._latch()
        self.robot.keep_at_rest(True)

    def _latch(self) -> None:
        with self.lock:
            self._stopped = True
            if self._task is not None:
                self._task.ending = Outcome.STOPPED
            if not self._handed_over:
                self._follower.halt()

    def reset_stop(self) -> None:
        """Take orders again. Nothing moves by itself."""
        with self.lock:
            self._stopped = False
        self.robot.keep_at_rest(False)

    @property
    def late(self) -> int:
        """Periods that began late; since start."""
        return self._ticker.late

    @property
    def failed(self) -> int:
        """Periods that ended in an error, a bug; since start."""
        return self._ticker.failed

    @property
    def guarded(self) -> int:
        """Poses that the joints did not allow; since start, counted as clamps too."""
        return self._follower.guarded

    @property
    def stopped(self) -> bool:
        """The stop is latched."""
        return self._stopped

    # -- what it does

    @property
    def lively(self) -> bool:
        """It moves of its own accord just now; that is no movement of `status`, which waits for orders."""
        return self.awake and self._liveliness is not None and self._liveliness.moving

    def status(self, now: float) -> Status:
        """How things stand."""
        with self.lock:
            link, task = self._link, self._task
            move, progress, detail = (task.name if task else ""), 0.0, ""
            if not link.connected:
                state, detail = "DISCONNECTED", link.reason(now)
            elif self._stopped and not (link.awake and self._follower.moving):
                state, detail = "STOPPED", "The stop is latched; motion/reset_stop releases it."
            elif self._handed_over:
                state, move = "MOVING", self._handed_over
            elif link.taken:
                state, detail = "MOVING", _TAKEN
            elif not link.awake:
                state, detail = "SLEEPING", "Asleep; motion/wake_up wakes it."
            elif task is not None or self._follower.moving:
                state = "MOVING"
            else:
                state = "IDLE"
            if task is not None:
                progress = self._follower.progress
            clamps = self._follower.clamps + self._goal_clamps
            age = link.age(now)
            return Status(state, move, progress, age, clamps, detail, self.robot.state, link.following)

    def _watch(self, now: float) -> None:
        event = self._link.update(now, bool(self._handed_over))
        if event == "lost":
            self._finish(Outcome.ROBOT_DISCONNECTED, self._link.reason(now))
        elif event == "back":
            self.resync()
            if self._link.awake:
                self._wants_awake = True
            elif self._wants_awake and not self._stopped:
                self._calls.append(self._on_asleep)
        elif event == "asleep":
            self._finish(Outcome.ASLEEP, "The motors were switched off.")
        elif event == "taken":
            self._finish(Outcome.NOT_REACHED, _TAKEN)
            self.resync()
        elif event == "given":  # not woken: whoever put it to sleep meant it
            self._link.awake = self._link.looks_awake
            self.resync()
        elif event == "stale":
            self._follower.pause()

    def _leaves(self, now: float) -> bool:
        """Somebody else moves a robot that is at rest for us. It is left there: what is sent again would pull it back at
        once, when a move of theirs ends. The next order begins where it is then."""
        if self._task is not None or self._follower.moving:
            self._left = None
            return False
        if self._left is not None:
            self._link.compare(self._left, now)
        if self._link.strayed:
            left = self._left or self._follower.pose
            self.resync()
            self._left = left
            return True
        if self._left is not None:  # it came back by itself: a hand held it
            self._follower.reset(self._left)
            self._held, self._left = self.limits.clamp(self._left)[0], None
        return False

    def _supervise(self, now: float) -> None:
        """Report on the task, and end it when it is done."""
        task = self._task
        if task is None:
            return
        if now - task.reported >= _REPORT_S:
            task.reported = now
            report = self._report(task)
            self._calls.append(lambda: task.listener.progress(report))
        broken = task.watch(now, self.robot.state) if task.ending is Outcome.NONE else None
        if broken is not None:
            task.ending, task.reason = broken
            self._follower.brake()
        if self._follower.moving:
            return
        if task.ending is not Outcome.NONE:
            if not task.is_move or task.ending is Outcome.STOPPED:
                self._held = self._follower.pose
            self._finish(task.ending, task.reason or f"{task.name} was {task.ending.value}.")
            return
        if task.settling is None:
            task.settling = now
        verdict = task.verdict(self.robot.state, now - task.settling, self.settings)
        if verdict is not None:
            self._finish(*verdict)

    def _head(self, name: str, target: Pose, clamped: bool, duration: float, listener: Listener) -> Task:
        self._check_no_move()
        self._goal_clamps += clamped
        task = Task(name, False, target, clamped, listener, time.monotonic())
        paths = travel(self._follower.point(), target, self.limits, duration)
        return self._begin(task, paths, target, replan=True)

    def _begin(self, task: Task, paths: Sequence[Path], held: Pose, replan: bool) -> Task:
        if self._task is not None:
            ending = self._task.ending if self._task.ending is not Outcome.NONE else Outcome.PREEMPTED
            self._finish(ending, f"{self._task.name} made way for {task.name}.")
        self._task, self._held = task, held
        self._follower.follow(paths, held if replan else None)
        return task

    def _finish(self, outcome: Outcome, message: str) -> None:
        with self.lock:
            task, self._task = self._task, None
            if task is not None:
                report = self._report(task)
                self._calls.append(lambda: task.listener.done(outcome, message, report))

    def _report(self, task: Task) -> Report:
        state = self.robot.state
        seconds = time.monotonic() - task.begun
        return Report(self._follower.progress, task.error(state), seconds, task.clamped, state)

    def _make_calls(self) -> None:
        with self.lock:
            calls, self._calls = self._calls, []
        with ExitStack() as stack:  # one that raises must not keep a goal from hearing of its end
            for call in reversed(calls):
                stack.callback(call)

    def _check_ready(self) -> None:
        now = time.monotonic()
        if not self._link.connected:
            raise Refused(Outcome.ROBOT_DISCONNECTED, self._link.reason(now))
        if self._stopped:
            raise Refused(Outcome.STOPPED, "The stop is latched; call motion/reset_stop first.")
        if self._handed_over:
            raise Refused(Outcome.BUSY, f"The robot is busy with {self._handed_over}.")
        if self._link.taken:
            raise Refused(Outcome.BUSY, _TAKEN)
        if not self._link.awake:
            raise Refused(Outcome.ASLEEP, "The robot is asleep; call motion/wake_up first.")

    def _check_no_move(self) -> None:
        task = self._task
        if task is not None and task.is_move and task.ending is Outcome.NONE:
            raise Refused(Outcome.BUSY, f"'{task.name}' is being played; wait for its end, cancel it or preempt.")

    # -- for wake.py, which lets the robot move by itself for a while

    @property
    def awake(self) -> bool:
        """Connected, motors on and not in the sleeping pose."""
        return self._link.connected and self._link.awake

    @property
    def looks_awake(self) -> bool:
        """By its last state: motors on, and not in the sleeping pose."""
        return self._link.looks_awake

    def rest(self, listener: Listener) -> Task:
        """Go to neutral, body and antennas included, whatever runs. Raises Refused."""
        with self.lock:
            self._check_ready()
            if self._task is not None:
                self._finish(Outcome.PREEMPTED, f"{self._task.name} made way for rest.")
            return self._head("rest", NEUTRAL, False, 0.0, listener)

    def hand_over(self, name: str, awake: bool) -> None:
        """Stop writing: the robot moves by itself until `take_back`. `awake`: what it shall be afterwards.

        Raises:
            VoiceError: there is no robot, the stop is latched, or it was handed over already.
        """
        with self.lock:
            now = time.monotonic()
            if not self._link.connected:
                raise VoiceError(self._link.reason(now), "")
            if self._stopped:
                raise VoiceError("The stop is latched.", "Call motion/reset_stop first.")
            if self._handed_over:
                raise VoiceError(f"The robot is busy with {self._handed_over}.", "Wait for its end.")
            self._finish(Outcome.PREEMPTED, f"It made way for {name}.")
            self._handed_over, self._wants_awake = name, awake

    def lend(self, name: str) -> None:
        """`hand_over` as an order that people give: it takes the place of a head movement, not of a gesture.

        Raises:
            Refused: as for any head movement.
        """
        with self.lock:
            self._check_ready()
            self._check_no_move()
            self.hand_over(name, awake=True)

    def take_back(self, awake: bool) -> None:
        """Write again, from the measured pose and velocity."""
        with self.lock:
            self._handed_over = ""
            self._link.awake = awake and self._link.connected
            self.resync(self._link.velocity)

    def resync(self, velocity: Pose = NEUTRAL) -> None:
        """Go on from the measured pose, without a jump."""
        state = self.robot.state
        if state is None:
            return
        with self.lock:
            self._follower.reset(state.pose, velocity)
            self._held = self.limits.clamp(state.pose)[0]
            self._sent = self._left = None
