"""Finds the commands among the clauses of an utterance: "You look tired, take a rest." or "Don't nod, look left instead."

Nothing is guessed: every clause has to be a command by itself, or one of the things that people say beside one (a reason,
a greeting, a refusal, a correction). Where one clause is something else, the whole utterance is left to the model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from voice_pipeline.dialogue.phrase_pattern import Dialect
from voice_pipeline.dialogue.wording import Wording, either

_MOST_CLAUSES = 8  # beyond it somebody tells a story
_TAKES_BACK = "do_nothing"  # the tool of "never mind"
_Kind = Literal["command", "no", "back", "aside", "question", "other"]


@dataclass(frozen=True)
class AsideWords:
    """Sources of patterns; see config/phrases/README.md.

    reports: anywhere in a clause that is not one of `insists`; conditions: at the beginning of a clause; insists,
    corrections, contexts: a whole clause. joints, contrasts: words between clauses; after a contrast ("but") something
    new is said, after another joint what was said before goes on ("don't nod and look up" asks for nothing).
    """

    reports: tuple[str, ...] = ()
    insists: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    joints: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Clause:
    begin: int
    end: int
    joined: bool  # by a word alone ("and"), not by a mark, a pause or a contrast


class Asides:
    """See the module.

    Args:
        command: the tool of the phrase that matches this text; empty where there is none.
        is_negated: it refuses something.
        is_question: it asks for something.
    """

    def __init__(
        self,
        words: AsideWords,
        wording: Wording,
        command: Callable[[str], str],
        is_negated: Callable[[str], bool],
        is_question: Callable[[str], bool],
    ) -> None:
        self._wording, self._command = wording, command
        self._is_negated, self._is_question = is_negated, is_question
        # Here a * may take anything: what is left out is judged by the other rules.
        dialect = Dialect(wording.dialect.literal, wording.spaces, wording.dialect.sets)
        begin = r"(?<!\S)" if wording.spaces else ""
        self._reports = re.compile(begin + dialect.either(words.reports))
        self._insists = re.compile(dialect.either(words.insists))
        self._conditions = re.compile(dialect.either(words.conditions))
        self._corrections = re.compile(dialect.either(words.corrections))
        self._contexts = re.compile(dialect.either(words.contexts))
        self._borders = re.compile(_borders((*words.joints, *words.contrasts), wording.spaces), re.I)
        self._contrasts = tuple(c.lower() for c in words.contrasts)

    def told(self, utterance: str) -> bool:
        """Somebody's words are repeated, or it is about another time: no order, whatever stands in it."""
        texts = [utterance[c.begin : c.end] for c in self._clauses(utterance)]
        for text in (self._wording.spoken(t) for t in texts):
            if self._reports.search(text) and not self._insists.fullmatch(text):
                return True
        first = self._wording.without_politeness(self._wording.plain(texts[0])) if texts else ""
        return self._conditions.match(f"{first} " if self._wording.spaces else first) is not None

    def clauses(self, utterance: str) -> list[str]:
        """Its clauses, as marks and contrasts divide it; none where it is only one."""
        starts = [c.begin for c in self._clauses(utterance) if not c.joined]
        return [utterance[a:b] for a, b in itertools.pairwise([*starts, len(utterance)])] if len(starts) > 1 else []

    def commands(self, utterance: str, most: int) -> list[str] | None:
        """The commands in an utterance, and questions that are to be answered, in order; None where that is not sure."""
        found, _ = self._read(utterance)
        return [text for _, text in found] if len(found) <= most and any(k == "command" for k, _ in found) else None

    def taken_back(self, utterance: str) -> bool:
        """There was a command, and nothing is left of it: "Look left... actually, don't."."""
        found, back = self._read(utterance)
        return back and not found

    def _read(self, utterance: str) -> tuple[list[tuple[_Kind, str]], bool]:
        """What is wanted, and whether something was taken back; nothing where one clause is something else."""
        clauses = list(self._clauses(utterance))
        found: list[tuple[_Kind, str]] = []
        at, back, last = 0, False, ""
        if not 1 < len(clauses) <= _MOST_CLAUSES:
            return found, back
        while at < len(clauses):
            end, kind, text = self._longest(utterance, clauses, at)
            goes_on = clauses[at].joined and (kind == "aside" or last in ("aside", "no"))
            if kind == "other" or goes_on:
                return [], False
            last = kind
            if kind == "back" and found and self._command(found[-1][1]) != "stop":  # "Stop! No!" has to stop
                del found[-1:]
                back = True
            elif kind in ("command", "question"):
                found.append((kind, text))
            at = end
        return found, back

    def _longest(self, utterance: str, clauses: list[_Clause], at: int) -> tuple[int, _Kind, str]:
        for end in range(len(clauses), at, -1):
            text = utterance[clauses[at].begin : clauses[end - 1].end]
            if tool := self._command(text):
                return end, "back" if tool == _TAKES_BACK and at else "command", text
        text = utterance[clauses[at].begin : clauses[at].end]
        return at + 1, self._kind(text, first=at == 0), text

    def _kind(self, text: str, first: bool) -> _Kind:
        spoken = self._wording.spoken(text)
        if self._reports.search(spoken) and not self._insists.fullmatch(spoken):
            return "other"
        if self._corrections.fullmatch(spoken):
            return "aside" if first else "back"
        if self._wording.only_polite(spoken):
            return "aside"  # "if you don't mind"
        if self._conditions.match(spoken):
            return "other"
        if self._wording.only_behind(spoken):
            return "aside"
        if self._is_negated(text):
            return "no"
        if self._contexts.fullmatch(spoken):
            return "aside"
        return "question" if self._is_question(text) else "other"

    def _clauses(self, utterance: str) -> Iterator[_Clause]:
        begin, joined = 0, False
        for border in self._borders.finditer(utterance):
            mark = border.group("mark")
            if utterance[begin : border.start()].strip():
                yield _Clause(begin, border.end("mark") if mark else border.start(), joined)
            contrast = border.group().strip().lower().startswith(self._contrasts)
            begin, joined = border.end(), not mark and not contrast
        if utterance[begin:].strip():
            yield _Clause(begin, len(utterance), joined)


def _borders(joints: tuple[str, ...], spaces: bool) -> str:
    """Where one clause ends: a mark, a joint, or both. The group `mark` stays with what came before ("Really? Nod.")."""
    joint = either(joints, str.lower)
    if spaces:
        mark = r"\s*(?:[.,;:!?…]+(?=\s|$)|\s[-–—](?=\s))"
        return rf"(?P<mark>{mark})\s*(?:{joint}(?:\s+|$))?|\s+{joint}\s+"
    return rf"(?P<mark>[,、，。.!！?？…]+)\s*(?:{joint}[\s、]*)?|{joint}[\s、]*"
