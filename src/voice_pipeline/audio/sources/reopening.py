"""A source that comes back by itself after it broke: a microphone that was pulled out and plugged in again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

from voice_pipeline.audio.clock import Clock, SystemClock
from voice_pipeline.audio.formats import NS, AudioChunk, AudioFormat
from voice_pipeline.audio.sources.protocol import AudioSource, SourceCounters
from voice_pipeline.errors import VoiceError

# Between attempts, the last one for ever: quick after a loose contact, back within 3 s of being plugged in, slow enough
# not to keep a broken driver busy.
_BACK_OFF_NS = (NS // 4, NS // 2, NS, NS * 3 // 2)


class ReopeningSource:
    """Wraps a source: when chunks() of it raises, it is made and opened anew, with growing pauses, until close().

    Args:
        make: a new, unopened source.
        on_problem: told why the source broke, once for each different reason; told "" when sound is back.
        clock: time; a test holds it.
    """

    def __init__(
        self, make: Callable[[], AudioSource], on_problem: Callable[[str], None], clock: Clock | None = None
    ) -> None:
        self._make = make
        self._on_problem = on_problem
        self._clock: Clock = clock or SystemClock()
        self._stop = threading.Event()
        self._lock = threading.Lock()  # close() must not meet a source that is just being put in place
        self._source = make()
        self._before = SourceCounters()  # of the sources that broke
        self._problem = ""
        self.reopened = 0

    @property
    def counters(self) -> SourceCounters:
        """Of all sources together."""
        now = self._source.counters
        return SourceCounters(self._before.overruns + now.overruns, self._before.gaps + now.gaps)

    @property
    def name(self) -> str:
        """Of the device that is open, or was last; empty where a source has none."""
        return str(getattr(self._source, "name", ""))

    def open(self) -> AudioFormat:
        """Open the source; the first time an error is the caller's.

        Raises:
            VoiceError: as the source.
        """
        return self._source.open()

    def chunks(self) -> Iterator[AudioChunk]:
        """Chunks of the source, and of those that take its place, until close()."""
        while not self._stop.is_set():
            try:
                for chunk in self._source.chunks():
                    self._tell("")
                    yield chunk
                return
            except Exception as error:  # drivers fail in ways of their own, and hearing must come back whatever they do
                self._tell(_words(error))
            if not self._reopen():
                return

    def close(self) -> None:
        """End chunks() and release the source."""
        self._stop.set()
        with self._lock:
            self._source.close()

    def _reopen(self) -> bool:
        """Try until it opens; False when close() was called."""
        self._source.close()
        pauses = itertools.chain(_BACK_OFF_NS, itertools.repeat(_BACK_OFF_NS[-1]))
        while not self._clock.wait_until(self._clock.monotonic_ns() + next(pauses), self._stop):
            source = self._make()
            try:
                source.open()
            except Exception as error:
                source.close()
                self._tell(_words(error))
                continue
            with self._lock:
                if self._stop.is_set():
                    source.close()
                    return False
                self._before = self.counters
                self._source = source
            self.reopened += 1
            return True
        return False

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            self._on_problem(problem)


def _words(error: Exception) -> str:
    if isinstance(error, VoiceError):
        return str(error)
    return f"the microphone failed ({type(error).__name__}: {error}). It is tried again; if it stays so, replug it."
