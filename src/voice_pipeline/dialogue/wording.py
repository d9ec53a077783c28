"""How a language puts a command: what may stand around it, how requests are joined, how numbers are said. No ROS.

English is here, because it is the language of the shipped tool file; the others come from config/phrases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

_LAYERS = 8  # polite pieces on either side; nobody says more, and "please" a hundred times must not cost a second


@dataclass(frozen=True)
class Wording:
    """Patterns apply to text as `plain` leaves it; in them a blank stands for any space, or for none without `spaces`.

    Args:
        before, after: patterns of what may stand before and after a command, any number of times.
        joint: where one request ends and the next begins, in the text as it was said.
        plain: an utterance without case, marks and variants of spelling.
        literal: the same for a piece of a phrase; blanks stay.
        numbers: words for the number in a phrase.
        verbs: beginnings of commands for which there need be no phrase.
        inside: pattern of what may stand between any two words.
        own_values: the values of enums are words of this language.
    """

    before: str
    after: str
    joint: re.Pattern[str]
    plain: Callable[[str], str]
    literal: Callable[[str], str]
    numbers: Mapping[str, float] = field(default_factory=dict)
    verbs: Sequence[str] = ()
    own_values: bool = False
    spaces: bool = True
    inside: str = ""

    @property
    def polite(self) -> str:
        """A regular expression for everything polite that comes first."""
        return self.spaced(f"(?:{self.before} )*")

    def spaced(self, pattern: str) -> str:
        """The regular expression of a pattern."""
        return pattern.replace(" ", self._gap)

    def readings(self, text: str) -> list[str]:
        """A plain text, and what is left of it with less and less politeness around it and in it."""
        found = {text: None}
        for head in self._peel(text, self._first, lambda m: m.string[m.end() :]):
            for rest in self._peel(head, self._last, lambda m: m.string[: m.start()]):
                found[rest] = None
                found[self._inner.sub(" ", rest)] = None
        return [t for t in found if t]

    @staticmethod
    def _peel(text: str, skin: re.Pattern[str], rest: Callable[[re.Match[str]], str]) -> list[str]:
        layers = [text]
        while len(layers) <= _LAYERS and (found := skin.search(layers[-1])) is not None:
            layers.append(rest(found))
        return layers

    @cached_property
    def _gap(self) -> str:
        return r"\s+" if self.spaces else ""

    @cached_property
    def _first(self) -> re.Pattern[str]:
        return re.compile(self.spaced(f"^{self.before} "))

    @cached_property
    def _last(self) -> re.Pattern[str]:
        return re.compile(self.spaced(f" {self.after}$"))

    @cached_property
    def _inner(self) -> re.Pattern[str]:
        # Not at the ends, where it may be the command itself; without spaces it could be a piece of a word.
        return re.compile(rf"(?: {self.inside})+ " if self.inside and self.spaces else "(?!)")

    def without_politeness(self, text: str) -> str:
        """A plain text from its first word that is not only polite."""
        return re.sub("^" + self.polite, "", text + (" " if self.spaces else "")).strip()


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


def other_wording(
    before: Iterable[str],
    after: Iterable[str],
    inside: Iterable[str],
    joints: Iterable[str],
    numbers: Mapping[str, float],
    spaces: bool,
) -> Wording:
    """The wording of a phrase file. Everything in it is compared folded and without marks."""

    def literal(text: str) -> str:
        return re.sub(r"[\W_]+", " ", fold(text))

    joint = either(joints, str.lower)
    between = rf"\s*,?\s+{joint}\s+" if spaces else rf"[\s,、，。]*{joint}[\s,、，]*"
    return Wording(
        before=either(before, literal),
        after=either(after, literal),
        joint=re.compile(between, re.I),
        plain=lambda text: words_only(text, spaces),
        literal=literal,
        numbers={words_only(word, spaces): value for word, value in numbers.items()},
        spaces=spaces,
        inside=either(inside, literal),
    )


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


ENGLISH = Wording(
    before=(
        r"(?:first|hey|hi|hello|ok|okay|alright|now|so|and|then|please|just|quick|quickly|robot|reachy|mini|computer|"
        r"(?:can|could|would|will) you(?: please)?|i(?: would|'d) like you to|i want you to|you should|"
        r"go ahead and|let me see you|do me a favor and)"
    ),
    after=(
        r"(?:please|now|for me|robot|reachy|mini|again|a bit|a little|a little bit|thanks|thank you|will you|"
        r"would you|right away|immediately)"
    ),
    # A bare comma is no joint ("don't look left, look right").
    joint=re.compile(r"\s*,?\s+(?:and then|then|after that|and after that|and)\s+", re.I),
    plain=_plain_english,
    literal=str.lower,
    verbs=("tell me", "show", "turn", "give", "play", "make", "move", "do", "act", "say"),
    own_values=True,
)
