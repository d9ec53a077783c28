"""When an utterance in a language of a phrase file must not move the robot. Coarser than guards.py does it for English:

any word of negation anywhere forbids, because which verb it belongs to is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from voice_pipeline.dialogue.guards import Reason
from voice_pipeline.dialogue.wording import Wording, fold, words_only


class OtherGuard:
    """See the module.

    Args:
        wording: of the language.
        asks: what turns a question into a request; before the command, or behind it.
        negations: words, or beginnings of words with a * behind; pieces of words in a language without spaces.
        questions: how questions begin; how they end, in a language without spaces.
        stories: how something is told about somebody else.
        reports: that somebody said something, patterns.
    """

    def __init__(
        self,
        wording: Wording,
        asks: Iterable[str],
        negations: Iterable[str],
        questions: Iterable[str],
        stories: Iterable[str],
        reports: Iterable[str] = (),
    ) -> None:
        self._wording = wording
        self._asks = self._patterns(asks)
        self._reports = self._patterns(reports)
        self._negations = self._words(negations)
        self._questions = self._words(questions)
        self._stories = self._words(stories)

    def forbids(self, utterance: str) -> Reason:
        """Why nothing may move on this utterance; empty when the model may decide."""
        text = words_only(utterance, self._wording.spaces)
        if self._negations.search(text):
            return "negated"
        if self._reports.search(text + " "):
            return "story"
        rest = self._wording.without_politeness(text) or text
        if self._begins(self._stories, rest) and not self._begins(self._asks, text + " "):
            return "story"
        asked = fold(utterance).rstrip().endswith("?") or self._is_question(rest)
        return "question" if asked and not self._asked_politely(text) else ""

    def negated(self, clause: str) -> bool:
        """Something is refused in it."""
        return self._negations.search(words_only(clause, self._wording.spaces)) is not None

    def asked_for(self, utterance: str, needs: Iterable[str], unless: Iterable[str]) -> bool:
        """Whether what was said speaks of a tool with these `needs` and `unless`, see Tool.asked_for."""
        text = words_only(utterance, self._wording.spaces)
        needs, unless = list(needs), list(unless)
        return (not needs or self._beginnings(needs, text)) and not self._beginnings(unless, text)

    def _is_question(self, rest: str) -> bool:
        if self._wording.spaces:
            return self._begins(self._questions, rest)
        return any(found.end() == len(rest) or found.start() == 0 for found in self._questions.finditer(rest))

    def _asked_politely(self, text: str) -> bool:
        if self._wording.spaces:
            return self._asks.search(text + " ") is not None
        return any(found.end() == len(text) for found in self._asks.finditer(text))

    def _begins(self, words: re.Pattern[str], text: str) -> bool:
        return words.match(text) is not None

    def _patterns(self, sources: Iterable[str]) -> re.Pattern[str]:
        begin = r"(?<!\S)" if self._wording.spaces else ""
        return re.compile(begin + self._wording.dialect.either(tuple(sources)))

    def _words(self, words: Iterable[str]) -> re.Pattern[str]:
        """A pattern for any of the words, whole; with * for all that begin so."""
        said = []
        for word in words:
            plain = re.escape(words_only(word, self._wording.spaces))
            if self._wording.spaces:
                plain = rf"\b{plain}" + ("" if word.endswith("*") else r"\b")
            said.append(plain)
        return re.compile("|".join(sorted(said, key=len, reverse=True)) or "(?!)")

    def _beginnings(self, words: Iterable[str], text: str) -> bool:
        return self._words(f"{w}*" for w in words).search(text) is not None
