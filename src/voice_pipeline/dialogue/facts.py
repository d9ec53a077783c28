"""What people asked the robot to remember: one line a fact, in a Markdown file that they can read and correct."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

from voice_pipeline.errors import VoiceError

_MOST = 60  # facts; together some 1,000 tokens of every prompt
_LONGEST = 200  # characters of one
_LARGEST = 262_144  # bytes; a hundred times what 60 facts take: this is another file, or a broken one
_HEAD = "# What this robot was asked to remember. One fact a line; delete or correct what you like.\n\n"
_LINE = re.compile(r"^- (?P<fact>.*?)(?: \((?P<day>\d{4}-\d\d-\d\d)\))?$")
_EVERYTHING = re.compile(r"^(?:everything|all|all of it|all that|it all|all facts)$")
# Words that say nothing of which fact is meant.
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "that",
        "my",
        "your",
        "is",
        "are",
        "was",
        "i",
        "me",
        "you",
        "of",
        "to",
        "in",
        "on",
        "at",
        "it",
        "about",
        "what",
    ]
)
_ALIKE = 0.6  # share of the words asked for that a fact has to hold
_OTHER_SIDE = {
    **{"i": "you", "my": "your", "mine": "yours", "me": "you", "am": "are", "i'm": "you're", "myself": "yourself"},
    **{"i've": "you've", "i'll": "you'll", "i'd": "you'd", "your": "my", "you": "I", "you're": "I'm", "yours": "mine"},
}


class Facts:
    """The facts of one robot. Read anew each time, so that a correction counts at once; written whole, never half.

    Args:
        path: the file; made, for its owner alone, with the first fact.
        today: the date, YYYY-MM-DD.
    """

    def __init__(self, path: Path, today: Callable[[], str] = lambda: time.strftime("%Y-%m-%d")) -> None:
        self.path = path
        self._today = today

    def all(self) -> list[str]:
        """Every fact, oldest first, the first 60, each cut to 200 characters. Lines that are no facts are left alone.

        Raises:
            VoiceError: the file cannot be read, is no text, or is far too large.
        """
        found = [_plain(m["fact"])[:_LONGEST] for line in self._lines() if (m := _LINE.match(line))]
        return [f for f in found if f][:_MOST]

    def remember(self, fact: str) -> str:
        """Add a fact; one that is there already is not written twice. Returns it as it is kept.

        Raises:
            VoiceError: nothing to remember, too long, full, or the file cannot be read or written.
        """
        fact = _plain(fact)
        if not fact:
            raise VoiceError("there is nothing to remember.", "Say what.")
        if len(fact) > _LONGEST:
            raise VoiceError(f"that is longer than {_LONGEST} characters.", "Say it shorter.")
        known = self.all()
        if any(k.lower() == fact.lower() for k in known):
            return fact
        if len(known) >= _MOST:
            raise VoiceError(f"{self.path} holds {_MOST} facts already.", "Let it forget some, or edit the file.")
        self._write([*self._lines(), f"- {fact} ({self._today()})"])
        return fact

    def forget(self, what: str) -> list[str]:
        """Remove the facts that speak of something ("my name"), or everything; returns what was removed, maybe nothing.

        Raises:
            VoiceError: the file cannot be read or written.
        """
        wanted = _plain(what).lower()
        known, everything = self.all(), _EVERYTHING.match(wanted) is not None
        gone = known if everything else [k for k in known if _speaks_of(k, wanted)]
        if gone:
            # Everything: also what somebody wrote below the first 60 facts.
            left = (
                line
                for line in self._lines()
                if not ((m := _LINE.match(line)) and (everything or _plain(m["fact"])[:_LONGEST] in gone))
            )
            self._write(list(left))
        return gone

    def _lines(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                data = file.read(_LARGEST + 1)
            text = data.decode("utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise VoiceError(
                f"the memory file {self.path} cannot be read: {error}.",
                "Correct it or move it away; a new one is made.",
            ) from error
        if len(data) > _LARGEST or "\0" in text:
            raise VoiceError(
                f"the memory file {self.path} is no list of facts: too large, or not text.",
                "Correct it or move it away; a new one is made. `facts_file` names another.",
            )
        return [line.rstrip() for line in text.removeprefix(_HEAD).splitlines()]

    def _write(self, lines: list[str]) -> None:
        target = self.path.resolve()  # a link stays a link
        new = target.with_suffix(".new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(_HEAD + "\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        except OSError as error:
            raise VoiceError(
                f"the memory file {self.path} cannot be written: {error}.", "Make room, or set `facts_file`."
            ) from error


def from_the_other_side(fact: str) -> str:
    """ "my name is Anna" as the robot says it: "your name is Anna". English; other languages stay as they were said."""
    return re.sub(r"[A-Za-z']+", lambda m: _OTHER_SIDE.get(m[0].lower(), m[0]), fact)


def said_in(fact: str, utterance: str) -> bool:
    """At least half of the fact's words were said: what a model made up is nobody's fact."""
    words = re.findall(r"\w+", fact.lower())
    heard = {*re.findall(r"\w+", utterance.lower()), *re.findall(r"\w+", from_the_other_side(utterance).lower())}
    return bool(words) and sum(w in heard for w in words) >= len(words) / 2


def _plain(text: str) -> str:
    """One line without what could end a prompt's section or begin a tool call."""
    return " ".join(re.sub(r"[`{}<>\[\]|\x00-\x1f]", " ", text).split()).strip(" .,;:-")


def _speaks_of(fact: str, wanted: str) -> bool:
    """Most of the words that were asked for are in the fact, or nearly ("colour", "color")."""
    words = [w for w in re.findall(r"\w+", wanted) if w not in _SMALL]
    known = re.findall(r"\w+", fact.lower())
    if not words:
        return False
    # Without blanks between words (Japanese) a whole sentence is one; what was asked for is a piece of it.
    hits = sum(
        any(SequenceMatcher(None, w, k).ratio() >= 0.8 or (not w.isascii() and w in k) for k in known) for w in words
    )
    return hits / len(words) >= _ALIKE
