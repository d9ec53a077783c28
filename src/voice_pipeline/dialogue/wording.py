"""How a language puts a command: what may stand around it, how requests are joined, how numbers are said. No ROS.

English is here, because it is the language of the shipped tool file; the others come from config/phrases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from voice_pipeline.dialogue.phrase_pattern import Dialect

_LAYERS = 8  # polite pieces on either side; nobody says more, and "please" a hundred times must not cost a second


@dataclass(frozen=True)
class Wording:
    """Patterns are those of phrase_pattern.py: they apply to text as `spoken` leaves it, each word with a blank behind.

    Args:
        before, after: regular expressions of what may stand before and after a command, any number of times.
        joint: where one request ends and the next begins, in the text as it was said.
        plain: an utterance without case, marks and variants of spelling.
        dialect: what phrases are made of.
        numbers: words for the number in a phrase.
        verbs: beginnings of commands for which there need be no phrase.
        inside: regular expression of what may stand between any two words.
        own_values: the values of enums are words of this language.
    """

    before: str
    after: str
    joint: re.Pattern[str]
    plain: Callable[[str], str]
    dialect: Dialect
    numbers: Mapping[str, float] = field(default_factory=dict)
    verbs: Sequence[str] = ()
    own_values: bool = False
    inside: str = ""

    @property
    def spaces(self) -> bool:
        """Words are separated."""
        return self.dialect.spaces

    def spoken(self, utterance: str) -> str:
        """What patterns are matched against."""
        return self.plain(utterance) + (" " if self.spaces else "")

    def readings(self, text: str) -> dict[str, str]:
        """A spoken text, and what is left of it with less and less politeness around it and in it.

        Returns: each reading, and what was taken off behind it.
        """
        found = {text: ""}
        for head in self._peel(text, self._first, lambda m: m.string[m.end() :]):
            for rest in self._peel(head, self._last, lambda m: m.string[: m.start()]):
                found.setdefault(rest, head[len(rest) :])
                found.setdefault(self._inner.sub("", rest), head[len(rest) :])
        found.pop("", None)
        return found

    def only_polite(self, text: str) -> bool:
        """Nothing is left of a spoken text without what may stand before a command."""
        return not self._peel(text, self._first, lambda m: m.string[m.end() :])[-1]

    def only_behind(self, text: str) -> bool:
        """A spoken text is something that may stand behind a command, polite words before it aside."""
        return any(self._behind.fullmatch(h) for h in self._peel(text, self._first, lambda m: m.string[m.end() :]))

    @staticmethod
    def _peel(text: str, skin: re.Pattern[str], rest: Callable[[re.Match[str]], str]) -> list[str]:
        layers = [text]
        while len(layers) <= _LAYERS and (found := skin.search(layers[-1])) is not None and found.group():
            layers.append(rest(found))
        return layers

    @cached_property
    def _first(self) -> re.Pattern[str]:
        return re.compile(f"^{self.before}")

    @cached_property
    def _last(self) -> re.Pattern[str]:
        return re.compile(f"(?<= ){self.after}$" if self.spaces else f"{self.after}$")

    @cached_property
    def _inner(self) -> re.Pattern[str]:
        # Not at the ends, where it may be the command itself; without spaces it could be a piece of a word.
        return re.compile(f"(?<= )(?:{self.inside})+(?=.)" if self.inside and self.spaces else "(?!)")

    @cached_property
    def _behind(self) -> re.Pattern[str]:
        return re.compile(self.after)

    def without_politeness(self, text: str) -> str:
        """A plain text from its first word that is not only polite."""
        return re.sub(f"^(?:{self.before})*", "", text + (" " if self.spaces else "")).strip()


def fold(text: str) -> str:
    """Lower case without accents, in one form of Unicode: "Arrête" and "arrete", "ｽﾄｯﾌﾟ" and "ストップ" are the same."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().replace("ß", "ss"))
    # Only the marks of Latin letters: without theirs Japanese syllables would be others.
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", text))


def words_only(text: str, spaces: bool = True) -> str:
    """Folded, and nothing but words; joined when the language has no spaces."""
    return re.sub(r"[\W_]+", " " if spaces else "", fold(text)).strip()


