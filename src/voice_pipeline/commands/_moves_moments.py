"""At which moments of a move the robot is drawn, and in which pose. Apart because the sketch and the robot's own model
share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.limits import Limits
from voice_pipeline.motion.moves import Move
from voice_pipeline.motion.protocol import NEUTRAL, Pose

FRAMES = 5  # of a strip: a gesture has three or four extremes
_STEP_S = 0.02  # between two looks: the robot's tick
_SAME_M = 0.004  # two poses nearer than this look alike
# m that the part's end travels for a rad of its axis (z: for a m): ears of the head, its face, the body's rim, an antenna's tip.
_REACH = np.array([0.08, 0.08, 0.08, 1.0, 0.10, 0.14, 0.14])


@dataclass(frozen=True)
class Moments:
    """What was asked for: `at`, s into the move; without any, the `frames` poses that differ most."""

    frames: int = FRAMES
    at: tuple[float, ...] = ()

    def of(self, move: Move) -> list[float]:
        """Times in s, rising; at most `frames` of them, fewer where the move has no more to show.

        Raises:
            VoiceError: a time asked for lies outside the move.
        """
        if self.at:
            late = [t for t in self.at if not 0.0 <= t <= move.duration]
            if late:
                raise VoiceError(
                    f"'{move.name}' has no {late[0]:g} s.", f"Ask for moments between 0 and {move.duration:g} s."
                )
            return sorted(self.at)
        times = np.linspace(0.0, move.duration, max(2, round(move.duration / _STEP_S) + 1))
        seen = move.sample(times)[0] * _REACH
        # From rest on, each time the pose farthest from all that are chosen: those are the extremes.
        chosen = [0]
        away = np.linalg.norm(seen - seen[0], axis=1)
        while len(chosen) < self.frames and away.max() > _SAME_M:
            chosen.append(int(away.argmax()))
            away = np.minimum(away, np.linalg.norm(seen - seen[chosen[-1]], axis=1))
        return [float(times[i]) for i in sorted(chosen)]


def pose_at(move: Move, t: float, limits: Limits) -> Pose:
    """Where the robot is t s into a move that is played from neutral: the pose that the limiter lets through."""
    offset = move.at(t)[0]
    return limits.clamp(Pose(*(np.array(move.base(NEUTRAL, limits)) + offset).tolist()))[0]
