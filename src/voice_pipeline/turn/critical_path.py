"""What an answer waited for, moment by moment: the critical path through the stamps of one turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HAND_OVER = "hand-over"  # from one stage to the next: messages, queues, prompts; what no stage accounts for

# One frame of voice activity (512 samples at 16 kHz): what follows this close on its trigger was waiting for it.
_CLOSE_NS = 32_000_000


@dataclass(frozen=True)
class Step:
    """How one stamp comes about.

    Args:
        stamp: what is reached.
        stage: the word for the time spent until then.
        after: what must have been before; one that carries a later stamp is taken to have been at the same moment.
        maybe: what may have been before: with speculation it comes later, and then it did not hold this up.
        trigger: what may have set it off: it did if this follows close on it, otherwise something slower went on.
        begin: the stamps between which the stage itself works, the latest of them; empty when it has no work of its own.
    """

    stamp: str
    stage: str
    after: tuple[str, ...]
    maybe: tuple[str, ...] = ()
    trigger: str = ""
    begin: tuple[str, ...] = ()


STEPS = (
    Step("pause", "wait for a pause", ("speech_end",), begin=("speech_end",)),
    Step("asr_start", HAND_OVER, ("pause",), maybe=("vad_end",)),
    Step("asr_final", "recognition", ("asr_start",), begin=("asr_start",)),
    Step("verdict", "end-of-turn check", ("pause",), begin=("pause",)),
    Step("vad_end", "wait for the end", ("pause",), trigger="verdict", begin=("pause",)),
    Step("commit", HAND_OVER, ("vad_end", "asr_final")),
    Step("llm_request", HAND_OVER, ("asr_final",), maybe=("commit",)),
    Step("llm_first_token", "first token", ("llm_request",), begin=("llm_request",)),
    # A guess that calls a tool says nothing before the turn is taken: tools have effects.
    Step("first_clause", "first clause", ("llm_first_token",), trigger="commit", begin=("llm_first_token",)),
    Step("tts_request", HAND_OVER, ("first_clause",), maybe=("commit",)),
    Step("first_audio", "synthesis", ("tts_request",), begin=("tts_request",)),
    Step("first_played", "playback", ("first_audio", "commit"), begin=("first_audio", "commit")),
)
_BY_STAMP = {step.stamp: step for step in STEPS}


@dataclass(frozen=True)
class Span:
    """A stage at work, or holding up the answer. Nanoseconds since the end of speech."""

    stage: str
    begin: int
    end: int

    @property
    def ms(self) -> float:
        """Its length in milliseconds."""
        return (self.end - self.begin) / 1e6


def critical_path(stamps: Mapping[str, int]) -> list[Span]:
    """What the answer waited for, moment by moment, from the end of speech to the first sound.

    Found backwards: from the first sound to the latest of the things it needed, from there to the latest of what that
    needed, and so on. The spans follow each other without a hole, so their lengths add up to the gap exactly. The time
    of a stage without a stamp goes to the one after it. Empty when nothing was heard or the stamps leave no gap.
    """
    origin, at = stamps.get("speech_end", 0), stamps.get("first_played", 0)
    if not origin or at <= origin:
        return []
    spans: list[Span] = []
    name = "first_played"
    while at > origin:
        stage = _BY_STAMP[name].stage
        before, name = _held_by(name, at, stamps)
        before = max(before, origin)
        if before < at:
            spans.append(Span(stage, before - origin, at - origin))
        at = before
    return _joined(spans[::-1])


def _held_by(name: str, at: int, stamps: Mapping[str, int]) -> tuple[int, str]:
    """The latest of the things that `name`, reached at `at`, waited for: its time and its stamp's name."""
    found = list(_needed(name, at, stamps))
    trigger = _BY_STAMP[name].trigger
    if (t := stamps.get(trigger, 0)) and 0 <= at - t <= _CLOSE_NS:
        found.append((t, trigger))
    return max(found, key=lambda f: f[0])


def _needed(name: str, at: int, stamps: Mapping[str, int]) -> Iterator[tuple[int, str]]:
    """What `name` waited for; in place of a missing stamp, what that one waited for. `speech_end` ends every search."""
    step = _BY_STAMP[name]
    for before in step.after:
        if stamps.get(before, 0) or before == "speech_end":
            yield min(stamps.get(before, 0), at), before
        else:
            yield from _needed(before, at, stamps)
    for before in step.maybe:
        if 0 < (t := stamps.get(before, 0)) <= at:
            yield t, before


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbours of the same stage as one."""
    result: list[Span] = []
    for span in spans:
        if result and result[-1].stage == span.stage:
            span = Span(span.stage, result.pop().begin, span.end)
        result.append(span)
    return result
