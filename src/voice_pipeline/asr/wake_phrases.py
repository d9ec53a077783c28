"""Whether a transcript begins with a wake phrase, as recognisers write it: "Hey, Richie", "Hi Reachy", "High Reaching"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from voice_pipeline.errors import VoiceError

# One greeting is as good as another, and short ones are misheard: tiny.en writes "High" for "Hi" in one of ten.
_GREETINGS = frozenset(
    [
        "hey",
        "hay",
        "hei",
        "heh",
        "ey",
        "hi",
        "high",
        "hello",
        "hallo",
        "hola",
        "salut",
        "ciao",
        "ola",
        "okay",
        "ok",
        "kay",
        "a",
        "ay",
        "eh",
        "he",
    ]
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SOUNDS = (
    (r"ing$", "y"),  # "Reaching" for "Reachy": the end of a name alone is guessed to be a verb
    (r"tch|ch|sh|sch|cc(?=[eiy])|tsch", "C"),
    (r"ph", "f"),
    (r"c(?=[eiy])|z|ß", "s"),
    (r"ck|c|q", "k"),
    (r"x", "ks"),
)
_SILENT = re.compile(r"[aeiouyhwàâäáéèêëíìîïóòôöúùûüœæ']")
_OPEN_END = re.compile(r"[aeiouyàâäáéèêëíìîïóòôöúùûü]$")
_LEAST_ALIKE = 0.3  # letters in common ("Ricci" 0.36): a name of few consonants must not fit any word


@dataclass(frozen=True)
class Addressed:
    """A transcript without its wake phrase. `rest` is empty when nothing else was said."""

    phrase: str
    rest: str


class WakePhrases:
    """Compares by sound: consonants as spoken, and whether the name ends open. Of the 60 ways in which tiny.en wrote
    "hey reachy" said by synthetic voices, docs/hearing.md tells how many are known.

    Args:
        phrases: such as "hey reachy"; a greeting at the start stands for all greetings.

    Raises:
        VoiceError: a phrase has no name in it.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases: list[tuple[str, bool, list[str]]] = []
        for phrase in phrases:
            words = [w.lower() for w in _WORD.findall(phrase)]
            greets = len(words) > 1 and words[0] in _GREETINGS
            name = words[1:] if greets else words
            if not name or not sound_of("".join(name)).strip("-"):
                raise VoiceError(f"wake phrase '{phrase}' has no word to listen for.", "Write one like 'hey reachy'.")
            self._phrases.append((phrase, greets, name))

    @property
    def first(self) -> str:
        """The one to tell people."""
        return self._phrases[0][0] if self._phrases else ""

    def find(self, text: str) -> Addressed | None:
        """The phrase that `text` begins with, and what follows; None when it begins with none."""
        words = list(_WORD.finditer(text))
        for phrase, greets, name in self._phrases:
            if greets and not (words and words[0].group().lower() in _GREETINGS):
                continue
            first = int(greets)
            # A name may be heard as one word more or fewer: "reach you".
            for count in range(max(1, len(name) - 1), len(name) + 2):
                heard = words[first : first + count]
                if len(heard) == count and _alike("".join(w.group() for w in heard), "".join(name)):
                    return Addressed(phrase, _tidy(text[heard[-1].end() :]))
        return None


def sound_of(word: str) -> str:
    """Consonants as spoken, "-" at an open end: "Reachy", "Ricci" and "reaching" are all "rC-"."""
    word = word.lower().replace("’", "'")
    for spelled, sound in _SOUNDS:
        word = re.sub(spelled, sound, word)
    end = "-" if _OPEN_END.search(word) else ""
    return re.sub(r"(.)\1+", r"\1", _SILENT.sub("", word)) + end


def _alike(heard: str, name: str) -> bool:
    if sound_of(heard) != sound_of(name):
        return False
    return SequenceMatcher(None, heard.lower(), name).ratio() >= _LEAST_ALIKE


def _tidy(rest: str) -> str:
    rest = rest.lstrip(" \t\n,.;:!?…-–—")
    return rest[:1].upper() + rest[1:]
