"""Whether a server of trajectories can be relied on: it is there, it answers, it takes what it is sent. A state machine
apart from what is sent, as link.py is for the measured state."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.motion.trajectory_port import Errand, Stage, TrajectoryPort

ANSWER_S = 1.0  # a server that takes longer to accept a goal is as good as gone
_BACKOFF_S = (0.5, 5.0)  # first and longest wait between attempts


class TrajectoryLink:
    """Watches the newest trajectory. Not safe for several threads: its owner has a lock.

    Args:
        port: of the server.
        hold: sends a trajectory to where the head is; after a failure the first one that is accepted is the connection.
    """

    def __init__(self, port: TrajectoryPort, hold: Callable[[], Errand]) -> None:
        self._port, self._hold = port, hold
        self.attached = False
        self.fault = f"Not yet connected to {port.trajectories}."
        self._errand: Errand | None = None
        self._sent_at = 0.0
        self._probing = False
        self._again, self._wait = 0.0, _BACKOFF_S[0]

    def send(self, errand: Errand | None, now: float) -> None:
        """This is the newest trajectory; None: there is none to watch."""
        self._errand, self._sent_at = errand, now

    @property
    def free(self) -> bool:
        """The next may be sent: the last was answered."""
        return self.attached and (self._errand is None or self._errand.answered)

    def update(self, now: float, joints_fresh: bool) -> bool:
        """Look again; True when the connection is new."""
        if not self._port.ready:
            fault = f"There is no action server {self._port.trajectories}. Start the robot's controllers."
            if self.attached:
                self._fail(fault, now, probe=False)
            self.fault = fault
        elif self.attached:
            self._judge(now)
        elif now >= self._again and joints_fresh:
            return self._connect(now)
        return False

    def _connect(self, now: float) -> bool:
        if self._probing and self._errand is None:
            self.send(self._hold(), now)
            return False
        if self._probing and not self._judge(now):
            return False
        self.attached, self._probing, self._errand, self.fault = True, False, None, ""
        return True

    def _judge(self, now: float) -> bool:
        """The newest trajectory was accepted and did not fail."""
        errand = self._errand
        if errand is None:
            return True
        name = self._port.trajectories
        if not errand.answered:
            if now - self._sent_at > ANSWER_S:
                self._fail(f"{name} does not answer.", now)
            return False
        if errand.stage is Stage.REJECTED:
            self._fail(f"{name} refused a trajectory. {errand.detail}", now)
        elif errand.stage is Stage.ABORTED:
            self._fail(f"{name} gave up: {errand.detail}", now)
        elif errand.stage is Stage.CANCELED:
            # Somebody took the head: no tug of war, so no hold either.
            self._fail(f"Another program took {name} over.", now, probe=False)
        elif errand.stage is Stage.SUCCEEDED:
            self._wait = _BACKOFF_S[0]
        return errand.stage in (Stage.ACCEPTED, Stage.SUCCEEDED)

    def _fail(self, fault: str, now: float, probe: bool = True) -> None:
        self.fault = f"{fault.strip()} See the robot's controllers; it is tried again by itself."
        if self.attached:
            self._port.say(self.fault)
        self.attached, self._probing, self._errand = False, probe, None
        self._again, self._wait = now + self._wait, min(2 * self._wait, _BACKOFF_S[1])
