"""What our own machinery costs in a turn: the gap less what the models compute and less what is waited for on purpose.

A turn's critical path, from its trace (TurnLatency):

    speech_end .. pause                the silence that has to pass before anything may begin      deliberate
    asr_start .. asr_final             recognition                                                 compute
    llm_request .. first_clause        the language model, to the end of the first clause          compute
    tts_request .. first_audio         synthesis of that clause                                    compute
    ready .. vad_end                   all work that was begun is done, the end is not decided     deliberate
    first_played                       the first audible sample

Overhead is what is left of speech_end .. first_played when these are taken away: messages between processes, queues,
threads that wait for a core, the player's block, silence at the head of the synthesised sound. Where compute overlaps it
counts once. `ready` is the end of the last stage that began before vad_end; a stage that is still at work at vad_end means
that nothing waited for the decision. Without speculation nothing begins before vad_end, so all of pause .. vad_end is
a deliberate wait. What passes between stages ahead of `ready` counts as overhead although the wait would have hidden it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STAGES = (("asr_start", "asr_final"), ("llm_request", "first_clause"), ("tts_request", "first_audio"))


@dataclass(frozen=True)
class Split:
    """Where a gap went, in ms."""

    gap: float
    pause_wait: float
    decision_wait: float
    compute: float

    @property
    def overhead(self) -> float:
        """Our own cost."""
        return self.gap - self.pause_wait - self.decision_wait - self.compute

    @property
    def overhead_with_wait(self) -> float:
        """And the silence before the pause counted in."""
        return self.overhead + self.pause_wait


def split(stamps: Mapping[str, int]) -> Split | None:
    """Take a trace apart.

    Args:
        stamps: ns since the epoch by name, 0 or absent where a stage did not take place.

    Returns:
        None for a trace without a beginning, an end of speech or a sound.
    """
    begin, played, vad_end = (stamps.get(k, 0) for k in ("speech_end", "first_played", "vad_end"))
    if not (begin and played and vad_end) or played < begin:
        return None
    stages = [(stamps.get(a, 0), stamps.get(b, 0)) for a, b in STAGES]
    stages = [(a, b) for a, b in stages if a and b >= a]
    # A pipeline that tells no pause began to work when its first stage did, at the latest when the end was known.
    pause = stamps.get("pause", 0) or min([vad_end, *(a for a, _ in stages)])
    pause = min(max(pause, begin), vad_end)
    early = [(a, b) for a, b in stages if a < vad_end]
    ready = max([pause, *(b for _, b in early)])
    decision = max(0, vad_end - ready) if ready < vad_end else 0
    compute = _union([(max(a, pause), min(b, played)) for a, b in stages])
    return Split(*((ns / 1e6) for ns in (played - begin, pause - begin, decision, compute)))


def _union(spans: list[tuple[int, int]]) -> int:
    total, reach = 0, 0
    for start, end in sorted(s for s in spans if s[1] > s[0]):
        total += max(0, end - max(start, reach))
        reach = max(reach, end)
    return total
