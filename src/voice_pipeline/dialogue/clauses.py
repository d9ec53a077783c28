"""Cuts a stream of text into clauses to speak: a short first one for a quick start, then sentences. Pure, no clock."""

from __future__ import annotations

import re

from voice_pipeline.dialogue.speakable import speakable

_CLAUSE_END = ",;:.!?…\n"
_SENTENCE_END = ".!?…\n"
_WIDE_END = "。！？"  # written without a space after them
_CLOSING = "\"'”’)]*_"
# A full stop after these ends no sentence.
_ABBREVIATIONS = frozenset(
    ("dr", "mr", "mrs", "ms", "prof", "st", "jr", "sr", "vs", "etc", "e.g", "i.e", "a.m", "p.m", "no", "fig", "approx")
)
# Without punctuation a long first clause is cut before one of these, where a speaker would breathe.
_BREATH = frozenset(
    (
        "and",
        "but",
        "or",
        "because",
        "so",
        "which",
        "that",
        "when",
        "where",
        "who",
        "if",
        "while",
        "with",
        "to",
        "for",
        "in",
    )
)
_LONGEST = 220  # characters: a sentence beyond this is cut at a comma, or a space


class ClauseSplitter:
    """Feed deltas, get clauses.

    The first clause ends at the first , ; : . ! ? after `first_chars` characters, or after `first_words` words. Later
    ones end at sentence ends and are merged until they are `later_chars` long: too short ones leave gaps in synthesis.
    """

    def __init__(self, first_chars: int = 10, first_words: int = 6, later_chars: int = 40) -> None:
        self._first_chars = first_chars
        self._first_words = first_words
        self._later_chars = later_chars
        self._buffer = ""
        self._given = 0

    def feed(self, delta: str) -> list[str]:
        """Add text; returns the clauses that are now certain (a mark counts once the character after it is known)."""
        self._buffer += delta
        clauses = []
        while (cut := self._cut()) is not None:
            clause = speakable(self._buffer[:cut])
            self._buffer = self._buffer[cut:]
            if clause:
                self._given += 1
                clauses.append(clause)
        return clauses

    def flush(self) -> list[str]:
        """The rest, at the end of the stream."""
        clause = speakable(self._buffer)
        self._buffer = ""
        self._given += bool(clause)
        return [clause] if clause else []

    def _cut(self) -> int | None:
        text = self._buffer
        start = len(text) - len(text.lstrip())
        first = self._given == 0
        marks, least = (_CLAUSE_END, self._first_chars) if first else (_SENTENCE_END, self._later_chars)
        for i in range(start, len(text)):
            if i + 1 - start >= least and (end := _boundary(text, i, marks)) is not None:
                return end
        if first:
            return self._cut_words(start)
        if len(text) - start > _LONGEST:
            cut = max(text.rfind(", ", start, start + _LONGEST) + 1, 0) or text.rfind(" ", start, start + _LONGEST)
            return cut if cut > start else None
        return None

    def _cut_words(self, start: int) -> int | None:
        words = list(re.finditer(r"\S+\s", self._buffer[start:]))
        if len(words) <= self._first_words:
            return None
        best = self._first_words
        for i in range(self._first_words, self._first_words // 2, -1):
            if words[i].group().strip().lower() in _BREATH:
                best = i
                break
        return start + words[best].start()


def _boundary(text: str, i: int, marks: str) -> int | None:
    """Where the clause ends whose mark is text[i]; None when it ends none, or what follows is not known yet."""
    if text[i] in _WIDE_END:
        return i + 1
    if text[i] == "\n":
        return i + 1 if "\n" in marks else None
    if text[i] not in marks:
        return None
    end = i + 1
    while end < len(text) and (text[end] in _CLOSING or text[end] in _SENTENCE_END.strip()):
        end += 1
    if end >= len(text) or not text[end].isspace():
        return None  # "3.5", "3:05", "e.g" or not known yet
    return None if text[i] == "." and _is_abbreviation(text[:i]) else end


def _is_abbreviation(before: str) -> bool:
    """True for "Dr", "e.g", an initial ("J"), and the number of a list item at the start of a line ("2")."""
    word = re.split(r"[\s(\"']", before)[-1]
    if word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word.isupper() and word != "I"):
        return True
    return word.isdigit() and len(word) <= 2 and before[: -len(word)].strip(" ")[-1:] in ("", "\n")
