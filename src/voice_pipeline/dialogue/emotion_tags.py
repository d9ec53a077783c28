"""Gestures that a model writes into its words: "[happy] Good to see you!" is spoken without the tag, and played.

A cheap channel: a few tokens, no call, no second request. Only the model's own words are read for tags. What people or
tools say is not, and a tag that the model only repeats from them is taken out and not played.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable

_TAG = re.compile(r"\[ *([A-Za-z][A-Za-z_ ]*) *\] ?")
_AT_END = re.compile(r"\[ *[A-Za-z][A-Za-z_ ]* *\]$")
_OPEN = re.compile(r"\[[A-Za-z_ ]*$")
_LONGEST = 24  # characters from the bracket on; beyond it a bracket was no tag
_APART_S = 6.0  # between two gestures: one takes 2 to 4 s, and a robot that never rests is tiring to talk with


class TagReader:
    """Takes tags out of words as they come, also when a tag arrives in pieces.

    Args:
        only: tags that are taken out; None takes all, because a model that may write tags makes some up.
    """

    def __init__(self, only: Iterable[str] | None = None) -> None:
        self._only = None if only is None else frozenset(only)
        self._held = ""
        self._after_tag = False  # the blank behind it has not come yet

    def feed(self, text: str) -> tuple[str, list[str]]:
        """The words so far without tags, and the tags in them, in lower case."""
        text = self._held + text
        if self._after_tag and text:
            text = text.removeprefix(" ")
        opened = _OPEN.search(text)
        at = opened.start() if opened and len(text) - opened.start() <= _LONGEST else len(text)
        self._held = text[at:]
        if text:
            self._after_tag = _AT_END.search(text[:at]) is not None
        return self._without(text[:at])

    def flush(self) -> tuple[str, list[str]]:
        """The rest, at the end of an answer. A tag that was begun and never closed is no speech either."""
        held, self._held = self._held, ""
        return self._without("" if len(held) > 1 else held)

    def _without(self, text: str) -> tuple[str, list[str]]:
        tags: list[str] = []

        def take(found: re.Match[str]) -> str:
            tag = "_".join(found.group(1).lower().split())
            if self._only is not None and tag not in self._only:
                return found.group()
            tags.append(tag)
            return ""

        return _TAG.sub(take, text), tags


class TagLimit:
    """Not every sentence moves the robot.

    Args:
        clock: s, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = float("-inf")

    def admit(self) -> bool:
        """Whether a gesture may be played now; if so, it counts."""
        now = self._clock()
        if now - self._last < _APART_S:
            return False
        self._last = now
        return True


def instruction(gestures: Iterable[str]) -> str:
    """What the model is told about tags."""
    shown = " ".join(f"[{g}]" for g in gestures)
    return f"When a sentence has a clear feeling, begin it with one of these tags, and only these: {shown}."


def quoted(tag: str, texts: Iterable[str]) -> bool:
    """Somebody else wrote this tag: a person, or a tool."""
    return any(tag in TagReader().feed(f"{text}")[1] for text in texts)
