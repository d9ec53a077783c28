"""Phrases that take whatever is said there ("remember that {fact}"): spelling and case are kept, names live in them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool

_POLITE = re.compile(r"[\s,]+(?:please|thanks|thank you)$", re.I)
_LAYERS = 4  # polite pieces before it: "hey Reachy, could you please"
_PIECE = re.compile(r"\[[^\]]*\]|{\w+}|\([^)]*\)|[^\[{(]+")


class FreeText:
    """The phrases of all tools that have such a slot; the last to be tried, because they take anything.

    Args:
        before: pattern of what may come first ("Reachy", "could you"), any number of times.
    """

    def __init__(self, tools: Mapping[str, Tool], before: str) -> None:
        # One layer at a time and few of them: patterns with a * in them would be tried in every way otherwise.
        self._before = re.compile(before.replace(" ", "[ ,]+"), re.I)
        self._phrases = [
            (re.compile(_pattern(phrase), re.I), tool, dict(arguments))
            for tool in tools.values()
            for phrase, arguments in tool.phrases
            if _takes_text(phrase, tool)
        ]

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the whole utterance asks for; not where `unless` of the tool says that it means something else."""
        text = " ".join(utterance.replace("’", "'").split()).strip(" .,;:!?")
        for _ in range(_LAYERS):
            start = self._before.match(text)
            text = text[start.end() if start else 0 :]
        text = _POLITE.sub("", text)
        for pattern, tool, arguments in self._phrases:
            found = pattern.fullmatch(text)
            if found is not None and tool.asked_for(text):
                return ToolCallRequest(tool.name, {**arguments, **found.groupdict()})
        return None


def _takes_text(phrase: str, tool: Tool) -> bool:
    properties = tool.parameters.get("properties", {})
    slots = [properties.get(s, {}) for s in re.findall(r"{(\w+)}", phrase)]
    return bool(slots) and all(s.get("type") == "string" and "enum" not in s for s in slots)


def _pattern(phrase: str) -> str:
    """[optional words], (one|another) and {slot}, which takes the rest."""
    pattern = ""
    for piece in _PIECE.findall(phrase):
        if piece.startswith("{"):
            pattern += f"(?P<{piece[1:-1]}>.*\\w.*)"
        elif piece[0] in "[(":
            either = "(?:" + "|".join(map(re.escape, piece[1:-1].split("|"))) + ")"
            pattern = f"{pattern.rstrip()}(?: {either})?" if piece[0] == "[" else pattern + either
        else:
            pattern += re.escape(piece)
    return pattern.replace("\\ ", " ")
