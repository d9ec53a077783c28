"""Weighs what people hint at: "You have been yawning for an hour" is no phrase, but two pieces of evidence for `sleep`.

Pure and without memory: the same words always weigh the same. Tried after the phrases and before the model; where the
evidence is thin, or speaks for two things, nothing is decided here. Talk among people is full of cues, so what is long, or
holds much that no cue explains, is about something else. config/phrases/README.md explains the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.wording import Wording

ENOUGH = 3.0  # of evidence for a call
_APART = 1.0  # by which it has to outweigh the evidence for anything else
_LONGEST = 90  # characters: what is longer is a story, or talk among people
_UNEXPLAINED = 3  # words of content that no cue of the hint covers, at most; more of them are about something else
_UNEXPLAINED_SIGNS = 8  # the same in a language without spaces: signs that are no hiragana
_FEW = 4  # words that are all that was said: "You look tired." is meant for who hears it, and needs less than ENOUGH
_FEW_BONUS = 0.5
_HIRAGANA = re.compile("[\u3040-\u309f]")
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
    must: Sequence[str] = ()  # sets, of which one has to be there too
    alone: Sequence[str] = ()  # sets that are worth more where they are all that was said
    moves: bool = False  # it moves the robot: no word of refusal may be left over


class Hints:
    """The hints of one language.

    Args:
        hints: weights are those of `sets`.
        against: what speaks against every hint; negative weights.
        wording: its dialect has all `sets`, and bars negations.
        talk: whole clauses that speak to somebody else, or answer ("Mum, ...", "Of course, ..."), as patterns; then nothing is hinted at.
        small: words that say nothing of their own ("the", "is"); none of them has to be explained by a cue.
    """

    def __init__(
        self,
        hints: Sequence[Hint],
        against: Mapping[str, float],
        wording: Wording,
        small: Iterable[str] = (),
        talk: Sequence[str] = (),
    ) -> None:
        self._wording = wording
        self._small = frozenset(w for s in small for w in wording.plain(s).split())
        self._numbers = frozenset(w for w, v in wording.numbers.items() if v > 1)
        self._hints = [(hint, *_ordered({**against, **hint.evidence})) for hint in hints]
        self._talk = re.compile(wording.dialect.either(tuple(talk)))
        self._cues: dict[str, re.Pattern[str]] = {}
        self._negation = re.compile((r"(?<!\S)" if wording.spaces else "") + f"(?:{wording.dialect.barred})")

    def prepare(self) -> None:
        """Compile all cues now, so that no utterance waits for it."""
        for hint, positive, negative in self._hints:
            for name in (*(n for n, _ in (*positive, *negative)), *hint.must):
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
        if not text or len(text) > _LONGEST or any(self._talk.fullmatch(c) for c in text.split(_BORDER)):
            return []
        seen: dict[str, bool] = {}
        found = []
        short = self._wording.spaces and _BORDER not in text and len(text.split()) <= _FEW
        for hint, positive, negative in self._hints:
            few = _FEW_BONUS if short and any(self._says(name, text, seen) for name in hint.alone) else 0.0
            most = sum(w for _, w in positive) + few
            weight = 0.0
            for name, value in positive:
                if weight + most < ENOUGH:
                    break  # what is left cannot make it enough
                most -= value
                weight += value if self._says(name, text, seen) else 0.0
            if weight + few >= ENOUGH:
                weight = self._apart(positive, text, seen) + few
            if weight >= ENOUGH:
                weight += sum(w for name, w in negative if self._says(name, text, seen, negated=True))
            if weight >= ENOUGH and self._about_it(hint, positive, text, seen):
                found.append((weight, ToolCallRequest(hint.tool, dict(hint.arguments))))
        return sorted(found, key=lambda f: -f[0])

    def _apart(self, positive: list[tuple[str, float]], text: str, seen: dict[str, bool]) -> float:
        """The weight of those sets alone that have words of their own: the same words are evidence once."""
        weight, taken = 0.0, text
        for name, value in positive:
            if seen.get(name) and (left := self._unexplained([name], text, taken)) != taken:
                weight, taken = weight + value, left
        return weight

    def _about_it(self, hint: Hint, positive: list[tuple[str, float]], text: str, seen: dict[str, bool]) -> bool:
        """The cues explain nearly all of the text, so that it is about them, and it holds no number besides."""
        if hint.must and not any(self._says(name, text, seen) for name in hint.must):
            return False
        rest = self._unexplained([name for name, _ in positive if seen.get(name)], text)
        if hint.moves and self._refusal_left(text, rest):
            return False
        if not self._wording.spaces:
            return len(_HIRAGANA.sub("", "".join(rest.split()))) <= _UNEXPLAINED_SIGNS and not re.search(r"\d", rest)
        words = rest.split()
        if any(w[0].isdigit() or w in self._numbers for w in words):
            return False  # an amount that a hint has no slot for
        return sum(w not in self._small for w in words) <= _UNEXPLAINED

    def _refusal_left(self, text: str, rest: str) -> bool:
        """A refusal that no cue explains, wherever it stands ("under no circumstances should you look up at the ceiling"), but
        for one that is the whole first clause ("No, you are tired")."""
        clauses = list(zip(text.split(_BORDER), rest.split(_BORDER), strict=True))
        if self._negation.fullmatch(clauses[0][0]):
            clauses.pop(0)
        return any(self._negation.search(left) for _, left in clauses)

    def _unexplained(self, names: Iterable[str], text: str, rest: str = "") -> str:
        """What is left of a text, or of its rest, without these cues; what a * of theirs takes is left too."""
        covered = bytearray(len(text))
        for name in names:
            for cue in self._cue(name).finditer(text):
                covered[cue.start() : cue.end()] = b"\1" * (cue.end() - cue.start())
                for begin, end in cue.regs[1:]:
                    covered[max(begin, 0) : max(end, 0)] = bytes(max(end, 0) - max(begin, 0))
        return "".join(" " if covered[i] and c != _BORDER else c for i, c in enumerate(rest or text))

    def _text(self, utterance: str) -> str:
        clauses = [c for c in _MARKS.split(utterance) if c.strip()]
        return _BORDER.join(self._wording.spoken(c) for c in clauses) if clauses else ""

    def _cue(self, name: str) -> re.Pattern[str]:
        if name not in self._cues:
            begin = r"(?<!\S)" if self._wording.spaces else ""
            # No * runs over a mark: what stands in another clause is about something else.
            dialect = replace(self._wording.dialect, barred=f"{_BORDER}|{self._wording.dialect.barred}")
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
