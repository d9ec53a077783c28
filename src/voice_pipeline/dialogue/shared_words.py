"""Completes what leaves out the words it shares with its neighbour: "look left and then right", "左、いや、右を見て".

Only that: the completed words have to be a phrase of the same tool, with other arguments than the neighbour's. What is
refused is never completed, nor is anything completed from a refusal.
"""

from __future__ import annotations

from collections.abc import Callable

from voice_pipeline.dialogue.protocol import ToolCallRequest

_WORDS = 6  # of what was left short; more is a sentence of its own
_SIGNS = 8  # the same in a language without spaces

Find = Callable[[str], "ToolCallRequest | None"]


def completed(short: str, beside: str, find: Find, spaces: bool) -> str:
    """The whole command that a short clause stands for; empty where there is none.

    Args:
        short: the clause.
        beside: the command that it shares words with: the first ones, or the last ones in a language without spaces.
        find: the call of the phrase that matches a text.
        spaces: words are separated.
    """
    call = find(beside)
    if call is None:
        return ""
    for text in _behind(short, beside) if spaces else _before(short, beside):
        found = find(text)
        if found is not None and found.name == call.name and found.arguments != call.arguments:
            return text
    return ""


def _behind(short: str, beside: str) -> list[str]:
    """The first words of the neighbour, the most of them first, and the short clause."""
    words = beside.split()
    if len(short.split()) > _WORDS:
        return []
    return [" ".join((*words[:n], short)) for n in range(len(words) - 1, 0, -1)]


def _before(short: str, beside: str) -> list[str]:
    short = short.strip("、,，。 ")
    return [short + beside[n:] for n in range(1, len(beside))] if len(short) <= _SIGNS else []
