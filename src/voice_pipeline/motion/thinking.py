"""The thinking posture: the head tilts and lifts a little and one antenna bends, while it goes on facing the person.
What people with the robot complain about is a robot that looks away while it thinks. It is taken and then held still:
no motor runs while it lasts. A layer of its own."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from voice_pipeline.motion.layers import Mode, Offset, slowed
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.protocol import AXES

# Degrees at size 1; never yaw or body_yaw. The tilt is to either side in turn by chance, and the bent antenna with it.
_TILT = {"roll": 6.0, "pitch": -4.0, "right_antenna": 20.0, "left_antenna": -5.0}
_OTHER_SIDE = {"roll": -6.0, "pitch": -4.0, "right_antenna": 5.0, "left_antenna": -20.0}


class ThinkingPosture:
    """A Layer.

    Args:
        size: of the posture, 1 as it was drawn.
        limits: whose share it keeps to.
        seed: the same seed, the same sides.
    """

    mode = Mode.THINKING

    def __init__(self, size: float, limits: Limits, seed: int) -> None:
        self._random = random.Random(seed)
        self._sides = [
            {
                AXES.index(axis): math.copysign(slowed(axis, abs(math.radians(v)) * size, 0.0, 0.0, limits), v)
                for axis, v in side.items()
            }
            for side in (_TILT, _OTHER_SIDE)
        ]
        self._offset: Offset = [0.0] * len(AXES)

    def begin(self, low: Sequence[float], high: Sequence[float]) -> None:
        """See Layer."""
        self._offset = [0.0] * len(AXES)
        for i, value in self._random.choice(self._sides).items():
            self._offset[i] = min(max(value, min(low[i], 0.0)), max(high[i], 0.0))

    def step(self, now: float) -> Offset:
        """See Layer."""
        return self._offset
