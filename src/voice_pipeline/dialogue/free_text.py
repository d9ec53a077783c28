"""Phrases that take whatever is said there ("remember that {fact}"): spelling and case are kept, names live in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool

_POLITE = re.compile(r"[\s,]+(?:please|thanks|thank you)$", re.I)
_LAYERS = 4  # polite pieces before it: "hey Reachy, could you please"
_BLANK = "\\ "  # as re.escape writes it
_PIECE = re.compile(r"\[[^\]]*\]|{\w+}|\([^)]*\)|[^\[{(]+")
_MARKS = r"[\s、。，,.!！]"  # between the parts of an utterance in a language without blanks


class FreeText:
    """The phrases of all tools that have such a slot; the last to be tried, because they take anything.

    Args:
        before: pattern of what may come first ("Reachy", "could you"), any number of times.
        after: pattern of what may come last, where there are no blanks between words; elsewhere it is "please".
        spaces: words are separated.
    """

    def __init__(self, tools: Mapping[str, Tool], before: str, after: str = "", spaces: bool = True) -> None:
        # One layer at a time and few of them: patterns with a * in them would be tried in every way otherwise.
        # Without blanks only what a mark sets off: a first syllable may as well be the fact's ("今" of "今日は").
        self._before = re.compile(before.replace(" ", "[ ,]+") if spaces else before + _MARKS + "+", re.I)
        self._after = _POLITE if spaces else re.compile(f"{_MARKS}*{after}$", re.I)
        self._spaces = spaces
        self._phrases = [
            (re.compile(_pattern(phrase) if spaces else _joined_pattern(phrase), re.I), tool, dict(arguments))
            for tool in tools.values()
            for phrase, arguments in tool.phrases
            if _takes_text(phrase, tool)
        ]

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the whole utterance asks for; not where `unless` of the tool says that it means something else."""
        text = " ".join(utterance.replace("’", "'").split()).strip(" .,;:!?。、！？")
        for _ in range(_LAYERS):
            start = self._before.match(text)
            text = text[start.end() if start else 0 :]
        for reading in self._readings(text):
            for pattern, tool, arguments in self._phrases:
                found = pattern.fullmatch(reading)
                if found is not None and self._asked_for(tool, text):
                    return ToolCallRequest(tool.name, {**arguments, **found.groupdict()})
        return None

    def _readings(self, text: str) -> list[str]:
        """With less and less politeness behind. Where there are no blanks the text comes first as it is: a polite

        ending may be the fact's own ("アンナです").
        """
        if self._spaces:
            return [self._after.sub("", text)]
        found = [text]
        while len(found) <= _LAYERS and (end := self._after.search(found[-1])) is not None and end.group():
            found.append(found[-1][: end.start()])
        return found

    def _asked_for(self, tool: Tool, text: str) -> bool:
        # Words have no beginnings without blanks; the phrase itself holds what `needs` would look for.
        return tool.asked_for(text) if self._spaces else not any(u in text for u in tool.unless)


def _takes_text(phrase: str, tool: Tool) -> bool:
    properties = tool.parameters.get("properties", {})
    slots = [properties.get(s, {}) for s in re.findall(r"{(\w+)}", phrase)]
    return bool(slots) and all(s.get("type") == "string" and "enum" not in s for s in slots)


def _pattern(phrase: str) -> str:
    """[optional words], (one|another) and {slot}, which takes the rest. Marks may stand between any two words."""
    pattern = ""
    for piece in _PIECE.findall(phrase):
        if piece.startswith("{"):
            pattern += f"(?P<{piece[1:-1]}>.*\\w.*)"
        elif piece[0] in "[(":
            either = "(?:" + "|".join(map(re.escape, piece[1:-1].split("|"))) + ")"
            pattern = f"{pattern.removesuffix(_BLANK)}(?:{_BLANK}{either})?" if piece[0] == "[" else pattern + either
        else:
            pattern += re.escape(piece)
    return pattern.replace(_BLANK, "[,:;]* ")


def _joined_pattern(phrase: str) -> str:
    """The same without blanks: those of the phrase mean nothing, its "、" a mark that has to be there."""
    pattern = ""
    for piece in _PIECE.findall(phrase.replace(" ", "")):
        if piece.startswith("{"):
            pattern += f"(?P<{piece[1:-1]}>.*?\\w.*?)"  # as little as fits: what follows is not the fact's
        elif piece[0] in "[(":
            pattern += "(?:" + "|".join(map(re.escape, piece[1:-1].split("|"))) + ")" + ("?" if piece[0] == "[" else "")
        else:
            pattern += re.escape(piece).replace("、", _MARKS + "+")
    return pattern
