"""The sound that is kept: short phrases said lately, and stock phrases for good. Prepared answers are in prepared.py."""

from __future__ import annotations

import collections
import threading

from voice_pipeline.audio.formats import Int16
from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.shelf import Shelf
from voice_pipeline.tts.words import Words

# Longer ones are said once; 40 characters are some 2.5 s, 120 kB.
_MAX_PHRASE_CHARACTERS = 40
STOCK_LIMIT = 256  # pieces; of 2.5 s each they are 31 MB


class Sounds:
    """Sound by its words. May be used from any thread.

    Args:
        phrases: how many short pieces said lately are remembered; 0 for none.
        shelf: stock phrases on disk; None keeps them in memory only.
        stock_limit: how many stock pieces are kept.
    """

    def __init__(self, phrases: int, shelf: Shelf | None = None, stock_limit: int = STOCK_LIMIT) -> None:
        self._capacity = phrases
        self._shelf = shelf
        self._stock_limit = stock_limit
        self._lock = threading.Lock()
        self._phrases: collections.OrderedDict[Words, Int16] = collections.OrderedDict()
        self._stock: dict[Words, Int16] = {}
        self.hits = 0

    @property
    def stock(self) -> int:
        """Stock pieces in memory."""
        return len(self._stock)

    @property
    def problem(self) -> str:
        """Why nothing is kept on disk; empty when all is well."""
        return self._shelf.problem if self._shelf is not None else ""

    def find(self, piece: Words) -> Int16 | None:
        """int16[n], from memory or from disk; None when it has to be made. Counts a hit."""
        found = self.recall(piece)
        if found is None and self._shelf is not None and (found := self._shelf.load(piece)) is not None:
            with self._lock:
                if len(self._stock) < self._stock_limit:
                    self._stock[piece] = found
        if found is not None:
            self.hits += 1
        return found

    def has(self, piece: Words) -> bool:
        """True when find() would have it from memory."""
        return piece in self._phrases or piece in self._stock

    def in_stock(self, piece: Words) -> bool:
        """True when a piece is in stock now; fetches it from disk."""
        if piece in self._stock:
            return True
        found = self._shelf.load(piece) if self._shelf is not None else None
        if found is not None:
            self.keep(piece, found)
        return found is not None

    def remember(self, piece: Words, samples: Int16) -> None:
        """Keep what was just said, if it is short."""
        if self._capacity == 0 or len(piece.text) > _MAX_PHRASE_CHARACTERS:
            return
        with self._lock:
            self._phrases[piece] = samples
            while len(self._phrases) > self._capacity:
                self._phrases.popitem(last=False)

    def keep(self, piece: Words, samples: Int16) -> None:
        """Put it in stock.

        Raises:
            VoiceError: the stock is full.
        """
        with self._lock:
            if piece not in self._stock and len(self._stock) >= self._stock_limit:
                raise VoiceError(
                    f"more than {self._stock_limit} stock phrases were asked for.",
                    "Ask for fewer with `keep`; the first ones stay.",
                )
            self._stock[piece] = samples

    def save(self, piece: Words, samples: Int16) -> None:
        """Write a stock piece to disk; apart from keep(), because it takes milliseconds in which it can be said."""
        if self._shelf is not None:
            self._shelf.store(piece, samples)

    def recall(self, piece: Words) -> Int16 | None:
        """int16[n] from memory; None when it is not there."""
        with self._lock:
            found = self._phrases.get(piece)
            if found is not None:
                self._phrases.move_to_end(piece)
                return found
            return self._stock.get(piece)
