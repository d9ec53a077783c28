"""Clauses that were asked for before it is certain that they will be said: which are wanted, which are made."""

from __future__ import annotations

import collections
import enum
from collections.abc import Callable
from dataclasses import dataclass, field

from voice_pipeline.tts.words import Made, Words

# Clauses. An answer is three to five; those after them are made while the first ones are played anyway.
CAPACITY = 8
Order = tuple[str, int]  # turn id and generation


class Fate(enum.Enum):
    """What became of a prepared clause."""

    WANTED = "may be said"
    SPOKEN = "taken by a goal"
    GIVEN_UP = "nobody wants it; what was made of it stays until the room is needed"


@dataclass(eq=False)
class Prepared:
    """One clause.

    Args:
        words: as they were asked for.
        order: turn and generation that asked last.
    """

    words: Words
    order: Order
    fate: Fate = Fate.WANTED
    pieces: list[Words] | None = None  # None: not cut yet
    made: dict[Words, Made] = field(default_factory=dict)
    complete: bool = False


class PreparedClauses:
    """At most `capacity` clauses in the order in which they were asked for. Not thread-safe.

    What one generation had made is found by the next too: the same words sound the same.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._clauses: collections.OrderedDict[Words, Prepared] = collections.OrderedDict()
        self._order: Order = ("", 0)
        self.asked = 0
        self.hits = 0  # goals whose words were made, or being made, when they came
        self.dropped = 0  # given up without being said, or refused because there was no room

    def ask(self, words: Words, order: Order) -> None:
        """Want a clause; whatever another turn or generation asked for is given up."""
        if order != self._order:
            self.give_up(lambda clause: clause.words != words)
            self._order = order
        clause = self._clauses.get(words)
        if clause is not None and clause.fate is Fate.WANTED:
            clause.order = order
            return
        self.asked += 1
        if clause is None:
            if not self._make_room():
                self.dropped += 1  # the first clauses are said first: the new one waits for its goal
                return
            clause = self._clauses[words] = Prepared(words, order)
        clause.order, clause.fate = order, Fate.WANTED
        clause.complete = False
        self._clauses.move_to_end(words)

    def give_up(self, which: Callable[[Prepared], bool] = lambda _: True) -> None:
        """Stop wanting clauses that nobody said yet."""
        for clause in list(self._clauses.values()):
            if clause.fate is Fate.WANTED and which(clause):
                clause.fate = Fate.GIVEN_UP
                self.dropped += 1
                if not clause.made:
                    del self._clauses[clause.words]

    def take(self, words: Words, order: Order, running: Prepared | None) -> None:
        """A goal says `words`. One that was not prepared ends what other turns and generations asked for."""
        clause = self._clauses.get(words)
        if clause is None:
            return self.give_up(lambda other: other.order != order)
        clause.fate = Fate.SPOKEN
        if clause.made or clause is running:
            self.hits += 1
        return None

    def next(self) -> Prepared | None:
        """The first clause that is wanted and not made."""
        return next((c for c in self._clauses.values() if c.fate is Fate.WANTED and not c.complete), None)

    def find(self, piece: Words) -> Made | None:
        """The sound of a piece."""
        return next((c.made[piece] for c in self._clauses.values() if piece in c.made), None)

    def _make_room(self) -> bool:
        while len(self._clauses) >= self._capacity:
            old = next((c for c in self._clauses.values() if c.fate is not Fate.WANTED), None)
            if old is None:
                return False
            del self._clauses[old.words]
        return True
