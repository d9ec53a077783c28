"""Plain commands without a model: whole utterances that match a phrase become tool calls in no time.

Anchored at both ends, so a negation or a question around the command never matches. They also work while the model
server is down: "stop" always does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, partial

from voice_pipeline.dialogue.free_text import FreeText
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool
from voice_pipeline.dialogue.wording import ENGLISH, Wording, either

# Characters, 40 s of speech. Patterns take the square of the length and more: 5,000 characters held the mind for a minute,
# and with it every "stop". Nobody says a plain command at such length.
_LONGEST = 600
_Compiled = tuple[re.Pattern[str], Tool, dict[str, object]]


class PhraseBook:
    """Compiles the phrases of all tools; docs/tools.md explains how they are written."""

    def __init__(self, tools: Mapping[str, Tool], wording: Wording = ENGLISH) -> None:
        self.wording = wording
        self._free = FreeText(tools, wording.before, wording.after, wording.spaces)
        needs = {n for t in tools.values() for n in t.needs} if wording.verbs else set()
        self._begins = re.compile(rf"(?:{either(wording.verbs, str.lower)}|{either(needs, str.lower)}\w*)\b")
        self._tools = dict(tools)
        self._unless = {n: re.compile(_beginnings(t.unless, wording)) for n, t in tools.items()}

    @cached_property
    def _patterns(self) -> list[_Compiled]:
        """Compiled when first needed: 0.1 to 0.9 s for each language, 2.3 s for the seven shipped ones."""
        found: list[_Compiled] = []
        for tool in self._tools.values():
            for phrase, arguments in tool.phrases:
                pattern = self.wording.dialect.pattern(phrase, partial(_values, tool, wording=self.wording))
                found.append((re.compile(pattern), tool, dict(arguments)))
            for user, arguments in tool.examples:
                found.append((re.compile(re.escape(self.wording.spoken(user))), tool, dict(arguments)))
        return found

    def prepare(self) -> None:
        """Do now what would otherwise be done with the first utterance."""
        self.match("")

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the whole utterance asks for; None when there is anything else in it."""
        return self._match(utterance)[0]

    def loose(self, utterance: str) -> bool:
        """A * of the phrase took words of the utterance, or some were left out behind the command."""
        return self._match(utterance)[1]

    def _match(self, utterance: str) -> tuple[ToolCallRequest | None, bool]:
        if len(utterance) > _LONGEST:
            return None, False
        patterns = self._patterns
        for text, behind in self.wording.readings(self.wording.spoken(utterance)).items():
            for pattern, tool, arguments in patterns:
                found = pattern.fullmatch(text)
                if found is not None and not self._foreign(found, behind, tool):
                    call = ToolCallRequest(tool.name, {**arguments, **self._slots(found, tool)})
                    return call, bool(behind or _taken(found))
        return self._free.match(utterance), False

    def _foreign(self, found: re.Match[str], behind: str, tool: Tool) -> bool:
        """What a * took, or what was left out behind the command, is about something that is not the robot's."""
        return any(self._unless[tool.name].search(text) for text in (*_taken(found), behind) if text)

    def split(self, utterance: str, most: int = 3) -> list[str]:
        """The parts of "shake your head, then look up", each for itself: small models do only the first of two things.

        A part counts when a phrase matches it or it begins like a command; otherwise the utterance stays whole.
        """
        if len(utterance) > _LONGEST or self._free.match(utterance) is not None:
            return [utterance]  # "remember that I like to sing and play chess" is one thing
        parts = [p.strip() for p in self.wording.joint.split(utterance) if p.strip()]
        if not 1 < len(parts) <= most or not all(self._is_command(p) for p in parts):
            return [utterance]
        return parts

    def _is_command(self, part: str) -> bool:
        if self.match(part) is not None:
            return True
        text = self.wording.without_politeness(self.wording.plain(part))
        return self._begins.match(text) is not None

    def _slots(self, found: re.Match[str], tool: Tool) -> dict[str, object]:
        arguments: dict[str, object] = {}
        for argument, text in found.groupdict().items():
            if text is None:
                continue
            if _is_number(tool, argument):
                arguments[argument] = self.wording.numbers[text] if text in self.wording.numbers else float(text)
            else:
                clean = re.sub(r"\s+", " ", text)
                arguments[argument] = value_words(tool, argument, self.wording).get(clean, clean)
        return arguments


def value_words(tool: Tool, argument: str, wording: Wording) -> dict[str, str]:
    """What people say for the values of an enum, plain, and the value it stands for."""
    words = tool.words.get(argument, {})
    found: dict[str, str] = {}
    for value in tool.parameters["properties"].get(argument, {}).get("enum", ()):
        said = [*((value.replace("_", " "),) if wording.own_values else ()), *words.get(value, ())]
        for word in said:
            found.setdefault(wording.plain(word), value)
    return found


def _taken(found: re.Match[str]) -> list[str]:
    """What each * took: groups without a name."""
    named = set(found.re.groupindex.values())
    return [g for i, g in enumerate(found.groups(), 1) if g and i not in named]


def _beginnings(words: Iterable[str], wording: Wording) -> str:
    begin = r"\b" if wording.spaces else ""
    return begin + either(words, lambda w: wording.plain(w))


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
