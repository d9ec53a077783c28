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
from voice_pipeline.motion.joint_states import JointStates
from voice_pipeline.motion.joint_stream import JointPoint, JointStream
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import NEUTRAL, Bearing, Pose, RobotState
from voice_pipeline.motion.ticker import Ticker
from voice_pipeline.motion.trajectory_link import ANSWER_S, TrajectoryLink
from voice_pipeline.motion.trajectory_port import Errand, Sight, Stage, TrajectoryPort

_HOLD_S = 0.5  # in which a hold reaches where the joints are already
_LATER_S = 5.0  # what a planned move may take longer than planned
_POLL_S = 0.02  # how often a waiting order looks whether it shall give up
_HANG_S_PER_RAD, _HANG_S = 2.0, 1.0  # how slowly the head sinks; at least


@dataclass(frozen=True)
class TrajectorySettings:
    """rate: Hz, of trajectories while the head moves. dt: s between two poses of the stream. sleep_pitch: rad, how far
    the head hangs asleep. oldest: s, age of the joint states from which the robot is gone."""

    rate: float
    dt: float
    sleep_pitch: float
    oldest: float


class TrajectoryRobot:
    """See `Robot` in protocol.py. It has no motor switch: "motors off" means that nothing more is sent, and it says so.

    Args:
        port: not yet open.
        joints: what they drive.
        limits: of the poses; gives the joints' speeds and accelerations.
        clock: s, that of the states.
    """

    name = "ros_control"
    taken = False  # its controller tells nobody whose goal it follows

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
        self._states = JointStates(joints, settings.oldest)
        self._link = TrajectoryLink(port, self._hold)
        self._state: RobotState | None = None
        self._asked = NEUTRAL
        self._motors = "enabled"
        self._lent = False  # one goal has the head: goto, pointing
        self._closing = False
        self._on_state: Callable[[RobotState], None] = lambda state: None
        self._ticker = Ticker("robot-trajectories", period, self.tick)

    # -- connection

    @property
    def connected(self) -> bool:
        """See Robot: there is a server that accepts, and joint states are fresh."""
        return self._link.attached and self._states.fresh(self._clock())

    @property
    def state(self) -> RobotState | None:
        """See Robot."""
        return self._state

    @property
    def fault(self) -> str:
        """See Robot."""
        return " ".join(filter(None, (self._link.fault, self._states.fault(self._clock()))))

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
        """One period: look after the connection, send the next trajectory. `now` as the clock has it."""
        with self._lock:
            if self._lent:
                return
            if self._link.update(now, self._states.fresh(now)):
                self._begin_anew()
            points = self._stream.next(now, self._states.positions) if self._link.free else []
            if points:
                self._link.send(self._port.follow(points), now)

    def _on_joints(self, positions: Mapping[str, float]) -> None:
        with self._lock:
            if not self._states.hear(positions, self._clock()):
                return
            state = self._state = self._states.state(self._asked, self._motors)
        self._on_state(state)

    def _begin_anew(self) -> None:
        """The head is where it is measured, and nothing is asked."""
        if self._states.complete:
            self._stream.begin(self._states.positions)
            self._asked = self._states.pose(self._asked)

    # -- orders

    def set_target(self, pose: Pose) -> bool:
        """See Robot."""
        with self._lock:
            if not self.connected or self._lent or not all(map(math.isfinite, pose)):
                return False
            self._asked = pose
            self._stream.ask(self._joints.to_joints(pose, self._states.positions), self._clock())
            return True

    def keep_at_rest(self, latched: bool) -> None:
        """See Robot. Its controller tells nobody whose goal it follows."""

    def set_motors(self, on: bool) -> None:
        """See Robot. There is no switch: the robot's own controller goes on holding the head."""
        self._motors = "enabled" if on else "disabled"
        self._port.say("motors " + ("on: trajectories are sent" if on else "off: nothing is sent, the head is held"))

    def goto(self, pose: Pose, duration: float, abort: Callable[[], bool]) -> None:
        """See Robot: one trajectory, planned by the robot's controller."""
        positions = self._joints.to_joints(pose, self._states.positions)
        still = tuple(0.0 for _ in positions)
        self._asked = pose
        self._lend(lambda: self._port.follow([JointPoint(positions, still, duration)]), duration + _LATER_S, abort)

    def fold(self, abort: Callable[[], bool]) -> None:
        """See Robot: the head hangs by `sleep_pitch`."""
        pitch = self._settings.sleep_pitch
        self.goto(NEUTRAL._replace(pitch=pitch), max(_HANG_S, _HANG_S_PER_RAD * pitch), abort)

    def point(self, sight: Sight, timeout: float, abort: Callable[[], bool], progress: Callable[[float], None]) -> None:
        """Let the robot look at a point of any frame that it knows, and wait. Returns early once `abort()`.

        Raises:
            VoiceError: it cannot, or did not within `timeout` s.
        """
        self._lend(lambda: self._port.point(sight, progress), timeout, abort)

    def _lend(self, begin: Callable[[], Errand], timeout: float, abort: Callable[[], bool]) -> None:
        """Let one goal have the head until it is over. What is given up is cancelled, and held where the head then is."""
        with self._lock:
            if not self.connected:
                raise VoiceError(self.fault, "")
            self._lent = True
        try:
            errand, begun = begin(), self._clock()
            while not errand.ended:
                errand.wait(_POLL_S)
                late = self._clock() - begun > (timeout if errand.answered else ANSWER_S)
                if abort() or self._closing or late or not self._states.fresh(self._clock()):
                    self._give_up(errand)
                    if abort() or self._closing:
                        return
                    what = self._states.fault(self._clock()) or f"The robot did not do it within {timeout:g} s."
                    raise VoiceError(what, "See its controllers.")
            if errand.stage is not Stage.SUCCEEDED:
                why = f": {errand.detail}" if errand.detail else " without a reason"
                raise VoiceError(f"The movement was {errand.stage.value}{why}.", "See the robot's controllers.")
        finally:
            with self._lock:
                self._lent = False
                self._link.send(None, self._clock())
                self._begin_anew()

    def _give_up(self, errand: Errand) -> None:
        """Cancel and hold, and wait until the hold is taken: it must not overtake what comes next."""
        errand.cancel()
        hold, begun = self._hold(), self._clock()
        while not (hold.answered or self._closing or self._clock() - begun > ANSWER_S):
            hold.wait(_POLL_S)

    def _hold(self) -> Errand:
        """Send a trajectory to where the joints are."""
        positions = self._states.positions
        return self._port.follow([JointPoint(positions, tuple(0.0 for _ in positions), _HOLD_S)])
