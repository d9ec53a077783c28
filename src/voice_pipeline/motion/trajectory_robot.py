"""Any robot whose head follows joint trajectories (ros2_control and its like), as a `Robot`. How trajectories travel is
the port's affair; what a stream of poses becomes is joint_stream.py's."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.joint_map import JointMap
from voice_pipeline.motion.joint_stream import JointPoint, JointStream
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import NEUTRAL, Bearing, HeadPose, Pose, RobotState
from voice_pipeline.motion.ticker import Ticker
from voice_pipeline.motion.trajectory_port import Errand, Sight, Stage, TrajectoryPort

_ANSWER_S = 1.0  # a server that takes longer to accept a goal is as good as gone
_FRESH_S = 0.45  # age of the joint states from which the robot is gone: just before the controller would say so
_BACKOFF_S = (0.5, 5.0)  # first and longest wait between attempts
_HOLD_S = 0.5  # in which a hold reaches where the joints are already
_LATER_S = 5.0  # what a planned move may take longer than planned
_POLL_S = 0.02  # how often a waiting order looks whether it shall give up


@dataclass(frozen=True)
class TrajectorySettings:
    """rate: Hz, of trajectories while the head moves. dt: s between two poses of the stream. sleep_pitch: rad, how far
    the head hangs asleep."""

    rate: float
    dt: float
    sleep_pitch: float


class TrajectoryRobot:
    """See `Robot` in protocol.py. It has no motor switch: "motors off" means that nothing more is sent, and it says so.

    Args:
        port: not yet open.
        joints: what they drive.
        limits: of the poses; gives the joints' speeds and accelerations.
        clock: s, that of the states.
    """

    name = "ros_control"

    def __init__(
        self,
        port: TrajectoryPort,
        joints: JointMap,
        limits: Limits,
        settings: TrajectorySettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port, self._joints, self._settings, self._clock = port, joints, settings, clock
        period = 1.0 / settings.rate
        rates = joints.rates(limits.velocity), joints.rates(limits.acceleration)
        self._stream = JointStream(*rates, dt=settings.dt, lead=1.5 * period)
        self._lock = threading.RLock()
        self._positions: dict[str, float] = {}
        self._heard: dict[str, float] = {}  # when each joint was last told
        self._state: RobotState | None = None
        self._asked = NEUTRAL
        self._motors = "enabled"
        self._attached = False
        self._fault = f"Not yet connected to {port.trajectories}."
        self._errand: Errand | None = None  # the newest trajectory of the stream
        self._errand_at = 0.0
        self._probe = False  # it failed: the next connection is made by a hold that the server accepts
        self._again = 0.0  # when to try
        self._wait = _BACKOFF_S[0]
        self._lent = False  # goto or pointing has the head
        self._closing = False
        self._on_state: Callable[[RobotState], None] = lambda state: None
        self._ticker = Ticker("robot-trajectories", period, self.tick)

    # -- connection

    @property
    def connected(self) -> bool:
        """See Robot: there is a server that accepts, and joint states are fresh."""
        return self._attached and self._age() <= _FRESH_S

    @property
    def state(self) -> RobotState | None:
        """See Robot."""
        return self._state

    @property
    def fault(self) -> str:
        """See Robot."""
        return "" if self.connected else self._joint_fault() or self._fault

    def start(
        self, on_state: Callable[[RobotState], None], on_bearing: Callable[[Bearing], None] | None = None
    ) -> None:
        """See Robot. It has no microphones of its own."""
        self._on_state = on_state
        self._port.open(self._on_joints)
        self._ticker.start()

    def close(self) -> None:
        """See Robot. What was sent ends at rest by itself."""
        self._closing = True
        self._ticker.stop_when(lambda: True, 0.0)
        self._port.close()

    def tick(self, now: float) -> None:
        """One period: look after the last trajectory, connect, send the next. `now` as the clock has it."""
        with self._lock:
            if not self._port.ready:
                fault = f"There is no action server {self._port.trajectories}."
                if self._attached or not self._fault.startswith(fault):
                    self._detach(fault, now, probe=False)
            elif self._attached:
                self._look_after(now)
            elif now >= self._again and not self._joint_fault():
                self._attach(now)
            if self._attached and not self._lent and (self._errand is None or self._errand.answered):
                points = self._stream.next(now)
                if points:
                    self._errand, self._errand_at = self._port.follow(points), now

    def _on_joints(self, positions: Mapping[str, float]) -> None:
        """Positions of some joints, perhaps not ours: states come from many publishers."""
        now = self._clock()
        with self._lock:
            ours = {n: positions[n] for n in self._joints.names if math.isfinite(positions.get(n, math.nan))}
            if not ours:
                return
            self._positions.update(ours)
            self._heard.update(dict.fromkeys(ours, now))
            if len(self._positions) < len(self._joints.names):
                return
            pose = self._joints.to_pose(self._positions, self._asked)
            head = HeadPose(0.0, 0.0, pose.z, pose.roll, pose.pitch, pose.yaw + pose.body_yaw)
            joints = (pose.body_yaw, *[0.0] * 6, pose.right_antenna, pose.left_antenna)
            received = min(self._heard.values())
            state = RobotState(received, time.time_ns(), head, pose.body_yaw, joints, self._motors)
            self._state = state
        self._on_state(state)

    def _age(self) -> float:
        return self._clock() - min(self._heard.values()) if self._state is not None else math.inf

    def _joint_fault(self) -> str:
        missing = [n for n in self._joints.names if n not in self._positions]
        if missing:
            told = f" (told were {', '.join(self._positions)})" if self._positions else ""
            return f"No joint states of {', '.join(missing)} yet{told}. Start the robot, or correct the joints' names."
        if self._age() > _FRESH_S:
            return f"No joint states for {self._age():.1f} s. See whether the robot's driver still runs."
        return ""

    def _attach(self, now: float) -> None:
        """Connected, when nothing failed before; otherwise once the server accepts to hold the head where it is."""
        if self._probe:
            errand = self._errand
            if errand is None:
                self._errand, self._errand_at = self._port.follow(self._hold()), now
                return
            if not errand.answered:
                if now - self._errand_at > _ANSWER_S:
                    self._detach(f"{self._port.trajectories} does not answer.", now)
                return
            if errand.stage is Stage.REJECTED:
                self._detach(f"{self._port.trajectories} refuses trajectories. {errand.detail}", now)
                return
        self._attached, self._probe, self._errand, self._fault = True, False, None, ""
        self._stream.begin(self._now())
        self._asked = self._joints.to_pose(self._positions)

    def _look_after(self, now: float) -> None:
        errand = self._errand
        if errand is None or self._lent:
            return
        if not errand.answered:
            if now - self._errand_at > _ANSWER_S:
                self._detach(f"{self._port.trajectories} does not answer.", now)
        elif errand.stage is Stage.REJECTED:
            self._detach(f"{self._port.trajectories} refused a trajectory. {errand.detail}", now)
        elif errand.stage is Stage.ABORTED:
            self._detach(f"{self._port.trajectories} gave up: {errand.detail}", now)
        elif errand.stage is Stage.CANCELED:
            # Somebody took the head: no tug of war, so no hold either.
            self._detach(f"Another program took {self._port.trajectories} over.", now, probe=False)
        elif errand.stage is Stage.SUCCEEDED:
            self._wait = _BACKOFF_S[0]

    def _detach(self, fault: str, now: float, probe: bool = True) -> None:
        self._fault = f"{fault} See the robot's controllers; it is tried again by itself."
        if self._attached:
            self._port.say(self._fault)
        self._attached, self._probe, self._errand = False, probe, None
        self._again, self._wait = now + self._wait, min(2 * self._wait, _BACKOFF_S[1])

    # -- orders

    def set_target(self, pose: Pose) -> bool:
        """See Robot."""
        with self._lock:
            if not self.connected or self._lent or not all(map(math.isfinite, pose)):
                return False
            self._asked = pose
            self._stream.ask(self._joints.to_joints(pose, self._now()), self._clock())
            return True

    def set_motors(self, on: bool) -> None:
        """See Robot. There is no switch: the robot's own controller goes on holding the head."""
        self._motors = "enabled" if on else "disabled"
        self._port.say("motors " + ("on: trajectories are sent" if on else "off: nothing is sent, the head is held"))

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """See Robot: one trajectory, planned by the robot's controller."""
        positions = self._joints.to_joints(pose, self._now())
        still = tuple(0.0 for _ in positions)
        self._lend(lambda: self._port.follow([JointPoint(positions, still, duration)]), duration + _LATER_S, abort)
        with self._lock:
            self._asked = pose

    def fold(self, abort: Callable[[], bool]) -> None:
        """See Robot: the head hangs by `sleep_pitch`."""
        pitch = self._settings.sleep_pitch
        duration = max(1.0, 2.0 * _longest(self._joints.to_joints(NEUTRAL._replace(pitch=pitch), self._now())))
        self.goto(NEUTRAL._replace(pitch=pitch), duration, abort)

    def point(self, sight: Sight, timeout: float, abort: Callable[[], bool], progress: Callable[[float], None]) -> None:
        """Let the robot look at a point of any frame that it knows, and wait. Returns early once `abort()`.

        Raises:
            VoiceError: it cannot, or did not within `timeout` s.
        """
        if not self._port.pointing:
            raise VoiceError("This robot has no action to point its head.", "Set ros_control_point_head_action.")
        self._lend(lambda: self._port.point(sight, progress), timeout, abort)

    def _lend(self, begin: Callable[[], Errand], timeout: float, abort: Callable[[], bool]) -> None:
        """Let one goal have the head until it is over. What is given up is cancelled and held where it then is."""
        with self._lock:
            if not self.connected:
                raise VoiceError(self.fault, "")
            self._lent = True
        begun = self._clock()
        errand = begin()
        try:
            while not errand.ended:
                errand.wait(_POLL_S)
                late = self._clock() - begun > (timeout if errand.answered else _ANSWER_S)
                if abort() or self._closing or late or not self.connected:
                    errand.cancel()
                    self._port.follow(self._hold())
                    if late:
                        raise VoiceError(f"The robot did not do it in {timeout:.1f} s.", "See its controllers.")
                    if not (abort() or self._closing):
                        raise VoiceError(self.fault, "")
                    return
            if errand.stage is not Stage.SUCCEEDED:
                what = f"The robot {errand.stage.value} the movement: {errand.detail or 'no reason given'}."
                raise VoiceError(what, "See its controllers.")
        finally:
            with self._lock:
                self._lent, self._errand = False, None
                if self._positions:
                    self._stream.begin(self._now())

    def _now(self) -> tuple[float, ...]:
        return tuple(self._positions.get(n, 0.0) for n in self._joints.names)

    def _hold(self) -> list[JointPoint]:
        """A trajectory to where the joints are."""
        positions = self._now()
        return [JointPoint(positions, tuple(0.0 for _ in positions), _HOLD_S)]


def _longest(values: tuple[float, ...]) -> float:
    return max(map(abs, values))
