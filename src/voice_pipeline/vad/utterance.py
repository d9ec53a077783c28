"""What the endpointer remembers of the utterance that is being spoken, and where a long one is best cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from voice_pipeline.audio.formats import CHUNK_SAMPLES, power_to_dbfs, samples_to_ns

FRAME_NS = samples_to_ns(CHUNK_SAMPLES)


@dataclass(frozen=True)
class Frame:
    """32 ms of audio: when, the probability of speech (0..1), the mean square relative to full scale (0..1)."""

    start_ns: int
    end_ns: int
    probability: float
    power: float


@dataclass
class Utterance:
    """`audio_start_ns` is where the part begins that nobody has been told to transcribe yet, `begin_ns` the whole."""

    id: str
    begin_ns: int
    audio_start_ns: int
    speech_end_ns: int
    generation: int = 0
    parts: int = 0  # that were split off
    paused: bool = False
    silent: bool = False  # since speech_end_ns every frame was below the threshold
    complete: bool | None = None  # the verdict on the present pause
    speech_frames: int = 0
    run: int = 0  # frames of speech in a row, up to now
    power_sum: float = 0.0

    def hear(self, frame: Frame) -> None:
        """A frame of speech."""
        self.speech_end_ns = frame.end_ns
        self.speech_frames += 1
        self.run = 1 if self.silent else self.run + 1
        self.silent = False
        self.power_sum += frame.power

    @property
    def level_dbfs(self) -> float:
        """RMS level of the speech so far."""
        return power_to_dbfs(self.power_sum / self.speech_frames) if self.speech_frames else float("-inf")


def best_cut(frames: Sequence[Frame], silence_below: float) -> int:
    """Where to cut between words, ns: in the middle of the longest and deepest silence, or, where there is none, after
    the least speech-like frame; the later one of two that are alike.

    Args:
        frames: at least one, in order, without a gap.
        silence_below: a lower probability is silence.
    """
    best, cut = 0.0, 0
    for silent, group in groupby(frames, key=lambda f: f.probability < silence_below):
        if not silent:
            continue
        run = list(group)
        depth = sum(1.0 - f.probability for f in run)
        if depth >= best:
            best, cut = depth, (run[0].start_ns + run[-1].end_ns) // 2
    return cut or min(reversed(frames), key=lambda f: (f.probability, f.power)).end_ns
