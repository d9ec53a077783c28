"""Plain commands without a model: whole utterances that match a phrase of tools.yaml become tool calls in no time.

Anchored at both ends, so a negation or a question around the command never matches. They also work while the model
server is down: "stop" always does.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import Tool

_BEFORE = (
    r"(?:(?:first|hey|hi|hello|ok|okay|alright|now|so|and|then|please|just|quick|quickly|robot|reachy|mini|computer|"
    r"(?:can|could|would|will) you(?: please)?|i(?: would|'d) like you to|i want you to|you should|"
    r"go ahead and|let me see you|do me a favor and)\s+)*"
)
_AFTER = (
    r"(?:\s+(?:please|now|for me|robot|reachy|mini|again|a bit|a little|a little bit|thanks|thank you|will you|"
    r"would you|right away|immediately))*"
)
# Where one request ends and the next begins; a bare comma is no joint ("don't look left, look right").
_THEN = re.compile(r"\s*,?\s+(?:and then|then|after that|and after that|and)\s+", re.I)
_VERBS = ("tell me", "show", "turn", "give", "play", "make", "move", "do", "act", "say")

_NUMBERS = {
    **{"once": "1 times", "twice": "2 times", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"},
    **{"fifteen": "15", "twenty": "20", "twenty five": "25", "thirty": "30", "forty": "40", "forty five": "45"},
    **{"fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90", "a hundred": "100"},
    "one hundred": "100",
}
_NUMBER_WORD = re.compile(r"\b(?:" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")\b")


class PhraseBook:
    """Compiles the phrases of all tools.

    A phrase is words, with [optional words], (one|another) and {argument} for any value of an enum (or its `words`) or
    for a number.
    """

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        needs = _either({n for t in tools.values() for n in t.needs} or {"no tool needs a word"})
        self._begins = re.compile(f"(?:{_either(_VERBS)}|{needs}\\w*)\\b")
        self._patterns: list[tuple[re.Pattern[str], Tool, dict[str, object]]] = []
        for tool in tools.values():
            for phrase, arguments in tool.phrases:
                self._patterns.append((_compile(phrase, tool), tool, dict(arguments)))
            for user, arguments in tool.examples:
                self._patterns.append((re.compile(re.escape(_flat(user))), tool, dict(arguments)))

    def match(self, utterance: str) -> ToolCallRequest | None:
        """The call that the whole utterance asks for; None when there is anything else in it."""
        text = _flat(utterance)
        for candidate in dict.fromkeys((text, _strip(text))):
            for pattern, tool, arguments in self._patterns:
                found = pattern.fullmatch(candidate)
                if found is not None:
                    return ToolCallRequest(tool.name, {**arguments, **_slots(found, tool)})
        return None

    def split(self, utterance: str, most: int = 3) -> list[str]:
        """The parts of "shake your head, then look up", each for itself: small models do only the first of two things.

        A part counts when a phrase matches it or it begins like a command; otherwise the utterance stays whole.
        """
        parts = [p.strip() for p in _THEN.split(utterance) if p.strip()]
        if not 1 < len(parts) <= most or not all(self._is_command(p) for p in parts):
            return [utterance]
        return parts

    def _is_command(self, part: str) -> bool:
        text = _strip(_normal(part))
        return self.match(part) is not None or self._begins.match(text) is not None


def _normal(utterance: str) -> str:
    text = utterance.lower().replace("’", "'").replace("-", " ")
    text = _NUMBER_WORD.sub(lambda m: _NUMBERS[m.group()], text)
    text = re.sub(r"[^\w', ]+", " ", text)
    return re.sub(r"\s+", " ", text).strip(" ,")


def _flat(utterance: str) -> str:
    return re.sub(r"[\s,]+", " ", _normal(utterance)).strip()


def _strip(text: str) -> str:
    text = re.sub("^" + _BEFORE, "", text + " ").strip()
    return re.sub(_AFTER + "$", "", text)


def _compile(phrase: str, tool: Tool) -> re.Pattern[str]:
    pattern = ""
    for token in re.findall(r"\[[^\]]*\]|{\w+}|\([^)]*\)|[^\[{(]+", phrase.lower()):
        if token.startswith("["):
            pattern = pattern.rstrip()
            options = _either(token[1:-1].split("|"))
            pattern += f"(?: {options})?" if pattern else f"(?:{options} )?"
        elif token.startswith("{"):
            pattern += f"(?P<{token[1:-1]}>{_values(tool, token[1:-1])})"
        elif token.startswith("("):
            pattern += _either(token[1:-1].split("|"))
        else:
            pattern += _literal(token)
    return re.compile(re.sub(r" +", r"\\s+", pattern.strip()))


def _values(tool: Tool, argument: str) -> str:
    schema = tool.parameters["properties"][argument]
    if schema["type"] in ("number", "integer"):
        return r"\d+(?:\.\d+)?"
    words = tool.words.get(argument, {})
    every = itertools.chain.from_iterable((v.replace("_", " "), *words.get(v, ())) for v in schema.get("enum", ()))
    return _either(every)


def _either(options: Iterable[str]) -> str:
    return "(?:" + "|".join(_literal(o.strip().lower()) for o in _longest_first(options)) + ")"


def _literal(text: str) -> str:
    return re.escape(text).replace("\\ ", " ")


def _longest_first(words: Iterable[str]) -> list[str]:
    return sorted(set(words), key=len, reverse=True)


def _slots(found: re.Match[str], tool: Tool) -> dict[str, object]:
    arguments: dict[str, object] = {}
    for argument, text in found.groupdict().items():
        if text is None:
            continue
        schema = tool.parameters["properties"][argument]
        if schema["type"] in ("number", "integer"):
            arguments[argument] = float(text)
            continue
        words = tool.words.get(argument, {})
        clean = re.sub(r"\s+", " ", text)
        arguments[argument] = next(
            (v for v in schema.get("enum", ()) if clean == v.replace("_", " ") or clean in words.get(v, ())), clean
        )
    return arguments
