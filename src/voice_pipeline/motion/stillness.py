"""Holds the antennas while somebody speaks, over whatever path runs. Their motors sit beside the microphones, and no
gesture means less without them; the head goes on, because somebody asked for what it does."""

from __future__ import annotations

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import PEAK_ACCELERATION, PEAK_VELOCITY
from voice_pipeline.motion.protocol import AXES, Pose

_HELD = tuple(i for i, axis in enumerate(AXES) if axis.endswith("antenna"))
_BLEND_S = 0.4  # back into the path: the vendor's own application takes as long
_MARGIN = 0.5  # of velocity and acceleration that the way back may use: the path moves too


class Stillness:
    """An offset on top of a path, from the moment of the freeze until the path is caught up with.

    Args:
        limits: velocity and acceleration of the antennas.
        dt: s a step.
    """

    def __init__(self, limits: Limits, dt: float) -> None:
        self._limits, self._dt = limits, dt
        self.frozen = False
        self._position = [0.0] * len(_HELD)  # while frozen
        self._speed = [0.0] * len(_HELD)
        self._offset = [0.0] * len(_HELD)  # of what is sent from the path
        self._from = [0.0] * len(_HELD)  # the offset when it was let go
        self._t = self._duration = 0.0

    def freeze(self, pose: Pose, velocity: Pose) -> None:
        """Come to rest at once from what is sent now. Nothing happens when it is frozen already."""
        if not self.frozen:
            self.frozen = True
            self.hold(pose, velocity)

    def hold(self, pose: Pose, velocity: Pose) -> None:
        """What is sent begins anew here."""
        self._position = [pose[i] for i in _HELD]
        self._speed = [velocity[i] for i in _HELD]
        self._offset = [0.0] * len(_HELD)
        self._from, self._duration = list(self._offset), 0.0

    def release(self) -> None:
        """Blend back into the path."""
        if not self.frozen:
            return
        self.frozen, self._t, self._from = False, 0.0, list(self._offset)
        self._duration = _BLEND_S if any(self._from) else 0.0
        for k, i in enumerate(_HELD):
            far = abs(self._from[k]) / _MARGIN
            by_speed = far * PEAK_VELOCITY / self._limits.velocity[i]
            by_force = (far * PEAK_ACCELERATION / self._limits.acceleration[i]) ** 0.5
            self._duration = max(self._duration, by_speed, by_force)

    def apply(self, wanted: Pose) -> Pose:
        """The pose to send for the path's pose of this step."""
        if self.frozen:
            self._brake()
            self._offset = [self._position[k] - wanted[i] for k, i in enumerate(_HELD)]
        elif self._duration:
            self._t += self._dt
            u = min(self._t / self._duration, 1.0)
            left = 1.0 - u**3 * (10.0 - 15.0 * u + 6.0 * u * u)
            self._offset = [left * f for f in self._from]
            if u >= 1.0:
                self._duration = 0.0
        else:
            return wanted
        return self._shift(wanted, 1.0)

    def path_of(self, sent: Pose) -> Pose:
        """Where the path is when `sent` is what was sent last: what a new path has to begin at."""
        return self._shift(sent, -1.0)

    @property
    def blending(self) -> bool:
        """On its way back."""
        return not self.frozen and self._duration > 0.0

    def _shift(self, pose: Pose, sign: float) -> Pose:
        values = list(pose)
        for k, i in enumerate(_HELD):
            values[i] += sign * self._offset[k]
        return Pose(*values)

    def _brake(self) -> None:
        for k, i in enumerate(_HELD):
            most = self._limits.acceleration[i] * self._dt
            speed = self._speed[k]
            self._speed[k] = speed - min(max(speed, -most), most)
            self._position[k] += self._speed[k] * self._dt
