"""Answers that are begun before the person has finished: kept when that was right, dropped without a trace when not."""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.turn.effects import Effects
from voice_pipeline.turn.state import Turn
from voice_pipeline.turn.words import same_words


class Drafts:
    """At most one draft: a Turn that is not committed. Counts what was thrown away.

    Args:
        wall: ns since the epoch.
    """

    def __init__(self, effects: Effects, wall: Callable[[], int]) -> None:
        self._effects = effects
        self._wall = wall
        self._guesses = 0
        self._wasted_ns = 0
        self.draft: Turn | None = None

    def put(self, draft: Turn) -> None:
        """A new draft; the one before is dropped. The model is asked by `began`, maybe later."""
        self.drop()
        self.draft = draft

    def began(self, generation: int) -> None:
        """The model is asked now."""
        assert self.draft is not None
        self._guesses += 1
        self.draft.generation = generation
        self._effects.start_model(self.draft)

    def drop(self) -> None:
        """The person went on, or said something else: whatever comes of it is stale."""
        draft, self.draft = self.draft, None
        if draft is None or not draft.generation:
            return
        if not draft.model_done:
            self._effects.cancel_model()
        self._effects.drop_prepared(draft)
        asked = draft.marks.get("llm_request")
        if asked:
            self._wasted_ns += draft.marks.get("llm_done", self._wall()) - asked

    def take(self, utterance_id: str, text: str) -> Turn | None:
        """The draft, if it answers just these words; another one is dropped."""
        draft = self.draft
        if draft is None:
            return None
        fits = draft.utterance_id == utterance_id and same_words(draft.words, text)
        if fits and draft.generation and draft.error is None:
            self.draft = None
            return draft
        self.drop()
        return None

    def account(self, turn: Turn) -> None:
        """Write what was guessed for a turn into it, and count afresh."""
        turn.guesses += self._guesses
        turn.wasted_ns += self._wasted_ns
        self._guesses = self._wasted_ns = 0
