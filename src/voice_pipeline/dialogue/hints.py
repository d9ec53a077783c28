"""Weighs what people hint at: "You have been yawning for an hour" is no phrase, but two pieces of evidence for `sleep`.

Pure and without memory: the same words always weigh the same. Tried after the phrases and before the model; where the
evidence is thin, or speaks for two things, nothing is decided here. config/phrases/README.md explains the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voice_pipeline.dialogue.phrase_pattern import Dialect
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.wording import Wording

ENOUGH = 3.0  # of evidence for a call
_APART = 1.0  # by which it has to outweigh the evidence for anything else
_LONGEST = 240  # characters; a story is longer
_BEFORE = 2  # words before a cue in which a negation takes it back ("you don't really look tired")
_BEHIND = 5  # characters behind it, in a language without spaces, where negations stand there
_MARKS = re.compile(r"[.,;:!?…。、！？，]+")
_BORDER = "\n"  # between clauses in the text that is searched; no cue's words run over it


@dataclass(frozen=True)
class Hint:
    """What speaks for a call: names of sets of cues, and the weight of each (negative: against it)."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, float] = field(default_factory=dict)


class Hints:
    """The hints of one language.

    Args:
        hints: weights are those of `sets`.
        against: what speaks against every hint; negative weights.
        wording: its dialect has all `sets`, and bars negations.
    """

    def __init__(self, hints: Sequence[Hint], against: Mapping[str, float], wording: Wording) -> None:
        self._wording = wording
        self._hints = [(hint, *_ordered({**against, **hint.evidence})) for hint in hints]
        self._cues: dict[str, re.Pattern[str]] = {}
        self._negation = re.compile((r"(?<!\S)" if wording.spaces else "") + f"(?:{wording.dialect.barred})")

    def prepare(self) -> None:
        """Compile all cues now, so that no utterance waits for it."""
        for _, positive, negative in self._hints:
            for name, _ in (*positive, *negative):
                self._cue(name)

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the evidence speaks for; None where it is not enough, or not clear."""
        weights = self.weigh(utterance)
        if not weights or weights[0][0] < ENOUGH:
            return None
        others = [w for w, call in weights[1:] if call != weights[0][1]]
        return weights[0][1] if not others or weights[0][0] - others[0] >= _APART else None

    def weigh(self, utterance: str) -> list[tuple[float, ToolCallRequest]]:
        """Evidence for each call that something speaks for, the most first."""
        text = self._text(utterance)
        if not text or len(text) > _LONGEST:
            return []
        seen: dict[str, bool] = {}
        found = []
        for hint, positive, negative in self._hints:
            most = sum(w for _, w in positive)
            weight = 0.0
            for name, value in positive:
                if weight + most < ENOUGH:
                    break  # what is left cannot make it enough
                most -= value
                weight += value if self._says(name, text, seen) else 0.0
            if weight >= ENOUGH:
                weight += sum(w for name, w in negative if self._says(name, text, seen, negated=True))
                found.append((weight, ToolCallRequest(hint.tool, dict(hint.arguments))))
        return sorted(found, key=lambda f: -f[0])

    def _text(self, utterance: str) -> str:
        clauses = [c for c in _MARKS.split(utterance) if c.strip()]
        return _BORDER.join(self._wording.spoken(c) for c in clauses) if clauses else ""

    def _cue(self, name: str) -> re.Pattern[str]:
        if name not in self._cues:
            begin = r"(?<!\S)" if self._wording.spaces else ""
            dialect: Dialect = self._wording.dialect
            self._cues[name] = re.compile(begin + f"(?:{dialect.pattern(dialect.sets[name])})")
        return self._cues[name]

    def _says(self, name: str, text: str, seen: dict[str, bool], negated: bool = False) -> bool:
        """Whether a cue is in the text, and not refused; negated: also when it is (what speaks against a hint)."""
        key = f"{name}!" if negated else name
        if key not in seen:
            cues = self._cue(name).finditer(text)
            seen[key] = any(negated or not self._refused(text, cue) for cue in cues)
        return seen[key]

    def _refused(self, text: str, cue: re.Match[str]) -> bool:
        if self._negation.match(text, cue.start()):
            return False  # it is a refusal itself ("without a word")
        begin = text.rfind(_BORDER, 0, cue.start()) + 1
        if self._wording.spaces:
            words = text[begin : cue.start()].split()[-_BEFORE:]
            return self._negation.search(" ".join([*words, ""])) is not None
        return self._negation.search(text[cue.end() : cue.end() + _BEHIND]) is not None


def _ordered(evidence: Mapping[str, float]) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """For and against, the heaviest first: most utterances are done with after a few."""
    ordered = sorted(evidence.items(), key=lambda e: -abs(e[1]))
    return [e for e in ordered if e[1] > 0], [e for e in ordered if e[1] < 0]
