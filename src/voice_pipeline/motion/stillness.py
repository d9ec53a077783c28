"""Holds the antennas while somebody speaks, over whatever path runs. Their motors sit beside the microphones, and no
gesture means less without them; the head goes on, because somebody asked for what it does."""

from __future__ import annotations

from collections import deque

import numpy as np

from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.paths import (
    PEAK_ACCELERATION,
    PEAK_VELOCITY,
    Halt,
    Path,
    Vector,
    at_rest,
    derivatives,
    glide,
)
from voice_pipeline.motion.protocol import AXES, NEUTRAL, Pose

_HELD = np.array([axis.endswith("antenna") for axis in AXES])
_BLEND_S = 0.4  # back into the path: the vendor's own application takes as long
_ROUNDING = 1e-9  # rad: not worth a way back
_MARGIN = 0.5  # of velocity and acceleration that the way back may use: the path moves too
# Of velocity and acceleration of the antennas, below which a path is left alone by who joins it. The turning points of a
# gesture are such moments; one that has none gets its antennas back when it ends.
_CALM = (0.05, 0.25)


class Stillness:
    """An offset on top of a path, from the moment of the freeze until the path is caught up with.

    Args:
        limits: velocity and acceleration of the antennas.
        dt: s a step.
    """

    def __init__(self, limits: Limits, dt: float) -> None:
        self._velocity, self._acceleration = np.array(limits.velocity), np.array(limits.acceleration)
        self._dt = dt
        self.frozen = False
        self._leaving = False  # released, and waits for a moment at which the path is calm
        self._halt = Halt(at_rest(NEUTRAL), self._acceleration)  # while frozen: to rest, and there
        self._back: Path | None = None  # of the offset to nothing
        self._t = 0.0
        self._offset = np.zeros(len(AXES))  # of what is sent from the path
        self._past: deque[Vector] = deque(maxlen=4)  # offsets while frozen

    def freeze(self, pose: Pose, velocity: Pose, acceleration: Vector) -> None:
        """Come to rest at once from what is sent now. Nothing happens when it is frozen already."""
        self._leaving = False
        if not self.frozen:
            self.frozen = True
            self.hold(pose, velocity, acceleration)

    def hold(self, pose: Pose, velocity: Pose, acceleration: Vector | None = None) -> None:
        """What is sent begins anew here."""
        force = np.zeros(len(pose)) if acceleration is None else acceleration
        self._halt = Halt((np.array(pose), np.array(velocity), force), self._acceleration)
        self._back, self._t = None, 0.0
        self._offset = np.zeros(len(pose))
        self._past.clear()

    def release(self) -> None:
        """Blend back into the path, from the next moment at which it is calm."""
        self._leaving = self.frozen

    def apply(self, wanted: Pose) -> Pose:
        """The pose to send for the path's pose of this step."""
        if self.frozen:
            self._t += self._dt
            self._offset = np.where(_HELD, self._halt.at(self._t)[0] - np.array(wanted), 0.0)
            self._past.append(self._offset)
            if self._leaving:
                self._leave()
        elif self._back is not None:
            self._t += self._dt
            self._offset = self._back.at(self._t)[0]
            if self._t >= self._back.duration:
                self._back = None
        else:
            return wanted
        return self._shift(wanted, 1.0)

    def path_of(self, sent: Pose) -> Pose:
        """Where the path is when `sent` is what was sent last: what a new path has to begin at."""
        return self._shift(sent, -1.0)

    @property
    def blending(self) -> bool:
        """On its way back."""
        return self._leaving or self._back is not None

    def _leave(self) -> None:
        if self._t < self._halt.duration or len(self._past) < (self._past.maxlen or 0):
            return
        offset, speed, force = derivatives(self._past, self._dt)
        if np.any(np.abs(speed) > _CALM[0] * self._velocity) or np.any(np.abs(force) > _CALM[1] * self._acceleration):
            return
        self.frozen = self._leaving = False
        far = float(np.max(np.abs(offset)))
        if far <= _ROUNDING:
            self._offset = np.zeros(len(offset))
            return
        by_speed = np.max(np.abs(offset) / self._velocity) * PEAK_VELOCITY / _MARGIN
        by_force = np.sqrt(np.max(np.abs(offset) / self._acceleration) * PEAK_ACCELERATION / _MARGIN)
        self._back = glide((offset, speed, force), NEUTRAL, max(_BLEND_S, float(by_speed), float(by_force)))
        self._t = 0.0

    def _shift(self, pose: Pose, sign: float) -> Pose:
        return Pose(*(np.array(pose) + sign * self._offset).tolist())
