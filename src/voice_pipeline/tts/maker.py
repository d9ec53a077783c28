"""From words to the sound of pieces: normalise, cut, synthesise, trim. Remembers nothing; that is for sounds.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

from voice_pipeline.audio.formats import Int16
from voice_pipeline.tts.normalize import speakable
from voice_pipeline.tts.pieces import split_pieces
from voice_pipeline.tts.protocol import Cancellation, Synthesizer
from voice_pipeline.tts.trim import SilenceTrimmer, pause_after
from voice_pipeline.tts.words import Words


class Maker:
    """Makes pieces with one synthesiser. cut() may be called from any thread, make() from one at a time.

    Args:
        synthesizer: the voice.
        pronunciations: whole words -> how to spell them for the voice.
    """

    def __init__(self, synthesizer: Synthesizer, pronunciations: Mapping[str, str]) -> None:
        self._synthesizer = synthesizer
        self._pronunciations = pronunciations
        self._grammar = threading.Lock()  # the normaliser's library does not say that two threads may use it

    def cut(self, clause: Words) -> list[Words]:
        """The pieces that are spoken one by one; empty when there is nothing to speak."""
        with self._grammar:
            text = speakable(clause.text, self._synthesizer.language(clause.voice), self._pronunciations)
        return [clause._replace(text=piece) for piece in split_pieces(text)]

    def make(self, piece: Words, cancellation: Cancellation) -> Iterator[Int16]:
        """int16[n] chunks from the first audible sound on, each as soon as it is made; the last is the pause.

        Raises:
            Cancelled: `cancellation` was set.
            VoiceError: the engine failed.
        """
        # Who talks faster pauses for less.
        trimmer = SilenceTrimmer(self._synthesizer.sample_rate, pause_after(piece.text) / piece.speed)
        for chunk in self._synthesizer.synthesize(piece.text, piece.voice, piece.speed, cancellation):
            sound = trimmer.push(chunk)
            if len(sound):
                yield sound
        yield trimmer.finish()
