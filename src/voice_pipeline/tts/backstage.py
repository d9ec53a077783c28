"""Makes the sound of what may be said, while no goal needs the voice. Owns the question whose turn the voice is."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.prepared import Fate, Order, Prepared, PreparedClauses
from voice_pipeline.tts.protocol import Cancellation, Cancelled
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.words import Made, Words


@dataclass(eq=False)
class _Run:
    """A piece that is being made here; `clause` is None for stock."""

    piece: Words
    clause: Prepared | None
    begun_ns: int
    cancellation: Cancellation = field(default_factory=Cancellation)
    awaited: bool = False  # a goal goes on with it
    made: Made | None = None


class Backstage:
    """Prepared clauses first, then stock; one piece at a time, and none is begun while a goal is under way.

    Thread-safe. work() runs on a thread of its own; `wake` is called when there may be something to do.

    Args:
        maker: cuts and makes.
        sounds: what is kept; stock goes there.
        wake: must lead to a call of work() soon.
        on_error: told why something could not be made; nothing is tried twice.
        now_ns: wall clock.
    """

    def __init__(
        self,
        maker: Maker,
        sounds: Sounds,
        wake: Callable[[], None],
        on_error: Callable[[Exception], None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._maker, self._sounds = maker, sounds
        self._wake, self._on_error, self._now_ns = wake, on_error, now_ns
        self._changed = threading.Condition()
        self._prepared = PreparedClauses()
        self._phrases: collections.deque[Words] = collections.deque()  # stock that was not looked up yet
        self._stock: collections.deque[Words] = collections.deque()  # pieces of it that have to be made
        self._goals = 0
        self._run: _Run | None = None
        self._stopped = False

    def figures(self) -> dict[str, str | int | float]:
        """Clauses asked for, found by their goal, given up; and stock in memory."""
        counts = self._prepared
        return {
            "prepared": counts.asked,
            "prepared_hits": counts.hits,
            "prepared_dropped": counts.dropped,
            "stock": self._sounds.stock,
        }

    # -- from any thread, at once
    def prepare(self, words: Words, order: Order) -> None:
        """Make a clause as soon as no goal needs the voice."""
        with self._changed:
            self._prepared.ask(words, order)
            self._end_unwanted_run(stock_too=True)
        self._wake()

    def give_up(self) -> None:
        """Nothing of what was prepared will be said."""
        with self._changed:
            self._prepared.give_up()
            self._end_unwanted_run()
        self._wake()

    def keep(self, words: Words) -> None:
        """Make a stock phrase when nothing else is to do, and keep it for good."""
        with self._changed:
            if words not in self._phrases:
                self._phrases.append(words)
        self._wake()

    def goal_came(self, words: Words, order: Order) -> None:
        """From now until goal_over() nothing new is begun."""
        with self._changed:
            self._goals += 1
            self._prepared.take(words, order, self._run.clause if self._run else None)
            self._end_unwanted_run()

    def goal_over(self) -> None:
        """The sound of a goal is made, or was given up."""
        with self._changed:
            self._goals = max(0, self._goals - 1)
        self._wake()

    def stop(self) -> None:
        """Give up what was prepared and end the run; stock that was asked for waits for start()."""
        with self._changed:
            self._stopped = True
            self._goals = 0
            self._prepared.give_up()
            if self._run is not None:
                self._run.cancellation.set()

    def start(self) -> None:
        """Work again after stop()."""
        self._stopped = False
        self._wake()

    # -- from the thread that speaks
    def begun_ns(self, piece: Words) -> int:
        """Wall time at which the synthesis of a prepared piece began; 0 when it did not."""
        with self._changed:
            run, made = self._run, self._prepared.find(piece)
            if made is not None:
                return made.begun_ns
            return run.begun_ns if run is not None and run.piece == piece else 0

    def claim(self, piece: Words, cancellation: Cancellation) -> Made | None:
        """A prepared piece, also one that is being made: then it waits. None when the voice is free for the caller.

        Raises:
            Cancelled: `cancellation` was set while it waited.
        """
        cancellation.on_set(self._notify)
        with self._changed:
            if (made := self._prepared.find(piece)) is not None:
                return made
            while (run := self._run) is not None:
                mine = run.piece == piece
                if cancellation.is_set() or not mine:
                    run.cancellation.set()
                cancellation.check()
                run.awaited = run.awaited or mine
                self._changed.wait_for(lambda run=run: self._run is not run or cancellation.is_set())  # type: ignore[misc]
                if mine and run.made is not None:
                    return run.made
        cancellation.check()
        return None

    # -- on the thread that works
    def work(self) -> None:
        """Make everything that is wanted; returns when there is nothing, or when a goal came."""
        while (job := self._next_job()) is not None:
            try:
                job()
            except Exception as error:  # one phrase that cannot be spoken must not end the others
                self._on_error(error)

    def _next_job(self) -> Callable[[], None] | None:
        with self._changed:
            if self._stopped or self._goals:
                return None
            if (clause := self._prepared.next()) is not None:
                return partial(self._go_on_with, clause)
            if self._phrases:
                return partial(self._look_up, self._phrases.popleft())
            if self._stock:
                return partial(self._make_stock, self._stock.popleft())
        return None

    def _go_on_with(self, clause: Prepared) -> None:
        """Make the next piece of a clause."""
        try:
            if clause.pieces is None:
                clause.pieces = self._maker.cut(clause.words)
            for piece in clause.pieces:
                if piece not in clause.made and not self._sounds.has(piece):
                    self._make(piece, clause)
                    return
            clause.complete = True
        except Exception:
            clause.complete = True  # its goal tries again, and tells who waits for it
            raise

    def _look_up(self, phrase: Words) -> None:
        for piece in self._maker.cut(phrase):
            if not self._sounds.in_stock(piece) and piece not in self._stock:
                self._stock.append(piece)

    def _make_stock(self, piece: Words) -> None:
        known = self._sounds.recall(piece)
        if known is not None:
            self._sounds.keep(piece, known)
            self._sounds.save(piece, known)
        elif not self._make(piece, None):
            with self._changed:
                self._stock.appendleft(piece)

    def _make(self, piece: Words, clause: Prepared | None) -> bool:
        """Make one piece; False when it was given up for a goal or something that is more urgent."""
        with self._changed:
            if self._stopped or self._goals or (clause is not None and clause.fate is not Fate.WANTED):
                return False
            run = self._run = _Run(piece, clause, self._now_ns())
        try:
            samples = np.concatenate(list(self._maker.make(piece, run.cancellation)))
            if clause is None:
                self._sounds.keep(piece, samples)
            run.made = Made(samples, run.begun_ns, self._now_ns())
        except Cancelled:
            return False
        finally:
            with self._changed:
                self._run = None
                if clause is not None and run.made is not None:
                    clause.made[piece] = run.made
                self._changed.notify_all()
        if clause is None:
            self._sounds.save(piece, samples)
        return True

    def _end_unwanted_run(self, *, stock_too: bool = False) -> None:
        run = self._run
        if run is None or run.awaited:
            return
        unwanted = stock_too if run.clause is None else run.clause.fate is Fate.GIVEN_UP
        if unwanted:
            run.cancellation.set()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def explain(error: BaseException) -> str:
    """What to tell people about it."""
    return str(error) if isinstance(error, VoiceError) else f"{type(error).__name__}: {error}"
