"""Recordings as a microphone: real-time pace, silence in between, never a chunk early and no drift."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from voice_pipeline.audio.clock import Clock, SystemClock
from voice_pipeline.audio.files import check_recording
from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, AudioChunk, AudioFormat, samples_to_ns
from voice_pipeline.audio.sources.playlist import Playing, Playlist, PlaylistOptions
from voice_pipeline.audio.sources.protocol import SourceCounters
from voice_pipeline.errors import VoiceError

# Further behind than this (a suspended machine) the stream jumps, as a microphone's buffer would have overrun.
_MAX_BEHIND_NS = NS


@dataclass(frozen=True)
class FileStarted:
    """A recording begins (index counts from 0), or the list is over (index -1, empty path). Capture times in ns."""

    path: str
    index: int
    first_sample_ns: int
    last_sample_ns: int


class FileSource:
    """Plays recordings against a monotonic clock: the chunk that ends at sample n is handed out at start + n / 16000.

    Args:
        files: recordings to play in order; may be empty (silence until request()).
        options: the silences and the loop.
        keep_open: send silence after the end, like a quiet microphone; otherwise chunks() ends.
        hold: send silence until start().
        on_file: told as each recording begins, on the reading thread, before its first chunk.
        on_problem: told about a recording that cannot be played, or has a flaw; the source goes on.
        clock: time; a test holds it.
    """

    def __init__(
        self,
        files: list[str],
        options: PlaylistOptions | None = None,
        *,
        keep_open: bool = True,
        hold: bool = False,
        on_file: Callable[[FileStarted], None] = lambda started: None,
        on_problem: Callable[[VoiceError | str], None] = lambda problem: None,
        clock: Clock | None = None,
    ) -> None:
        self.counters = SourceCounters()
        self._files = files
        self._on_file = on_file
        self._clock: Clock = clock or SystemClock()
        self._stop = threading.Event()
        self._wall_ns = 0  # capture time of sample 0
        self._playlist = Playlist(
            files,
            options or PlaylistOptions(),
            keep_open=keep_open,
            hold=hold,
            on_playing=self._playing,
            on_problem=on_problem,
        )

    def open(self) -> AudioFormat:
        """Check every file of the list.

        Raises:
            VoiceError: one is missing, empty or not audio.
        """
        for path in self._files:
            check_recording(path)
        return AudioFormat()

    def start(self) -> None:
        """End the hold: the list begins with the next chunk."""
        self._playlist.start()

    def request(self, path: str) -> None:
        """Play a recording after the one that is playing, or at once in a silence. Problems go to on_problem."""
        self._playlist.request(path)

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks of 512 samples at the pace of real time, until close() or the end."""
        start_ns = self._clock.monotonic_ns()
        self._wall_ns = self._clock.wall_ns()
        sent = 0
        while not self._stop.is_set():
            samples = self._playlist.read(CHUNK_SAMPLES)
            if samples is None:
                return
            stamp = self._wall_ns + samples_to_ns(sent)
            sent += CHUNK_SAMPLES
            deadline = start_ns + samples_to_ns(sent)
            if self._clock.wait_until(deadline, self._stop):
                return
            yield AudioChunk(stamp, samples)
            behind = self._clock.monotonic_ns() - deadline
            if behind > _MAX_BEHIND_NS:
                start_ns += behind
                self._wall_ns += behind
                self.counters.gaps += 1

    def close(self) -> None:
        """End chunks() at once."""
        self._stop.set()

    def _playing(self, playing: Playing) -> None:
        self._on_file(
            FileStarted(
                playing.path,
                playing.index,
                self._wall_ns + samples_to_ns(playing.first_sample),
                self._wall_ns + samples_to_ns(playing.last_sample),
            )
        )
