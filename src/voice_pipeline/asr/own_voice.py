"""Is it the robot that is heard? What the recogniser wrote, against what the loudspeaker said in that time: the belt behind
the echo canceller."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import numpy as np

from voice_pipeline.asr.rejection import Rejection
from voice_pipeline.asr.repetition import bare_words
from voice_pipeline.audio.formats import NS

_LEAD_NS = 4 * NS // 10  # the detector's pre-roll lies before the sound that it was started by
_TAIL_NS = 3 * NS // 10  # of the device's buffer and the room
# Who answers at once repeats words of the question ("left or right?", "left"): most of the time must be the robot's.
_COVERED = 0.8
_SLACK_S = 1.0  # words are not spread evenly over a clause
_ALIKE = 0.6  # of two words' letters: Whisper mis-hears an echo
_SAYS = 32  # clauses remembered, a minute or two
_SHORT = {"'m": " am", "'re": " are", "'ll": " will", "'ve": " have", "n't": " not"}
_DIGITS = dict(
    enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    )
)


@dataclass
class _Clause:
    words: list[str]
    seconds: float = 0.0  # of sound that was made so far
    played: list[tuple[int, float]] = field(default_factory=list)  # (time in ns, seconds that had been played)


class OwnVoice:
    """What the robot says and when it was audible. Locked: topics and the recogniser come from different threads.

    Args:
        share: of a text's words that must be the robot's, in order, for it to be taken for its own; above 1 never.
        is_stop: whether words order the robot to stop; they are always a person's, whoever else said them: a robot that
            cannot be stopped is worse than one that stops itself.
    """

    def __init__(self, share: float, is_stop: Callable[[str], bool]) -> None:
        self._share = share
        self._is_stop = is_stop
        self._clauses: dict[str, _Clause] = {}
        self._order: deque[str] = deque()
        self._lock = threading.Lock()

    def said(self, say_id: str, text: str, seconds: float) -> None:
        """Sound was made for a clause; the text comes with its first chunk, later ones have none."""
        with self._lock:
            self._clause(say_id).words += spoken_words(text)
            self._clause(say_id).seconds += seconds

    def played(self, say_id: str, now_ns: int, first_sample_ns: int, seconds: float) -> None:
        """So much of a clause had been played at a time; ns since the epoch, first_sample_ns 0 before it began."""
        if not say_id or not first_sample_ns:
            return
        with self._lock:
            played = self._clause(say_id).played
            if not played:
                played.append((first_sample_ns, 0.0))
            if now_ns > played[-1][0] and seconds > played[-1][1]:  # a pause adds nothing
                played.append((now_ns, seconds))

    def judge(self, text: str, begin_ns: int, end_ns: int) -> Rejection | None:
        """Whether a text that was heard from `begin_ns` to `end_ns` is the robot's own; None when it is not."""
        words = spoken_words(text)
        if self._share > 1.0 or not words or self._is_stop(text):
            return None
        said = self._audible(begin_ns, end_ns)
        share = share_in_order(words, said) if said else 0.0
        if share < self._share:
            return None
        reason = f"my own words: {share:.0%} of them are those that I said, from {self._share:.0%}"
        return Rejection(reason, "reject_own_voice")

    def _clause(self, say_id: str) -> _Clause:
        if say_id not in self._clauses:
            self._clauses[say_id] = _Clause([])
            self._order.append(say_id)
            if len(self._order) > _SAYS:
                del self._clauses[self._order.popleft()]
        return self._clauses[say_id]

    def _audible(self, begin_ns: int, end_ns: int) -> list[str]:
        """Words that the loudspeaker said about that time; none when it was silent for some of it."""
        words: list[str] = []
        covered_ns, until_ns = 0, begin_ns
        with self._lock:
            clauses = sorted((c for c in self._clauses.values() if c.played), key=lambda c: c.played[0][0])
            for clause in clauses:
                first_ns, last_ns = clause.played[0][0] - _LEAD_NS, clause.played[-1][0] + _TAIL_NS
                if first_ns < end_ns and last_ns > begin_ns:
                    covered_ns += max(0, min(last_ns, end_ns) - max(first_ns, until_ns))
                    until_ns = max(until_ns, min(last_ns, end_ns))
                    words += _between(clause, begin_ns, end_ns)
        return words if covered_ns >= _COVERED * (end_ns - begin_ns) else []


def _between(clause: _Clause, begin_ns: int, end_ns: int) -> list[str]:
    """The words of a clause that were audible in a time, and some more on either side."""
    times, played = zip(*clause.played, strict=True)
    total = max(clause.seconds, played[-1], 0.1)
    # Relative: nanoseconds since the epoch do not fit into a double.
    relative = [(t - times[0]) / NS for t in times]
    at = [float(np.interp((t - times[0]) / NS, relative, played)) for t in (begin_ns - _TAIL_NS, end_ns)]
    first, last = (at[0] - _SLACK_S) / total, (at[1] + _SLACK_S) / total
    n = len(clause.words)
    return clause.words[max(0, int(first * n)) : max(0, int(np.ceil(last * n)))]


def share_in_order(heard: Sequence[str], said: Sequence[str]) -> float:
    """How much of `heard` stands in `said` in the same order, 0..1; words that sound alike count as far as they do."""
    best = np.zeros(len(said) + 1)
    for word in heard:
        before = best.copy()
        for j, other in enumerate(said):
            best[j + 1] = max(before[j + 1], best[j], before[j] + alike(word, other))
    return float(best[-1]) / len(heard) if heard else 0.0


def alike(a: str, b: str) -> float:
    """1 for the same word, the share of common letters for similar ones, else 0."""
    if a == b:
        return 1.0
    ratio = SequenceMatcher(None, a, b, autojunk=False).ratio()
    return ratio if ratio >= _ALIKE else 0.0


def spoken_words(text: str) -> list[str]:
    """Lower-case words as they are spoken: small numbers in letters, "I'm" as two words."""
    for short, long in _SHORT.items():
        text = text.replace("’", "'").replace(short, long)
    return [_DIGITS.get(int(w), w) if w.isdecimal() and len(w) < 3 else w for w in bare_words(text)]
