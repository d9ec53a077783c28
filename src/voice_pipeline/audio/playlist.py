"""What is to be played, in order: clauses that arrive, wait, pause and are given up. No sink, no thread, no clock."""

from __future__ import annotations

import collections
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.formats import Int16
from voice_pipeline.audio.gain import RAMP_S, fade_in, fade_out
from voice_pipeline.audio.track import SpeechChunk, Track
from voice_pipeline.errors import VoiceError

# Chunks of a clause that is over are dropped when they come late; this many clauses are remembered.
_REMEMBERED = 256
# Ten minutes wait at most: a sender gone wild must not eat the memory.
_MAX_QUEUED_S = 600.0


@dataclass(frozen=True)
class Segment:
    """A stretch of one block: `count` samples of a clause from `offset` on."""

    track: Track
    offset: int
    count: int


class Playlist:
    """The clauses in order of arrival.

    Args:
        rate: Hz of the sink.
        stream_timeout_s: a clause whose chunks stop without a last one ends after this.
    """

    def __init__(self, rate: int, stream_timeout_s: float) -> None:
        self.rate = rate
        self.paused = False
        self.underruns = 0
        self.finished: list[tuple[Track, str]] = []  # all samples handed out; with what is to be said about it
        self.flushed: list[Track] = []
        self._timeout_ns = int(stream_timeout_s * 1e9)
        self._tracks: collections.deque[Track] = collections.deque()
        self._over: collections.OrderedDict[str, None] = collections.OrderedDict()
        self._ramp = round(RAMP_S * rate)
        self._silenced = False  # the fade-out of a pause was played
        self._resuming = False

    @property
    def current(self) -> Track | None:
        """The clause that is played or comes next."""
        return self._tracks[0] if self._tracks else None

    @property
    def seconds_queued(self) -> float:
        """Sound that waits, all clauses together."""
        return sum(t.available for t in self._tracks) / self.rate

    def add(self, chunk: SpeechChunk, now_ns: int) -> None:
        """Take a chunk; one of a clause that is over is ignored.

        Raises:
            VoiceError: no sound has that format, or more than ten minutes wait.
        """
        if chunk.say_id in self._over:
            return
        if self.seconds_queued > _MAX_QUEUED_S:
            raise VoiceError(
                f"more than {_MAX_QUEUED_S:.0f} s of speech wait to be played.",
                "Cancel some: `ros2 topic pub --once playback_control voice_pipeline/msg/PlaybackControl '{}'`.",
            )
        track = next((t for t in self._tracks if t.say_id == chunk.say_id), None)
        if track is None:
            track = Track(chunk.say_id, chunk.turn_id, self.rate, now_ns)
            self._tracks.append(track)
        track.add(chunk, now_ns)

    def flush(self, say_id: str) -> None:
        """Give up one clause, or all for "". What is being played fades out within 10 ms, the rest ends at once."""
        if say_id and not any(t.say_id == say_id for t in self._tracks):
            if say_id not in self._over:  # its chunks are still on their way
                self._end(Track(say_id, "", self.rate, 0), self.flushed)
            return
        for track in [t for t in self._tracks if say_id in ("", t.say_id)]:
            if track.written and track is self.current and not self._silenced and not self._resuming:
                track.flushing = True
            else:
                self._end(track, self.flushed)
        if not any(not t.flushing for t in self._tracks):
            self.paused = self._silenced = self._resuming = False  # a pause ends with what it held

    def pause(self) -> None:
        """Fade out and hold from the next block on."""
        self.paused = True

    def resume(self) -> None:
        """Go on where it paused."""
        self.paused = False
        if self._silenced:
            self._silenced, self._resuming = False, True

    def clear(self) -> list[Track]:
        """Forget everything that waits; returns it."""
        gone = list(self._tracks)
        gone += [track for track, _ in self.finished]
        for track in gone:
            self._remember(track.say_id)
        self._tracks.clear()
        self.finished.clear()
        self.paused = self._silenced = self._resuming = False
        return gone

    def drop(self, say_id: str) -> bool:
        """Forget one clause and whatever else comes of it; False when that was done before."""
        if say_id in self._over:
            return False
        self._tracks = collections.deque(t for t in self._tracks if t.say_id != say_id)
        self._remember(say_id)
        return True

    def render(self, count: int, now_ns: int) -> tuple[Int16, list[Segment]]:
        """The next int16[count] and whose samples they are; silence where there are none."""
        block = np.zeros(count, np.int16)
        segments: list[Segment] = []
        position = 0
        while position < count and self._tracks:
            track = self._tracks[0]
            sound, over = self._next_of(track, count - position, now_ns)
            if len(sound):
                block[position : position + len(sound)] = sound
                segments.append(Segment(track, position, len(sound)))
                position += len(sound)
            if not over:
                break
        return block, segments

    def _next_of(self, track: Track, room: int, now_ns: int) -> tuple[Int16, bool]:
        """Sound of the first clause for up to `room` samples, and whether the clause is over with it."""
        if track.flushing:
            sound = fade_out(track.take(min(room, self._ramp)))
            self._end(track, self.flushed)
            return sound, True
        if self.paused:
            return self._pausing(track, room), False
        if track.available == 0:
            track.skip_missing(now_ns)
        sound = track.take(room)
        if self._resuming and len(sound):
            sound, self._resuming = fade_in(sound, self._ramp), False
        if len(sound):
            track.dry = False
        over = self._is_over(track, now_ns)
        if not over and len(sound) < room and track.written and not track.dry:
            track.dry = True
            self.underruns += 1
        return sound, over

    def _pausing(self, track: Track, room: int) -> Int16:
        loud = track.written and not self._silenced and not self._resuming
        self._resuming = False
        # A clause that was not begun has nothing to fade: it begins as it was made.
        self._silenced = self._silenced or track.written > 0
        return fade_out(track.take(min(room, self._ramp))) if loud else np.zeros(0, np.int16)

    def _is_over(self, track: Track, now_ns: int) -> bool:
        if track.available:
            return False
        detail = ""
        if not track.complete:
            if now_ns - track.arrived_ns < self._timeout_ns:
                return False
            track.give_up_waiting()
            detail = f"its last chunk did not come within {self._timeout_ns / 1e9:.1f} s"
        elif track.missing or track.malformed:
            detail = f"{track.missing} chunks lost, {track.malformed} with half a sample"
        self._tracks.popleft()
        self._remember(track.say_id)
        self.finished.append((track, detail))
        return True

    def _end(self, track: Track, where: list[Track]) -> None:
        if track in self._tracks:
            self._tracks.remove(track)
        self._remember(track.say_id)
        where.append(track)

    def _remember(self, say_id: str) -> None:
        self._over[say_id] = None
        while len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)
