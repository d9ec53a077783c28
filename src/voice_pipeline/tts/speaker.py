"""From a clause to its sound, taken from what is kept or prepared, else made. What the tts node drives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import Int16
from voice_pipeline.tts.backstage import Backstage
from voice_pipeline.tts.maker import Maker
from voice_pipeline.tts.protocol import Cancellation
from voice_pipeline.tts.sounds import Sounds
from voice_pipeline.tts.words import Words


@dataclass(frozen=True)
class Sound:
    """Sound that is ready to be played.

    Args:
        samples: int16[n] at the synthesiser's rate.
        characters: of the piece that ends with it; 0 when the piece goes on.
        made_ns: wall time at which it was there; 0 when that was long ago and nobody counts it.
    """

    samples: Int16
    characters: int
    made_ns: int = 0


class Speaker:
    """Speaks clauses, one after another, on one thread.

    Args:
        maker: makes what is missing.
        sounds: what is kept.
        backstage: what is prepared.
        now_ns: wall clock.
    """

    def __init__(
        self, maker: Maker, sounds: Sounds, backstage: Backstage, now_ns: Callable[[], int] = time.time_ns
    ) -> None:
        self._maker = maker
        self._sounds = sounds
        self._backstage = backstage
        self._now_ns = now_ns

    def cut(self, clause: Words) -> list[Words]:
        """The pieces that will be spoken; empty when there is nothing to speak."""
        return self._maker.cut(clause)

    def begun_ns(self, pieces: list[Words]) -> int:
        """Wall time at which synthesis of the first piece began: in the past when it was prepared, else now."""
        return (self._backstage.begun_ns(pieces[0]) if pieces else 0) or self._now_ns()

    def speak(self, pieces: list[Words], cancellation: Cancellation) -> Iterator[Sound]:
        """The sound of the pieces, each as soon as it is there.

        Raises:
            Cancelled: `cancellation` was set.
            VoiceError: the engine failed.
        """
        for piece in pieces:
            cancellation.check()
            yield from self._piece(piece, cancellation)

    def stock_up(self, phrase: Words) -> None:
        """Have a stock phrase now, from disk or made, so that saying it later costs nothing."""
        for piece in self._maker.cut(phrase):
            if not self._sounds.in_stock(piece):
                samples = np.concatenate(list(self._maker.make(piece, Cancellation())))
                self._sounds.keep(piece, samples)
                self._sounds.save(piece, samples)

    def _piece(self, piece: Words, cancellation: Cancellation) -> Iterator[Sound]:
        if (known := self._sounds.find(piece)) is not None:
            yield Sound(known, len(piece.text))
            return
        if (ready := self._backstage.claim(piece, cancellation)) is not None:
            self._sounds.remember(piece, ready.samples)
            yield Sound(ready.samples, len(piece.text), ready.made_ns)
            return
        made: list[Int16] = []
        for chunk in self._maker.make(piece, cancellation):
            made.append(chunk)
            if len(chunk):
                yield Sound(chunk, 0, self._now_ns())
        yield Sound(chunk[:0], len(piece.text), self._now_ns())
        self._sounds.remember(piece, np.concatenate(made))
