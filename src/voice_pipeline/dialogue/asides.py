"""Finds the commands among the clauses of an utterance: "You look tired, take a rest." or "Don't nod, look left instead."

Nothing is guessed: every clause has to be a command by itself, or one of the things that people say beside one (a reason,
a greeting, a refusal, a correction), or share its words ("look left, then right"). Where one clause is something else, the
whole utterance is left to the model: no half is done because the other was not understood.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from voice_pipeline.dialogue.borders import Borders, Clause
from voice_pipeline.dialogue.phrase_pattern import Dialect
from voice_pipeline.dialogue.shared_words import Find, completed
from voice_pipeline.dialogue.wording import Wording

_MOST_CLAUSES = 8  # beyond it somebody tells a story
_TAKES_BACK = "do_nothing"  # the tool of "never mind"
_Kind = Literal["command", "no", "back", "aside", "question", "other"]


@dataclass(frozen=True)
class AsideWords:
    """Sources of patterns; see config/phrases/README.md.

    reports: anywhere in a clause that is not one of `insists`; conditions: at the beginning of a clause; insists,
    corrections, contexts: a whole clause. joints, contrasts: words between clauses; after a contrast ("but") something
    new is said, after another joint what was said before goes on ("don't nod and look up" asks for nothing). steps: words for
    "then", which may also stand within the second clause ("und schau dann nach links"); what follows one is never a context.
    """

    reports: tuple[str, ...] = ()
    insists: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    joints: tuple[str, ...] = ()
    contrasts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


class Asides:
    """See the module.

    Args:
        command: the call of the phrase that matches this text; None where there is none.
        loose: that phrase leaves open some of the words.
        is_negated: it refuses something.
        is_question: it asks for something.
    """

    def __init__(
        self,
        words: AsideWords,
        wording: Wording,
        command: Find,
        loose: Callable[[str], bool],
        is_negated: Callable[[str], bool],
        is_question: Callable[[str], bool],
    ) -> None:
        self._wording, self._command, self._loose = wording, command, loose
        self._is_negated, self._is_question = is_negated, is_question
        # Here a * may take anything: what is left out is judged by the other rules.
        dialect = Dialect(wording.dialect.literal, wording.spaces, wording.dialect.sets)
        begin = r"(?<!\S)" if wording.spaces else ""
        self._reports = re.compile(begin + dialect.either(words.reports))
        self._insists = re.compile(dialect.either(words.insists))
        self._conditions = re.compile(dialect.either(words.conditions))
        self._corrections = re.compile(dialect.either(words.corrections))
        self._contexts = re.compile(dialect.either(words.contexts))
        self._borders = Borders(words.joints, words.contrasts, words.steps, wording.spaces)

    def told(self, utterance: str) -> bool:
        """Somebody's words are repeated, or it is about another time: no order, whatever stands in it."""
        texts = [utterance[c.begin : c.end] for c in self._borders.clauses(utterance)]
        for text in (self._wording.spoken(t) for t in texts):
            if self._reports.search(text) and not self._insists.fullmatch(text):
                return True
        first = self._wording.without_politeness(self._wording.plain(texts[0])) if texts else ""
        return self._conditions.match(f"{first} " if self._wording.spaces else first) is not None

    def clauses(self, utterance: str) -> list[str]:
        """Its clauses, as marks and contrasts divide it; none where it is only one."""
        starts = [c.begin for c in self._borders.clauses(utterance) if not c.joined]
        return [utterance[a:b] for a, b in itertools.pairwise([*starts, len(utterance)])] if len(starts) > 1 else []

    def several(self, utterance: str) -> bool:
        """A phrase matches the utterance, but it holds another command besides."""
        return self._swallows(utterance, list(self._borders.clauses(utterance)), utterance)

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
        clauses = list(self._borders.clauses(utterance))
        found: list[tuple[_Kind, str]] = []
        at, back, last, beside = 0, False, "", ""
        if not 1 < len(clauses) <= _MOST_CLAUSES:
            return found, back
        while at < len(clauses):
            shared = beside if last in ("command", "back") else ""
            end, kind, text = self._longest(utterance, clauses, at, shared, corrects=last == "back")
            goes_on = clauses[at].joined and (kind == "aside" or last in ("aside", "no"))
            if kind == "other" or goes_on:
                return [], False
            last = kind
            if kind == "back" and found and self._tool(found[-1][1]) != "stop":  # "Stop! No!" has to stop
                del found[-1:]
                back = True
            elif kind in ("command", "question"):
                found.append((kind, text))
                beside = text if kind == "command" else ""
            at = end
        return found, back

    def _longest(
        self, utterance: str, clauses: list[Clause], at: int, beside: str, corrects: bool
    ) -> tuple[int, _Kind, str]:
        """The clause at `at`, with those behind it that belong to the same command.

        Args:
            beside: the command before it; empty where it is no neighbour.
            corrects: that command was taken back just now.
        """
        first = clauses[at]
        for end in range(len(clauses), at, -1):
            text = utterance[first.begin : clauses[end - 1].end]
            if (tool := self._tool(text)) and not self._swallows(utterance, clauses[at:end], text):
                return end, "back" if tool == _TAKES_BACK and at else "command", text
            if first.linked and not self._is_negated(text) and self._tool(plain := self._borders.without_steps(text)):
                return end, "command", plain
        text = utterance[first.begin : first.end]
        whole = self._whole(text, first, beside, utterance[clauses[at + 1].begin :] if at + 1 < len(clauses) else "")
        kind = self._kind(text, first)
        if whole and (first.linked or corrects or kind == "other"):
            return at + 1, "command", whole
        return at + 1, kind, text

    def _swallows(self, utterance: str, clauses: list[Clause], text: str) -> bool:
        """Each clause is a command of its own, and the phrase that matches them all does only one of them."""
        if len(clauses) < 2 or not self._loose(text):
            return False
        texts = [utterance[c.begin : c.end] for c in clauses]
        calls = [self._command(t) for t in texts if not self._only_kind(self._wording.spoken(t))]
        whole = self._command(text)
        # "Hör auf, nach oben zu schauen": what is to end is no second command.
        if whole is None or whole.name == "stop":
            return False
        return None not in calls and whole in calls and any(c != whole for c in calls)

    def _only_kind(self, spoken: str) -> bool:
        return self._wording.only_polite(spoken) or self._wording.only_behind(spoken)

    def _whole(self, text: str, clause: Clause, beside: str, behind: str) -> str:
        """The command that a clause stands for which leaves out the words of another; empty where there is none."""
        if self._is_negated(text):
            return ""
        spaces = self._wording.spaces
        plain = self._borders.without_steps(text) if clause.linked else text
        if beside and (whole := completed(plain.strip(" .,;:!?"), beside, self._command, spaces)):
            return whole
        return completed(text, self._last_command(behind), self._command, spaces) if behind and not spaces else ""

    def _last_command(self, text: str) -> str:
        last = list(self._borders.clauses(text))[-1]
        return text[last.begin : last.end]

    def _tool(self, text: str) -> str:
        call = self._command(text)
        return call.name if call is not None else ""

    def _kind(self, text: str, clause: Clause) -> _Kind:
        spoken, first = self._wording.spoken(text), clause.begin == 0
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
            return "other" if clause.step else "aside"
        return "question" if self._is_question(text) else "other"
