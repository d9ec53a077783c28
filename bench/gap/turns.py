"""One turn as it is observed, the same way in every arm: what was heard, answered, and when it sounded first."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.gap.recordings import Recording

NS = 1_000_000_000
# After this long without a sound a turn counts as unanswered: longer than the slowest arm waits for a person to go on.
PATIENCE_S = 10.0
# When words were heard an answer is on its way, however slowly; it must not sound in the next turn.
_PATIENCE_AFTER_WORDS_S = 25.0
_QUIET_S = 0.8  # an answer is over; longer than any gap between two sentences of one
_QUIET_AFTER_CUT_S = 4.0  # an answer to half an utterance may be followed by one to the rest
_WORK_S = 8.0  # work that was begun and has not sounded after this long came to nothing


@dataclass
class Row:
    """One turn of one arm. Milliseconds, seconds, ns since the epoch."""

    arm: str
    file: str
    round: int
    reference: str
    heard: str = ""
    segments: int = 0  # transcripts: more than one means that the utterance was taken for several
    reply: str = ""
    gap_ms: float = math.nan  # negative: it began to answer before the person had finished
    cpu_s: float = math.nan
    speech_end_ns: int = 0
    audible_ns: int = 0
    trace: dict[str, Any] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Something was said."""
        return not math.isnan(self.gap_ms)

    @property
    def cut_off(self) -> bool:
        """It was said before the person had finished."""
        return self.gap_ms < 0

    @property
    def good(self) -> bool:
        """The gap means something."""
        return self.answered and not self.cut_off

    def as_dict(self) -> dict[str, Any]:
        """For JSON: NaN becomes null."""
        raw = {**asdict(self), "answered": self.answered, "cut_off": self.cut_off}
        return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in raw.items()}


class Observed:
    """Collects what happens in one turn; from any thread. The file's times come with `started`."""

    def __init__(self, recording: Recording, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self._recording = recording
        self._wall_ns = wall_ns
        self.first_sample_ns = 0
        self.speech_end_ns = 0
        self._file_end_ns = 0
        self.heard: list[str] = []
        self.replies: list[str] = []
        self.audible_ns = 0
        self._playing = False
        self._sound_ns = 0  # when something began to play
        self._work_ns = 0  # when work on an answer was last seen
        self._changed_ns = 0

    def started(self, first_sample_ns: int) -> None:
        """The recording's first sample was captured then."""
        self.first_sample_ns = first_sample_ns
        self.speech_end_ns = first_sample_ns + int(self._recording.speech_end_s * NS)
        self._file_end_ns = first_sample_ns + int(self._recording.seconds * NS)

    def audible(self, at_ns: int) -> None:
        """A sample above the floor was played; the first of the turn counts."""
        if at_ns and at_ns >= self.first_sample_ns and (not self.audible_ns or at_ns < self.audible_ns):
            self.audible_ns = at_ns
        self.active()

    def playing(self, on: bool) -> None:
        """It plays, or has stopped."""
        if on and not self._playing:
            self._sound_ns = self._wall_ns()
        self._playing = on
        self.active()

    def working(self) -> None:
        """Work on an answer was begun: it will sound, or come to nothing."""
        self._work_ns = self._wall_ns()
        self.active()

    def idle(self) -> None:
        """It has nothing left to do."""
        self._work_ns = 0

    def active(self) -> None:
        """The other side does something: the turn is not over."""
        self._changed_ns = self._wall_ns()

    @property
    def over(self) -> bool:
        """The person has finished, and so has the answer; or none came."""
        now = self._wall_ns()
        if not self.first_sample_ns or now < self._file_end_ns or self._playing:
            return False
        if self._work_ns > self._sound_ns and now - self._work_ns < _WORK_S * NS:
            return False
        quiet = now - max(self._changed_ns, self.speech_end_ns)
        if not self.audible_ns:
            return now - self.speech_end_ns > (_PATIENCE_AFTER_WORDS_S if any(self.heard) else PATIENCE_S) * NS
        return quiet > (_QUIET_AFTER_CUT_S if self.audible_ns < self.speech_end_ns else _QUIET_S) * NS

    def row(self, arm: str, round_: int, cpu_s: float) -> Row:
        """What came of it."""
        gap_ms = (self.audible_ns - self.speech_end_ns) / 1e6 if self.audible_ns else math.nan
        heard = " ".join(t.strip() for t in self.heard if t.strip())
        return Row(
            arm=arm,
            file=self._recording.name,
            round=round_,
            reference=self._recording.transcript,
            heard=heard,
            segments=sum(1 for t in self.heard if t.strip()),
            reply=" ".join(r.strip() for r in self.replies if r.strip()),
            gap_ms=gap_ms,
            cpu_s=cpu_s,
            speech_end_ns=self.speech_end_ns,
            audible_ns=self.audible_ns,
        )
