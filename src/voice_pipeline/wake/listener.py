"""From a stream of chunks to detections: cuts frames, applies threshold and refractory time. No ROS, no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import NS, AudioChunk, Int16, samples_to_ns
from voice_pipeline.wake.protocol import WakeWordEngine

# What is older than a frame or two belongs to another sentence: the engine's memory would join the two.
_GAP_NS = NS // 10


@dataclass(frozen=True)
class Detection:
    """A word was heard. `stamp_ns` is the capture time just after the last sample that was needed."""

    word: str
    score: float
    stamp_ns: int


class WakeWordListener:
    """Feeds an engine and says when a word was heard.

    Args:
        engine: scores frames.
        threshold: 0..1, reached or passed.
        refractory_s: after a detection the same word is not reported again for so long, in audio time.
        patience: frames in a row that have to reach the threshold.
    """

    def __init__(self, engine: WakeWordEngine, threshold: float, refractory_s: float, patience: int = 1) -> None:
        self._engine = engine
        self._threshold = threshold
        self._refractory_ns = round(refractory_s * NS)
        self._patience = patience
        self._rest: Int16 = np.zeros(0, np.int16)
        self._rest_ns = 0  # capture time of its first sample
        self._in_row: dict[str, int] = {}
        self._silent_until: dict[str, int] = {}
        self.gaps = 0
        self.best = 0.0  # the highest score since it was last taken

    def push(self, chunk: AudioChunk) -> list[Detection]:
        """What one more chunk brings; a gap or a step in time makes the engine start anew, one back the refractory time too."""
        expected = self._rest_ns + samples_to_ns(len(self._rest))
        if self._rest_ns and abs(chunk.stamp_ns - expected) > _GAP_NS:
            self.gaps += 1
            self.reset()
            if chunk.stamp_ns < expected:  # the clock was set back: what was to come later may be an hour away
                self._silent_until.clear()
        if not len(self._rest):
            self._rest_ns = chunk.stamp_ns
        self._rest = np.concatenate((self._rest, chunk.samples))
        heard: list[Detection] = []
        size = self._engine.frame_samples
        while len(self._rest) >= size:
            frame, self._rest = self._rest[:size], self._rest[size:]
            self._rest_ns += samples_to_ns(size)
            heard += self._judge(self._engine.scores(frame))
        return heard

    def reset(self) -> None:
        """Forget what came before, the refractory times excepted."""
        self._engine.reset()
        self._rest = np.zeros(0, np.int16)
        self._rest_ns = 0
        self._in_row.clear()

    def take_best(self) -> float:
        """The highest score since the last call, for people who look for a threshold."""
        best, self.best = self.best, 0.0
        return best

    def _judge(self, scores: dict[str, float]) -> list[Detection]:
        now = self._rest_ns
        heard = []
        for word, score in scores.items():
            self.best = max(self.best, score)
            self._in_row[word] = self._in_row.get(word, 0) + 1 if score >= self._threshold else 0
            if self._in_row[word] >= self._patience and now >= self._silent_until.get(word, 0):
                self._silent_until[word] = now + self._refractory_ns
                heard.append(Detection(word, score, now))
        return heard
