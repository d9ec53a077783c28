"""What a misspelt word was meant to be, for errors that can be acted on. Apart because every stage, node and command says it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LIKE = 0.6  # difflib's own default, 0..1


def nearest(word: str, options: Iterable[str], most: int = 1, likeness: float = _LIKE) -> list[str]:
    """The options that are like the word, the likest first; none is an answer too. likeness: 0..1, at least."""
    return difflib.get_close_matches(word, list(options), most, likeness)


def did_you_mean(word: str, options: Iterable[str], shown: str = "'{}'", most: int = 1, likeness: float = _LIKE) -> str:
    """ " Did you mean 'data'?" with a blank before it, or nothing when no option is like the word.

    shown: how an option is written, where {} stands for it.
    """
    near = nearest(word, options, most, likeness)
    return f" Did you mean {' or '.join(shown.format(n) for n in near)}?" if near else ""
