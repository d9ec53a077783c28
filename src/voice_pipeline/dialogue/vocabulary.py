"""Which words the phrases of a language know. A model that calls a tool on other words has mostly misread them.

"Stop the car" and "put the kids to sleep" hold a word that nobody uses to a robot about itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from voice_pipeline.dialogue.wording import Wording


class Vocabulary:
    """All words in some sources of phrases, however deep they stand there.

    Args:
        wording: of a language that separates its words.
        sources: strings, or sequences and mappings of them.
    """

    def __init__(self, wording: Wording, sources: Any) -> None:
        self._wording = wording
        self._known = {word for text in _strings(sources) for word in self._words(re.sub(r"[{<]\w+[}>]", " ", text))}

    def strange(self, utterance: str, needs: Iterable[str] = ()) -> int:
        """How many words it does not know. needs: beginnings of words that it knows too."""
        begins = tuple(self._wording.plain(n) for n in needs)
        return sum(
            w not in self._known and not w.isdigit() and not (begins and w.startswith(begins))
            for w in self._words(utterance)
        )

    def _words(self, text: str) -> list[str]:
        return self._wording.plain(text).split()


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _strings(key)
            yield from _strings(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _strings(one)
