"""Divides an utterance into clauses: at marks, at words such as "and", or both. Apart, because languages without spaces differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from voice_pipeline.dialogue.wording import either


@dataclass(frozen=True)
class Clause:
    """Where a clause lies in the utterance, and what divides it from the one before."""

    begin: int
    end: int
    joined: bool  # by a word alone ("and"), not by a mark, a pause or a contrast
    linked: bool = False  # by a word, with or without a mark
    step: bool = False  # by a word for "then"


class Borders:
    """See the module.

    Args:
        joints, contrasts, steps: see AsideWords.
        spaces: words are separated.
    """

    def __init__(self, joints: Sequence[str], contrasts: Sequence[str], steps: Sequence[str], spaces: bool) -> None:
        self._border = re.compile(_borders((*joints, *contrasts), spaces), re.I)
        self._contrasts = tuple(c.lower() for c in contrasts)
        self._steps = re.compile(_whole(tuple(steps), spaces), re.I)

    def without_steps(self, text: str) -> str:
        """A text without its words for "then"."""
        return self._steps.sub("", text)

    def clauses(self, utterance: str) -> Iterator[Clause]:
        """The clauses of an utterance, in order."""
        clause = Clause(0, 0, False)
        for border in self._border.finditer(utterance):
            mark, joint = border.group("mark"), border.group()[len(border.group("mark") or "") :].strip(" \t、").lower()
            if utterance[clause.begin : border.start()].strip():
                yield replace(clause, end=border.end("mark") if mark else border.start())
            contrast = joint.startswith(self._contrasts) if self._contrasts else False
            step = self._steps.search(f" {joint} ") is not None
            clause = Clause(border.end(), 0, not mark and not contrast, bool(joint) and not contrast, step)
        if utterance[clause.begin :].strip():
            yield replace(clause, end=len(utterance))


def _whole(words: tuple[str, ...], spaces: bool) -> str:
    """One of the words, and the blank before it."""
    return rf"\s+{either(words, str.lower)}(?=\s|$|[.,!?])" if spaces else either(words, str.lower)


def _borders(joints: tuple[str, ...], spaces: bool) -> str:
    """Where one clause ends: a mark, a joint, or both. The group `mark` stays with what came before ("Really? Nod.")."""
    joint = either(joints, str.lower)
    if not spaces:  # "て+から": a joint that stands behind something
        behind = [j.split("+") for j in joints if "+" in j]
        joint = "|".join(
            (
                *(f"(?<={re.escape(a)}){re.escape(b)}" for a, b in behind),
                either((j for j in joints if "+" not in j), str.lower),
            )
        )
        joint = f"(?:{joint})"
    if spaces:
        mark = r"\s*(?:[.,;:!?…]+(?=\s|$)|\s[-–—](?=\s))"
        return rf"(?P<mark>{mark})\s*(?:{joint}(?:\s*,\s+|\s+|$))*|\s+{joint}(?:(?:\s*,)?\s+{joint})*(?:\s*,\s+|\s+)"
    return rf"(?P<mark>[,、，。.!！?？…]+)\s*(?:{joint}[\s、]*)?|{joint}[\s、]*"
