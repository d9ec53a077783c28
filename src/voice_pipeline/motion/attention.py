"""When to turn to who speaks, and when to keep still. The decision only: it is told what is heard and played, with the
time, and orders turns from the controller through a function. Apart so that a test can hold the clock.

It turns at the END of an utterance: motors beside the microphones would spoil the hearing of the very words they follow,
the direction is best known when all of it was heard, and a robot that faces a person before it answers is what people do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from voice_pipeline.motion.bearings import wrap

_ECHO_S = 0.3  # the room still sounds of what was played
_PLAYER_GONE_S = 1.0  # a player tells 20 times a second that it plays; one that died must not make the robot deaf
_NOBODY_S = 40.0  # without a word from the detector: its END was lost. It splits longer utterances before that


@dataclass(frozen=True)
class AttentionSettings:
    """look: turn at all. period: s between two turns. dead_zone: rad, smaller changes are ignored. still: keep still
    while somebody speaks."""

    look: bool = True
    period: float = 2.0
    dead_zone: float = 0.175
    still: bool = True


class Attention:
    """Follows who speaks.

    Args:
        turn: turn to a yaw of the base frame, rad; False when the body cannot or should not now.
        facing: the head's measured yaw in the base frame; NaN when unknown.
        keep_still: True: freeze what moves of its own accord; False: let it go. Returns whether a turn was broken off.
    """

    def __init__(
        self,
        settings: AttentionSettings,
        turn: Callable[[float], bool],
        facing: Callable[[], float],
        keep_still: Callable[[bool], bool],
    ) -> None:
        self._settings, self._turn, self._facing, self._keep_still = settings, turn, facing, keep_still
        self._speaking = False
        self._event_at = 0.0
        self._direction = math.nan  # of this utterance
        self._own_voice = False  # something was played while it was spoken: it may be the robot's own
        self._playing_until = -math.inf
        self._turned_at = -math.inf
        self.turns = 0

    @property
    def speaking(self) -> bool:
        """Somebody speaks."""
        return self._speaking

    def played(self, audible: bool, now: float) -> None:
        """What the loudspeaker does now, as often as it is told."""
        if audible:
            self._playing_until = now + _PLAYER_GONE_S
        elif self._playing_until > now + _ECHO_S:
            self._playing_until = now + _ECHO_S
        if self._speaking and now < self._playing_until:
            self._own_voice = True

    def started(self, direction: float, now: float) -> None:
        """An utterance began. `direction`: rad in the base frame, NaN: unknown."""
        self._speaking, self._own_voice, self._direction = True, False, math.nan
        if self._settings.still and self._keep_still(True):
            self._turned_at = -math.inf  # half a turn helps nobody: the next end may finish it
        self.goes_on(direction, now)

    def goes_on(self, direction: float, now: float) -> None:
        """A pause, or more of it."""
        self._event_at = now
        self._own_voice = self._own_voice or now < self._playing_until
        if math.isfinite(direction):
            self._direction = wrap(direction)

    def ended(self, direction: float, real: bool, now: float) -> None:
        """The utterance is over; `real`: there was speech in it."""
        self.goes_on(direction, now)
        self._rest()
        s, yaw = self._settings, self._direction
        if not (s.look and real) or self._own_voice or math.isnan(yaw) or now - self._turned_at < s.period:
            return
        if abs(wrap(yaw - self._facing())) > s.dead_zone and self._turn(yaw):
            self._turned_at = now
            self.turns += 1

    def watch(self, now: float) -> None:
        """Call now and then: an end that never comes is taken for granted."""
        if self._speaking and now - self._event_at > _NOBODY_S:
            self._rest()

    def _rest(self) -> None:
        if self._speaking and self._settings.still:
            self._keep_still(False)
        self._speaking = False
