"""Which words of a growing hypothesis will stay: those that two hypotheses in a row agree on."""

from __future__ import annotations

import re

_BARE = re.compile(r"[^\w']+")


class StablePrefix:
    """Local agreement over the partial transcripts of one utterance (Liu et al. 2020, "LocalAgreement-2").

    Words are compared without case and punctuation, because Whisper changes both as the sentence grows. What was
    stable once stays so, even when a later hypothesis differs.
    """

    def __init__(self) -> None:
        self._before: list[str] = []
        self._stable: list[str] = []

    def update(self, text: str) -> tuple[str, str]:
        """Take the next hypothesis; returns (the whole text to show, its stable leading part)."""
        words = text.split()
        agreed = 0
        for old, new in zip(self._before, words, strict=False):
            if _bare(old) != _bare(new):
                break
            agreed += 1
        self._stable += words[len(self._stable) : agreed]
        self._before = words
        whole = [*self._stable, *words[len(self._stable) :]]
        return " ".join(whole), " ".join(self._stable)

    def leading(self, text: str) -> str:
        """The leading words of `text` that agree with what is stable; "" when they contradict it."""
        words = text.split()[: len(self._stable)]
        agree = [_bare(w) for w in words] == [_bare(w) for w in self._stable]
        return " ".join(words) if agree else ""


def _bare(word: str) -> str:
    return _BARE.sub("", word).lower()
