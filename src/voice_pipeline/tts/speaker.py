"""From a clause as written to sound as spoken: normalise, cut, synthesise, trim, remember. What the tts node drives."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import Int16
from voice_pipeline.tts.normalize import speakable
from voice_pipeline.tts.pieces import split_pieces
from voice_pipeline.tts.protocol import Cancellation, Synthesizer
from voice_pipeline.tts.trim import SilenceTrimmer, pause_after

# Longer ones are said once; 40 characters are some 2.5 s, 120 kB.
_MAX_CACHED_CHARACTERS = 40


@dataclass(frozen=True)
class Sound:
    """Sound that is ready to be played.

    Args:
        samples: int16[n] at the synthesiser's rate.
        characters: of the piece that ends with it; 0 when the piece goes on.
    """

    samples: Int16
    characters: int


class Speaker:
    """Speaks clauses with one synthesiser. Not thread-safe: one clause after another.

    Args:
        synthesizer: the voice.
        pronunciations: whole words -> how to spell them for the voice.
        cache_phrases: how many short pieces are remembered; 0 for none.
    """

    def __init__(self, synthesizer: Synthesizer, pronunciations: Mapping[str, str], cache_phrases: int = 64) -> None:
        self._synthesizer = synthesizer
        self._pronunciations = pronunciations
        self._capacity = cache_phrases
        self._cache: collections.OrderedDict[tuple[str, str, float], Int16] = collections.OrderedDict()
        self.cache_hits = 0

    def prepare(self, text: str, voice: str) -> list[str]:
        """The pieces that will be spoken; empty when there is nothing to speak."""
        return split_pieces(speakable(text, self._synthesizer.language(voice), self._pronunciations))

    def speak(self, pieces: list[str], voice: str, speed: float, cancellation: Cancellation) -> Iterator[Sound]:
        """The sound of the pieces, each as soon as it is made.

        Raises:
            Cancelled: `cancellation` was set.
            VoiceError: the engine failed.
        """
        for piece in pieces:
            cancellation.check()
            yield from self._piece(piece, voice, speed, cancellation)

    def remember(self, text: str, voice: str, speed: float) -> None:
        """Synthesise a stock phrase now, so that saying it later costs nothing."""
        for _ in self.speak(self.prepare(text, voice), voice, speed, Cancellation()):
            pass

    def _piece(self, piece: str, voice: str, speed: float, cancellation: Cancellation) -> Iterator[Sound]:
        key = (piece, voice, speed)
        if key in self._cache:
            self._cache.move_to_end(key)
            self.cache_hits += 1
            yield Sound(self._cache[key], len(piece))
            return
        # Who talks faster pauses for less.
        trimmer = SilenceTrimmer(self._synthesizer.sample_rate, pause_after(piece) / speed)
        made: list[Int16] = []
        for chunk in self._synthesizer.synthesize(piece, voice, speed, cancellation):
            made.append(trimmer.push(chunk))
            if len(made[-1]):
                yield Sound(made[-1], 0)
        made.append(trimmer.finish())
        yield Sound(made[-1], len(piece))
        self._store(key, made)

    def _store(self, key: tuple[str, str, float], made: list[Int16]) -> None:
        if self._capacity == 0 or len(key[0]) > _MAX_CACHED_CHARACTERS:
            return
        self._cache[key] = np.concatenate(made)
        while len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
