"""What the turn engine makes happen in the world. Apart, because a node and every test bring their own."""

from __future__ import annotations

from typing import Protocol

from voice_pipeline.turn.state import State, Turn


class Effects(Protocol):
    """None of these may block or call back at once."""

    def start_model(self, turn: Turn) -> None:
        """Ask the model; its events carry turn.generation. Before `commit` it may think, but nothing else."""

    def cancel_model(self) -> None:
        """Give the running answer up."""

    def commit(self, turn: Turn) -> None:
        """The person has finished: tools may be called now."""

    def prepare(self, turn: Turn, index: int) -> None:
        """turn.clauses[index] may be spoken soon: make its sound, play nothing."""

    def drop_prepared(self, turn: Turn) -> None:
        """What was prepared for it will not be spoken."""

    def say(self, turn: Turn, index: int) -> bool:
        """Speak turn.clauses[index]; False when nothing can speak it (then it counts as said)."""

    def cancel_say(self, turn: Turn) -> None:
        """Stop what is being said and what waits; a result still comes for each."""

    def cancel_tools(self, turn: Turn) -> None:
        """Stop the movements that belong to it."""

    def hold_voice(self) -> None:
        """Pause playback where it is, at once."""

    def release_voice(self) -> None:
        """Go on with playback."""

    def show(self, state: State, turn: Turn | None, detail: str) -> None:
        """Publish the state."""

    def reply(self, turn: Turn, index: int, text: str, is_final: bool) -> None:
        """Publish a clause in writing."""

    def remember(self, turn: Turn) -> None:
        """Add the turn to the history: its question, its messages, and what was heard of its answer."""

    def closed(self, turn: Turn) -> None:
        """The turn is over: publish its trace, answer its tickets."""
