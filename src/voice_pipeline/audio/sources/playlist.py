"""What a file source plays and when, in samples: recordings, the silences around them, requests in between."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from voice_pipeline.audio.files import Recording, read_recording
from voice_pipeline.audio.formats import SAMPLE_RATE, Int16
from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class Playing:
    """Which recording begins: counted from 0 since open(), -1 with an empty path when the list is over.

    `first_sample` and `last_sample` count from the start of the stream.
    """

    path: str
    index: int
    first_sample: int
    last_sample: int


@dataclass(frozen=True)
class PlaylistOptions:
    """Silences in s around the recordings; `loop` starts over at the end of the list."""

    gap_s: float = 1.0
    silence_before_s: float = 0.0
    silence_after_s: float = 1.0
    loop: bool = False


class Playlist:
    """An endless (or ending) stream of samples made of recordings and digital silence.

    Args:
        files: what to play, in order.
        options: the silences.
        keep_open: after the end send silence for ever; otherwise the stream ends.
        hold: send silence until start() is called.
        on_playing: told when a recording begins, before its first sample is handed out.
        on_problem: told why a recording cannot be played, and what is odd about one; the stream goes on.
    """

    def __init__(
        self,
        files: list[str],
        options: PlaylistOptions,
        *,
        keep_open: bool = True,
        hold: bool = False,
        on_playing: Callable[[Playing], None] = lambda playing: None,
        on_problem: Callable[[VoiceError | str], None] = lambda problem: None,
    ) -> None:
        self._files = files
        self._options = options
        self._keep_open = keep_open
        self._on_playing = on_playing
        self._on_problem = on_problem
        self._started = threading.Event()
        if not hold:
            self._started.set()
        self._requests: deque[str] = deque()  # appended by another thread; popleft is atomic
        self._todo: deque[str] = deque()
        self._began = False
        self._samples: Int16 = np.zeros(0, np.int16)  # of the recording being played
        self._position = 0
        self._silence = 0  # samples of silence still to come
        self._sent = 0
        self._index = 0
        self._idle = True  # the end was told, or there was nothing to end
        self._played = False  # anything in this pass over the list: a list of broken files must not loop

    def start(self) -> None:
        """End the hold."""
        self._started.set()

    def request(self, path: str) -> None:
        """Play a recording after the one that is playing, or at once in a silence."""
        self._requests.append(path)

    def read(self, count: int) -> Int16 | None:
        """The next int16[count] (the last one padded with silence); None at the end of the stream."""
        out = np.zeros(count, np.int16)
        done = 0
        while done < count:
            if self._position >= len(self._samples) and not self._advance():
                if done == 0 and self._over():
                    return None
                self._sent += count - done
                break
            if self._position < len(self._samples):
                take = min(count - done, len(self._samples) - self._position)
                out[done : done + take] = self._samples[self._position : self._position + take]
                self._position += take
            else:
                take = min(count - done, self._silence)
                self._silence -= take
            done += take
            self._sent += take
        return out

    def _advance(self) -> bool:
        """Choose what comes next; False when there is nothing but endless silence (or the end)."""
        while self._requests:
            if self._load(self._requests.popleft()):
                return True
        if self._silence == 0 and self._started.is_set() and not self._began:
            self._begin()
        if self._silence > 0:
            return True
        while self._todo:
            if self._load(self._todo.popleft()):
                return True
        if self._options.loop and self._played:
            self._begin()
            self._silence = max(self._silence, 1)
            return True
        if not self._idle:
            self._idle = True
            self._on_playing(Playing("", -1, self._sent, self._sent))
        return False

    def _begin(self) -> None:
        """Start a pass over the list."""
        self._began = True
        self._played = False
        self._idle = not self._files
        self._todo.extend(self._files)
        self._silence = self._in_samples(self._options.silence_before_s)

    def _over(self) -> bool:
        return self._began and not self._keep_open

    def _load(self, path: str) -> bool:
        try:
            recording: Recording = read_recording(path)
        except VoiceError as error:
            self._on_problem(error)
            return False
        self._samples, self._position = recording.samples, 0
        more = self._todo or self._requests
        self._silence = self._in_samples(self._options.gap_s if more else self._options.silence_after_s)
        self._idle = False
        self._played = True
        self._on_playing(Playing(path, self._index, self._sent, self._sent + len(recording.samples) - 1))
        self._index += 1
        if recording.warning:
            self._on_problem(recording.warning)
        return True

    @staticmethod
    def _in_samples(seconds: float) -> int:
        return round(seconds * SAMPLE_RATE)