def either(options: Iterable[str], literal: Callable[[str], str]) -> str:
    """A pattern for one of the options; for none when there are none."""
    words = {w for w in (literal(o).strip() for o in options) if w}
    escaped = (re.escape(w).replace("\\ ", " ") for w in sorted(words, key=lambda w: (-len(w), w)))
    return "(?:" + "|".join(escaped) + ")" if words else "(?!)"


@dataclass(frozen=True)
class Polite:
    """What may stand around a command, as sources of patterns; see config/phrases/README.md."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    joints: tuple[str, ...] = ()


def other_wording(polite: Polite, dialect: Dialect, numbers: Mapping[str, float]) -> Wording:
    """The wording of a phrase file. Everything in it is compared folded and without marks."""
    spaces = dialect.spaces
    return Wording(
        before=dialect.either(polite.before),
        after=dialect.either(polite.after),
        joint=_joint(polite.joints, spaces),
        plain=lambda text: words_only(text, spaces),
        dialect=dialect,
        numbers={words_only(word, spaces): value for word, value in numbers.items()},
        inside=dialect.either(polite.inside),
    )


def dialect_of(language: str, sets: Mapping[str, Sequence[str]], barred: Sequence[str], spaces: bool = True) -> Dialect:
    """The dialect of a phrase file.

    Args:
        sets: name -> phrases; each may use those before it.
        barred: words that no * takes; with * behind them, beginnings of words.

    Raises:
        VoiceError: a set is no phrase.
    """

    def literal(text: str) -> str:
        return text.lower() if language == "en" else re.sub(r"[\W_]+", " ", fold(text))

    words = (
        re.escape(literal(b.rstrip("*")).strip()) + (" " if spaces and not b.endswith("*") else "") for b in barred
    )
    dialect = Dialect(literal, spaces, {}, "|".join(words) or "(?!)")
    for name, phrases in sets.items():
        source = "|".join(phrases)
        dialect.pattern(source)
        dialect = replace(dialect, sets={**dialect.sets, name: source})
    return dialect


def _joint(joints: Iterable[str], spaces: bool) -> re.Pattern[str]:
    joint = either(joints, str.lower)
    return re.compile(rf"\s*,?\s+{joint}\s+" if spaces else rf"[\s,、，。]*{joint}[\s,、，]*", re.I)


_NUMBERS = {
    **{"once": "1 times", "twice": "2 times", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"},
    **{"fifteen": "15", "twenty": "20", "twenty five": "25", "thirty": "30", "forty": "40", "forty five": "45"},
    **{"fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "a hundred": "100"},
    "one hundred": "100",
}
_NUMBER_WORD = re.compile(r"\b(?:" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")\b")


def _plain_english(utterance: str) -> str:
    text = utterance.lower().replace("’", "'").replace("-", " ")
    text = _NUMBER_WORD.sub(lambda m: _NUMBERS[m.group()], text)
    return re.sub(r"[^\w']+", " ", text).strip()


# What counts without a phrase file for English (config/phrases/en.yaml), which adds to it.
_POLITE = Polite(
    before=(
        "(first|hey|hi|hello|ok|okay|alright|now|so|and|then|please|just|quick|quickly|robot|reachy|mini|computer)",
        "(can|could|would|will) you [please]",
        "(i would|i'd) like you to",
        "i want you to",
        "you should",
        "go ahead and",
        "let me see you",
        "do me a favor and",
    ),
    after=(
        "(please|now|for me|robot|reachy|mini|again|a bit|a little|a little bit|thanks|thank you|will you|would you)",
        "(right away|immediately)",
    ),
    # A bare comma is no joint ("don't look left, look right").
    joints=("and then", "then", "after that", "and after that", "and"),
)
ENGLISH_JOINTS = _POLITE.joints
_VERBS = ("tell me", "show", "turn", "give", "play", "make", "move", "do", "act", "say")


def english_wording(more: Polite, dialect: Dialect) -> Wording:
    """English, with what its phrase file adds."""
    return Wording(
        before=dialect.either(_POLITE.before + more.before),
        after=dialect.either(_POLITE.after + more.after),
        joint=_joint(_POLITE.joints + more.joints, True),
        plain=_plain_english,
        dialect=dialect,
        verbs=_VERBS,
        own_values=True,
        inside=dialect.either(more.inside) if more.inside else "",
    )


ENGLISH = english_wording(Polite(), Dialect(str.lower))
