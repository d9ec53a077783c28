"""What was really heard: first samples, ends and loudness of clauses, from the stamps a sink gives its blocks."""

from __future__ import annotations

import collections
import enum
import math
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import FULL_SCALE, Int16, level_dbfs, samples_to_ns
from voice_pipeline.audio.playlist import Segment
from voice_pipeline.audio.track import Track

AUDIBLE = FULL_SCALE * 10 ** (-50 / 20)  # -50 dBFS: what counts as the first audible sample
_LEVEL_S = 0.050


class State(enum.Enum):
    """As PlaybackState.msg has it."""

    IDLE = 0
    PLAYING = 1
    PAUSED = 2
    FINISHED = 3
    FLUSHED = 4
    FAILED = 5


@dataclass(frozen=True)
class Report:
    """What is known about one clause; fields as in PlaybackState.msg, times in ns since the epoch (0: not yet)."""

    state: State
    say_id: str = ""
    turn_id: str = ""
    first_sample_ns: int = 0
    first_audible_ns: int = 0
    seconds_played: float = 0.0
    seconds_queued: float = 0.0
    level_dbfs: float = -math.inf
    underruns: int = 0
    detail: str = ""


class Meter:
    """Keeps the accounts of the blocks that went to the sink.

    Args:
        rate: Hz of the sink.
        period_s: seconds of one block.
    """

    def __init__(self, rate: int, period_s: float) -> None:
        self._rate = rate
        self._recent: collections.deque[Int16] = collections.deque(maxlen=max(1, round(_LEVEL_S / period_s)))
        self._due: collections.deque[tuple[int, Track, str]] = collections.deque()  # written, not heard to the end yet

    @property
    def pending(self) -> bool:
        """True while a clause was written whose end is not heard yet."""
        return bool(self._due)

    def account(self, block: Int16, segments: list[Segment], start_ns: int) -> list[Track]:
        """Note a block whose first sample is heard at `start_ns`; the clauses that began or became audible in it."""
        self._recent.append(block)
        news = []
        for segment in segments:
            track = segment.track
            known = track.first_sample_ns and track.first_audible_ns
            if not known and self._note_beginning(segment, block, start_ns):
                news.append(track)
        return news

    def finishing(self, track: Track, detail: str, segments: list[Segment], start_ns: int) -> None:
        """The block that starts at `start_ns` holds the last samples of a clause, or came after them."""
        end = max((s.offset + s.count for s in segments if s.track is track), default=0)
        self._due.append((start_ns + samples_to_ns(end, self._rate), track, detail))

    def finished(self, now_ns: int) -> list[tuple[Track, str]]:
        """Clauses that were heard to their end by wall time `now_ns`."""
        done = []
        while self._due and self._due[0][0] <= now_ns:
            _, track, detail = self._due.popleft()
            done.append((track, detail))
        return done

    def give_up(self) -> list[Track]:
        """Forget the clauses whose end is not heard yet; returns them."""
        lost = [track for _, track, _ in self._due]
        self._due.clear()
        return lost

    def silence(self) -> None:
        """Nothing plays any more."""
        self._recent.clear()

    def report(self, state: State, track: Track | None, queued_s: float, underruns: int, detail: str = "") -> Report:
        """Everything about one clause (None for nobody's)."""
        level = level_dbfs(np.concatenate(self._recent)) if self._recent else -math.inf
        if track is None:
            return Report(state, seconds_queued=queued_s, level_dbfs=level, underruns=underruns, detail=detail)
        return Report(
            state,
            track.say_id,
            track.turn_id,
            track.first_sample_ns,
            track.first_audible_ns,
            track.written / self._rate,
            queued_s,
            level,
            underruns,
            detail,
        )

    def _note_beginning(self, segment: Segment, block: Int16, start_ns: int) -> bool:
        track, news = segment.track, False
        if not track.first_sample_ns:
            track.first_sample_ns = start_ns + samples_to_ns(segment.offset, self._rate)
            news = True
        part = block[segment.offset : segment.offset + segment.count].astype(np.int32)
        loud = np.flatnonzero(np.abs(part) > AUDIBLE)
        if len(loud):
            track.first_audible_ns = start_ns + samples_to_ns(segment.offset + int(loud[0]), self._rate)
            news = True
        return news
