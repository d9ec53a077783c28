"""The small language of phrases, and its regular expressions: [optional], (one|another), {argument}, <set>, *, **, word~.

Apart from phrases.py because wording.py needs it too. A compiled pattern matches text in which every word is followed
by a blank (no blanks at all in a language without spaces), so that nothing optional leaves a stray one behind. What a *
takes is a group without a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from voice_pipeline.errors import VoiceError

_TOKEN = re.compile(r"\*\*?|{\w+}|<\w+>|[\[\]()|]|\s+|[^\[\](){}<>|*\s]+")
_SOME = 5  # words that * takes at most: "the old wooden kitchen table"; more is another sentence
_MANY = 40
_CHARACTERS = 14  # the same in a language without spaces


@dataclass(frozen=True)
class Dialect:
    """What patterns of one language are made of.

    Args:
        literal: a piece of a phrase without case and marks; blanks stay.
        spaces: words are separated.
        sets: name -> source of what <name> stands for.
        barred: regular expression of what * never takes: a negation within a command makes another one of it.
    """

    literal: Callable[[str], str]
    spaces: bool = True
    sets: Mapping[str, str] = field(default_factory=dict)
    barred: str = "(?!)"

    def pattern(self, source: str, slot: Callable[[str], str] | None = None) -> str:
        """The regular expression of a phrase. slot: that of an {argument}.

        Raises:
            VoiceError: brackets do not fit, or there is no such set.
        """
        return _Reader(self, source, slot or (lambda name: "(?!)")).read()

    def either(self, sources: tuple[str, ...] | list[str]) -> str:
        """The regular expression for one of the phrases; for nothing where there are none."""
        # Longest first: "and then" must not be taken for "and".
        ordered = sorted(set(sources), key=lambda s: (-len(s), s))
        return "(?:" + "|".join(self.pattern(s) for s in ordered) + ")" if ordered else "(?!)"


class _Reader:
    def __init__(self, dialect: Dialect, source: str, slot: Callable[[str], str]) -> None:
        self._dialect, self._source, self._slot = dialect, source, slot
        self._tokens = _TOKEN.findall(source.strip())
        self._at = 0

    def read(self) -> str:
        pattern = self._alternatives()
        if self._at < len(self._tokens):
            raise self._wrong(f"'{self._tokens[self._at]}' closes nothing")
        return pattern

    def _alternatives(self, close: str = "") -> str:
        options = [""]
        while self._at < len(self._tokens) and self._tokens[self._at] not in ("]", ")"):
            token = self._tokens[self._at]
            self._at += 1
            if token == "|":
                options.append("")
            else:
                options[-1] += self._piece(token)
        if close:
            if self._at >= len(self._tokens) or self._tokens[self._at] != close:
                raise self._wrong(f"a '{close}' is missing")
            self._at += 1
        return options[0] if len(options) == 1 else "(?:" + "|".join(options) + ")"

    def _piece(self, token: str) -> str:
        if token.isspace():
            return ""
        if token == "[":
            return f"(?:{self._alternatives(']')})?"
        if token == "(":
            return f"(?:{self._alternatives(')')})"
        if token.startswith("*"):
            return self._wildcard(endless=token == "**")
        if token.startswith("{"):
            if self._source.count(token) > 1:
                raise self._wrong(f"{token} stands there twice")
            return f"(?P<{token[1:-1]}>{self._slot(token[1:-1])}){self._blank()}"
        if token.startswith("<"):
            return self._set(token[1:-1])
        if token.endswith("~") and self._dialect.spaces:
            return re.escape(self._dialect.literal(token[:-1]).strip()).replace("\\ ", " ") + "[^ ]*" + self._blank()
        words = self._dialect.literal(token).strip()
        if not self._dialect.spaces:
            return re.escape(words.replace(" ", ""))
        return re.escape(words).replace("\\ ", " ") + self._blank() if words else ""

    def _blank(self) -> str:
        """After a word; not before what is written against it ("{times}mal")."""
        following = self._tokens[self._at] if self._at < len(self._tokens) else " "
        joined = following[0] not in "[]()|*" and not following.isspace()
        return " " if self._dialect.spaces and not joined else ""

    def _wildcard(self, endless: bool) -> str:
        bar = f"(?!{self._dialect.barred})"
        if self._dialect.spaces:
            return f"((?:{bar}[^ ]+ ){{1,{_MANY if endless else _SOME}}})"
        return f"((?:{bar}.){{1,{_MANY if endless else _CHARACTERS}}})"

    def _set(self, name: str) -> str:
        if name not in self._dialect.sets:
            known = ", ".join(sorted(self._dialect.sets)) or "none"
            raise self._wrong(f"there is no set '{name}'. There are: {known}")
        return f"(?:{self._dialect.pattern(self._dialect.sets[name])})"

    def _wrong(self, what: str) -> VoiceError:
        return VoiceError(f"phrase '{self._source}': {what}.", "Correct the phrase.")
