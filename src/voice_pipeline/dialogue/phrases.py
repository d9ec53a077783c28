"""Plain commands without a model: whole utterances that match a phrase become tool calls in no time.

Anchored at both ends, so a negation or a question around the command never matches. They also work while the model
server is down: "stop" always does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from voice_pipeline.dialogue.free_text import FreeText
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool
from voice_pipeline.dialogue.wording import ENGLISH, Wording, either

_Compiled = tuple[re.Pattern[str], Tool, dict[str, object]]


class PhraseBook:
    """Compiles the phrases of all tools.

    A phrase is words, with [optional words], (one|another) and {argument} for any value of an enum (or its `words`), for
    a number, or for free text.
    """

    def __init__(self, tools: Mapping[str, Tool], wording: Wording = ENGLISH) -> None:
        self._wording = wording
        self._free = FreeText(tools, wording.before)
        needs = {n for t in tools.values() for n in t.needs} if wording.verbs else set()
        begins = f"(?:{either(wording.verbs, wording.literal)}|{either(needs, wording.literal)}\\w*)\\b"
        self._begins = re.compile(wording.spaced(begins))
        self._patterns: list[_Compiled] = []
        for tool in tools.values():
            for phrase, arguments in tool.phrases:
                pattern = wording.spaced(_pattern(phrase, tool, wording))
                self._patterns.append((re.compile(pattern), tool, dict(arguments)))
            for user, arguments in tool.examples:
                self._patterns.append((re.compile(re.escape(wording.plain(user))), tool, dict(arguments)))

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the whole utterance asks for; None when there is anything else in it."""
        for text in self._wording.readings(self._wording.plain(utterance)):
            for pattern, tool, arguments in self._patterns:
                found = pattern.fullmatch(text)
                if found is not None:
                    return ToolCallRequest(tool.name, {**arguments, **self._slots(found, tool)})
        return self._free.match(utterance)

    def split(self, utterance: str, most: int = 3) -> list[str]:
        """The parts of "shake your head, then look up", each for itself: small models do only the first of two things.

        A part counts when a phrase matches it or it begins like a command; otherwise the utterance stays whole.
        """
        if self._free.match(utterance) is not None:
            return [utterance]  # "remember that I like to sing and play chess" is one thing
        parts = [p.strip() for p in self._wording.joint.split(utterance) if p.strip()]
        if not 1 < len(parts) <= most or not all(self._is_command(p) for p in parts):
            return [utterance]
        return parts

    def _is_command(self, part: str) -> bool:
        if self.match(part) is not None:
            return True
        text = self._wording.without_politeness(self._wording.plain(part))
        return self._begins.match(text) is not None

    def _slots(self, found: re.Match[str], tool: Tool) -> dict[str, object]:
        arguments: dict[str, object] = {}
        for argument, text in found.groupdict().items():
            if text is None:
                continue
            if _is_number(tool, argument):
                arguments[argument] = self._wording.numbers[text] if text in self._wording.numbers else float(text)
            else:
                clean = re.sub(r"\s+", " ", text)
                arguments[argument] = value_words(tool, argument, self._wording).get(clean, clean)
        return arguments


def value_words(tool: Tool, argument: str, wording: Wording) -> dict[str, str]:
    """What people say for the values of an enum, plain, and the value it stands for."""
    words = tool.words.get(argument, {})
    found: dict[str, str] = {}
    for value in tool.parameters["properties"][argument].get("enum", ()):
        said = [*((value.replace("_", " "),) if wording.own_values else ()), *words.get(value, ())]
        for word in said:
            plain = wording.literal(word).strip()
            found.setdefault(plain if wording.spaces else plain.replace(" ", ""), value)
    return found


def _pattern(phrase: str, tool: Tool, wording: Wording) -> str:
    """A pattern in which a blank stands for space between words."""
    pattern, begun = "", False
    for token in re.findall(r"\[[^\]]*\]|{\w+}|\([^)]*\)|[^\[{(]+", phrase):
        if token.startswith("["):
            options = _options(token, wording)
            pattern = f"{pattern.rstrip()}(?: {options})?" if begun else f"{pattern.strip()}(?:{options} )?"
        elif token.startswith("{"):
            pattern += f"(?P<{token[1:-1]}>{_values(tool, token[1:-1], wording)})"
        elif token.startswith("("):
            pattern += _options(token, wording)
        else:
            literal = re.escape(wording.literal(token)).replace("\\ ", " ")
            pattern += literal if begun else literal.lstrip()
        begun = begun or not (token.startswith("[") or token.isspace())
    return re.sub(" +", " ", pattern.strip())


def _options(token: str, wording: Wording) -> str:
    return either(token[1:-1].split("|"), wording.literal)


def _values(tool: Tool, argument: str, wording: Wording) -> str:
    if _is_number(tool, argument):
        said = "|" + either(wording.numbers, str) if wording.numbers else ""
        return rf"\d+(?:\.\d+)?{said}"
    if "enum" not in tool.parameters["properties"][argument]:
        return "(?!)"  # free text: see FreeText
    return either(value_words(tool, argument, wording), str)


def _is_number(tool: Tool, argument: str) -> bool:
    return tool.parameters["properties"][argument]["type"] in ("number", "integer")


def slots_of(phrase: str) -> Iterable[str]:
    """The {arguments} in a phrase."""
    return re.findall(r"{(\w+)}", phrase)
