"""Somebody speaks over the answer: hold it at once, then decide. Step one of two; words are step two (words.py)."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.turn.effects import Effects


class BargeIn:
    """Holds the voice while it is open whether somebody wants the turn; whoever ends it releases it.

    A hold always ends: at words (the answer is given up), at an utterance without any, after `verdict_s` without a
    word (music, rain, a door), or with the turn.
    """

    def __init__(self, effects: Effects, verdict_s: float, clock: Callable[[], float]) -> None:
        self._effects = effects
        self._verdict_s = verdict_s
        self._clock = clock
        self._utterance = ""
        self._until = 0.0
        self.holding = False

    def hold(self, utterance_id: str) -> None:
        """Speech over the answer. A second utterance takes the place of the first, without more time."""
        self._utterance = utterance_id
        if not self.holding:
            self.holding = True
            self._until = self._clock() + self._verdict_s
            self._effects.hold_voice()

    def no_words(self, utterance_id: str) -> None:
        """That utterance was a cough or a listener's sound."""
        if utterance_id == self._utterance:
            self.release()

    def release(self) -> None:
        """Nothing is held any more."""
        self._utterance = ""
        if self.holding:
            self.holding = False
            self._effects.release_voice()

    def tick(self) -> None:
        """Look at the clock."""
        if self.holding and self._clock() >= self._until:
            self.release()
