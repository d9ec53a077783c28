"""Which language's phrases and guards an utterance is judged by. No ROS.

The language that was heard comes first, then the node's own; recognisers guess the language of one word badly.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from voice_pipeline.dialogue.asides import Asides
from voice_pipeline.dialogue.guards import Reason, affirmed, forbids
from voice_pipeline.dialogue.hints import Hints
from voice_pipeline.dialogue.local_tools import MEMORY_TOOLS
from voice_pipeline.dialogue.other_guard import OtherGuard
from voice_pipeline.dialogue.phrase_files import PhraseFile
from voice_pipeline.dialogue.phrases import PhraseBook, value_words
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.dialogue.vocabulary import Vocabulary


@dataclass(frozen=True)
class Book:
    """One language's phrases, and what the model may do on an utterance in it.

    guard: None for the language of guards.py, English; lexical: the words of the tools (`needs`) are of this language.
    """

    language: str
    tools: Mapping[str, Tool]
    phrases: PhraseBook
    guard: OtherGuard | None = None
    lexical: bool = True
    asides: Asides | None = None
    vocabulary: Vocabulary | None = None
    hints: Hints | None = None

    def forbids(self, utterance: str) -> Reason:
        """Why no tool may be called on this utterance; empty when the model may decide."""
        reason = self.guard.forbids(utterance) if self.guard else forbids(utterance, self.language)
        if reason or self.asides is None:
            return reason
        return "negated" if self.asides.taken_back(utterance) else "story" if self.asides.told(utterance) else ""

    def may_call(self, name: str, utterance: str) -> bool:
        """Whether the model may call a tool: the utterance speaks of it, of nothing else, and not only to forbid it."""
        tool = self.tools[name]
        if not self.lexical:
            return name not in MEMORY_TOOLS  # without words for it nobody knows whether it was asked for
        if self.vocabulary is not None and 0 <= tool.strange_words < self.vocabulary.strange(utterance, tool.needs):
            return False
        if self.guard:
            return self.guard.asked_for(utterance, tool.needs, tool.unless)
        return tool.asked_for(affirmed(utterance, self.language) if tool.kind != "local" else utterance)

    def heard(self, name: str, arguments: Mapping[str, object], utterance: str) -> bool:
        """Whether the person used a word for each value that the model chose, where the tool asks for that by `any`."""
        if not self.lexical:
            return True
        tool, text = self.tools[name], f" {self.phrases.wording.spoken(utterance)}"
        for argument, value in arguments.items():
            if argument not in tool.any:
                continue
            said = [w for w, v in value_words(tool, argument, self.phrases.wording).items() if v == value]
            gap = " " if self.phrases.wording.spaces else ""
            said += [self.phrases.wording.plain(w) for w in tool.any[argument]] if said else []
            if said and not any(f"{gap}{w}" in text for w in said):
                return False
        return True

    def parts(self, utterance: str, most: int) -> list[str]:
        """The requests in it, each for itself; what is forbidden, and what is not sure, stays whole."""
        if not self.lexical:
            return [utterance]
        if self.phrases.match(utterance) is not None and (self.asides is None or not self.asides.several(utterance)):
            return [utterance]
        if self.asides is not None and (commands := self.asides.commands(utterance, most)) is not None:
            return commands
        return [utterance] if self.forbids(utterance) else self.phrases.split(utterance, most)

    def match(self, part: str) -> ToolCallRequest | None:
        """The call that a phrase, or else what is hinted at, asks for; None where that is nothing certain."""
        return self.phrases.match(part) or self._hinted(part)

    def _hinted(self, part: str) -> ToolCallRequest | None:
        call = self.hints.match(part) if self.hints else None
        if call is None or self.asides is None:
            return call
        if self.asides.taken_back(part):
            return None
        # "You look tired. Look left." is more than a hint.
        others = (self.phrases.match(c) for c in self.asides.clauses(part))
        return None if any(o is not None and o.name not in (call.name, "do_nothing") for o in others) else call

    def calls(self, parts: Iterable[str], hints: bool = True) -> list[ToolCallRequest] | None:
        """What phrases and hints make of all parts; None when there is one for which there is none.

        Args:
            hints: False: only phrases.
        """
        calls = [self.match(p) if hints else self.phrases.match(p) for p in parts]
        found = [c for c in calls if c is not None]
        return found if len(found) == len(calls) else None


class Books:
    """All languages of a robot.

    Args:
        file: the tool file, whose words are of its language.
        own: the node's language.
        files: of other languages.
    """

    def __init__(self, file: ToolFile, own: str, files: Mapping[str, PhraseFile]) -> None:
        own = own.lower()[:2]
        self._books = {file.language: Book(file.language, file.tools, PhraseBook(file.tools))}
        for language, phrases in files.items():
            tools = phrases.tools if language in (file.language, "en") or language != own else _free(phrases)
            self._books[language] = Book(
                language,
                tools,
                phrases.phrases,
                phrases.guard,
                asides=phrases.asides,
                vocabulary=phrases.vocabulary,
                hints=phrases.hints,
            )
        # Without a phrase file the model alone decides in the node's language.
        self._own = self._books.get(own) or Book(own, file.tools, PhraseBook({}), lexical=False)

    def prepare(self) -> None:
        """Compile the phrases of all languages, so that no utterance waits for it."""
        for book in self._books.values():
            book.phrases.prepare()
            if book.hints is not None:
                book.hints.prepare()

    def choose(self, utterance: str, language: str, most: int, by_phrase: bool = True) -> tuple[Book, list[str]]:
        """The book for an utterance, and its parts.

        Args:
            language: ISO 639-1 that was heard; empty when nobody knows.
            most: parts.
            by_phrase: phrases count; otherwise the language alone decides.
        """
        heard = self._books.get(language.lower()[:2])
        likely = [heard or self._own, *([self._own] if heard and heard is not self._own else [])]
        for book in likely if by_phrase else ():
            if book.calls(parts := book.parts(utterance, most)) is not None:
                return book, parts
        if by_phrase:
            others = [b for b in self._books.values() if b not in likely]
            found = [(b, p, c) for b in others if (c := b.calls(p := b.parts(utterance, most), False)) is not None]
            same = all(c == found[0][2] for _, _, c in found)
            # In a language that was heard differently only what cannot do harm, "stop" above all.
            if found and same and (heard is None or not any(found[0][0].tools[c.name].moves for c in found[0][2])):
                return found[0][0], found[0][1]
        return likely[0], likely[0].parts(utterance, most)

    def tool(self, name: str, language: str = "") -> Tool:
        """A tool in the words of a language; in those of the node where it has none."""
        return self._books.get(language.lower()[:2], self._own).tools[name]


def _free(phrases: PhraseFile) -> dict[str, Tool]:
    """Tools that the file of the node's own language does not name are free to the model, as without a file."""
    return {
        n: t if n in phrases.named or n in MEMORY_TOOLS else dataclasses.replace(t, needs=(), unless=())
        for n, t in phrases.tools.items()
    }
