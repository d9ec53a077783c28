"""How often a text says the same again: Whisper's way to fill audio in which it hears nothing. And how many words it has,
also where words are not divided by spaces."""

from __future__ import annotations

import re

_MOST_WORDS = 12  # of a phrase that is looked for; longer ones show in the compression ratio
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_NUMBERS = frozenset(
    [
        "zero",
        "oh",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "double",
        "triple",
        "hundred",
    ]
)
_BARE = re.compile(r"[^\w']+")


def bare_words(text: str) -> list[str]:
    """Lower-case words without punctuation; "or-or-or" is three."""
    return [w for w in _BARE.split(text.lower().replace("’", "'")) if w.strip("'_")]


def count_words(text: str) -> float:
    """Words; in Chinese, Japanese and Thai two characters count as one."""
    unspaced = len(_UNSPACED.findall(text))
    return unspaced / 2 + len(bare_words(_UNSPACED.sub(" ", text)))


def mostly_numbers(text: str) -> bool:
    """Digits read aloud: they repeat themselves by nature."""
    words = bare_words(text)
    return 2 * sum(w.isdigit() or w in _NUMBERS for w in words) > len(words)


def repetitions(text: str) -> int:
    """The largest number of times in a row that a phrase stands in the text; 1 when none is repeated, 0 for no words."""
    words = bare_words(text)
    most = min(len(words), 1)
    for n in range(1, min(_MOST_WORDS, len(words) // 2) + 1):
        same = 0
        for a, b in zip(words, words[n:], strict=False):
            same = same + 1 if a == b else 0
            most = max(most, 1 + same // n)
    return most
