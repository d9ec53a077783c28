"""How sure the detector must be that somebody begins to speak, while the robot makes sounds itself: its motors, and what the
echo canceller leaves of its voice. Pure: time is that of the audio."""

from __future__ import annotations

import math
from dataclasses import dataclass

from voice_pipeline.audio.formats import NS
from voice_pipeline.vad.events import Threshold

WHILE_MOVING = ("as_usual", "raise", "hold")
# MotionState comes at 10 Hz. Whoever says nothing for so long has crashed or was stopped: hearing must not depend on it.
_STALE_NS = NS
_LONGEST_NS = 5 * NS  # of all times here: what lasts longer was told before the system's clock was set back
# The player's first audible sample is measured against the same level (PlaybackState.first_audible).
_AUDIBLE_DBFS = -50.0


@dataclass(frozen=True)
class BarOptions:
    """`while_moving` is one of WHILE_MOVING; the onsets are probabilities 0..1, the level is dBFS: each counts where it is
    above the usual one. Cool-down and tail are s."""

    while_moving: str = "as_usual"
    onset_while_moving: float = 0.6
    motion_cooldown: float = 0.3
    onset_while_playing: float = 0.0
    min_level_while_playing: float = -120.0
    playback_tail: float = 0.3


class Bar:
    """Follows the robot's motors and voice. Everything is told in the order in which it happened, with the capture time of
    the newest audio at that moment: the clocks of other nodes don't matter. Not locked: use it from one thread."""

    def __init__(self, options: BarOptions | None = None) -> None:
        self._o = options or BarOptions()
        self._moving = False
        self._moving_until_ns = 0
        self._playing_until_ns = 0

    def moved(self, now_ns: int, moving: bool) -> None:
        """The robot says whether it moves."""
        if moving:
            self._moving_until_ns = now_ns + _STALE_NS
        elif self._moving:
            self._moving_until_ns = now_ns + round(self._o.motion_cooldown * NS)
        self._moving = moving

    def played(self, now_ns: int, playing: bool, level_dbfs: float) -> None:
        """The player says how loud the robot speaks; -inf when it is silent."""
        if playing and level_dbfs > _AUDIBLE_DBFS:
            self._playing_until_ns = now_ns + round(self._o.playback_tail * NS)

    def reason(self, now_ns: int) -> str:
        """What raises the bar now: "moving", "playing", or nothing."""
        if self._o.while_moving != "as_usual" and _lasts(now_ns, self._moving_until_ns):
            return "moving"
        return "playing" if _lasts(now_ns, self._playing_until_ns) else ""

    def threshold(self, now_ns: int, usual: Threshold) -> Threshold:
        """What begins an utterance now; an onset of inf when nothing does."""
        onset, level = usual.onset, usual.min_level
        if self._o.while_moving != "as_usual" and _lasts(now_ns, self._moving_until_ns):
            onset = math.inf if self._o.while_moving == "hold" else max(onset, self._o.onset_while_moving)
        if _lasts(now_ns, self._playing_until_ns):
            onset = max(onset, self._o.onset_while_playing)
            level = max(level, self._o.min_level_while_playing)
        return Threshold(onset, level)


def _lasts(now_ns: int, until_ns: int) -> bool:
    return now_ns < until_ns < now_ns + _LONGEST_NS
