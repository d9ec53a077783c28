"""Speaks clauses one after another without losing any: a few at a time, and again after the speech node was away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rclpy.node import Node

from voice_pipeline.ros.say_client import SayClient

_AHEAD = 6  # clauses sent and not yet heard: enough to synthesise ahead, and tts has room for more
_TRIES = 3


@dataclass
class _Clause:
    number: int
    turn_id: str
    index: int
    text: str
    voice: str
    tries: int = 0


class SpeechQueue:
    """First in, first spoken. Everything runs on the executor's thread.

    Args:
        node: owns the `say` client.
        on_lost: told in a line about a clause that could not be spoken in three attempts.
    """

    def __init__(self, node: Node, on_lost: Callable[[str], None]) -> None:
        self._say = SayClient(node, self._said, lambda *_: None)
        self._on_lost = on_lost
        self._waiting: list[_Clause] = []
        self._sent: dict[tuple[str, int], _Clause] = {}
        self._count = 0

    @property
    def ready(self) -> bool:
        """Somebody offers `say`."""
        return self._say.ready

    @property
    def waiting(self) -> int:
        """Clauses that were not spoken yet, those on their way included."""
        return len(self._waiting) + len(self._sent)

    def add(self, turn_id: str, index: int, text: str, voice: str) -> None:
        """Speak it after everything before it."""
        self._waiting.append(_Clause(self._count, turn_id, index, text, voice))
        self._count += 1
        self._send()

    def tick(self) -> None:
        """Some times a second."""
        self._say.tick()
        self._send()

    def destroy(self) -> None:
        """Silence, and no client any more."""
        self._waiting.clear()
        self._sent.clear()
        self._say.destroy()

    def _send(self) -> None:
        while self._waiting and len(self._sent) < _AHEAD:
            clause = self._waiting[0]
            if not self._say.say(clause.turn_id, clause.index, clause.text, 0, clause.voice):
                return  # nobody there: it waits
            self._waiting.pop(0)
            self._sent[(clause.turn_id, clause.index)] = clause

    def _said(self, turn_id: str, index: int, heard: str, error: str) -> None:
        clause = self._sent.pop((turn_id, index), None)
        if clause is None:
            return
        if error and not heard:
            clause.tries += 1
            if clause.tries < _TRIES:
                self._waiting.append(clause)
                self._waiting.sort(key=lambda c: c.number)
                return  # with the next tick: what made it fail is often not over yet
            self._on_lost(error)
        self._send()
