"""Tells speech from tool calls in what a model writes, as it comes. Lenient in form; nothing here is trusted yet."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from voice_pipeline.dialogue.neutral import plain_json
from voice_pipeline.dialogue.protocol import ToolCallRequest

_LONGEST_CALL = 800  # characters; beyond this a brace was no call
_MARKUP = ("<tool_call>", "</tool_call>", "<tools>", "</tools>", "```json", "```python", "```")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")


@dataclass(frozen=True)
class Unreadable:
    """Something that was meant as a tool call and cannot be read."""

    raw: str


Piece = str | ToolCallRequest | Unreadable


class ReplyParser:
    """Feed deltas, get text and tool calls in order. Plain text passes through at once."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, delta: str) -> list[Piece]:
        """What is certain after this delta."""
        self._buffer += delta
        return self._drain(final=False)

    def flush(self) -> list[Piece]:
        """The rest, at the end of the stream; an unclosed call is closed if that makes it readable."""
        return self._drain(final=True)

    def _drain(self, final: bool) -> list[Piece]:
        pieces: list[Piece] = []
        while self._buffer:
            before = len(self._buffer)
            if self._buffer[0] == "{":
                pieces += self._take_braces(final)
            else:
                pieces += self._take_text(final)
            if len(self._buffer) == before:
                break
        return pieces

    def _take_text(self, final: bool) -> list[Piece]:
        text = self._buffer
        stop = _first_of(text, "{<`")
        if stop == 0:
            markup = next((m for m in _MARKUP if text.startswith(m)), None)
            if not final and any(m.startswith(text) and m != markup for m in _MARKUP):
                return []  # may become markup, or longer markup
            if markup:
                self._buffer = text[len(markup) :]
                return []
            self._buffer = text[1:]
            return [text[0]]
        part = text[:stop]
        if not part.strip("[], \n\t"):
            # Blanks, or the brackets and commas of a list of calls: not speech, unless more follows.
            if final or stop < len(text):
                self._buffer = text[stop:]
            return []
        self._buffer = text[stop:]
        return [part]

    def _take_braces(self, final: bool) -> list[Piece]:
        end = _closing(self._buffer)
        if end is None and not final and len(self._buffer) < _LONGEST_CALL:
            return []
        raw = self._buffer if end is None else self._buffer[:end]
        self._buffer = self._buffer[len(raw) :]
        return [read_call(raw)]


def read_call(raw: str) -> ToolCallRequest | Unreadable:
    """A tool call from what looks like JSON; single quotes, stray commas, missing braces, other keys are forgiven."""
    data = _loads(raw)
    if not isinstance(data, Mapping):
        return Unreadable(raw)
    if isinstance(data.get("function"), Mapping):
        data = data["function"]
    for key in ("tool", "name", "function", "tool_name"):
        name = data.get(key)
        if isinstance(name, str):
            return ToolCallRequest(
                name.strip(), _arguments({k: v for k, v in data.items() if k not in (key, "type", "id")})
            )
    if len(data) == 1:  # {"nod": {...}}
        (name, arguments) = next(iter(data.items()))
        if isinstance(arguments, Mapping):
            return ToolCallRequest(str(name), dict(arguments))
    return Unreadable(raw)


def _arguments(rest: Mapping[str, Any]) -> dict[str, Any]:
    for key in _ARGUMENT_KEYS:
        if key in rest:
            given = rest[key]
            if isinstance(given, str):
                given = _loads(given)
            return dict(given) if isinstance(given, Mapping) else {}
    return dict(rest)  # written beside the name


def _loads(raw: str) -> Any:
    missing = "}" * max(0, raw.count("{") - raw.count("}"))
    quote = '"' if raw.count('"') % 2 else ""
    for candidate in (raw, raw + missing, raw + quote + missing):
        tidy = re.sub(r",\s*([}\]])", r"\1", candidate)
        try:
            return plain_json(json.loads(tidy, strict=False))
        except (ValueError, RecursionError):
            pass
        try:
            return plain_json(ast.literal_eval(tidy))  # single quotes, True, None; evaluates nothing
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return None


def _first_of(text: str, marks: str) -> int:
    found = [i for m in marks if (i := text.find(m)) >= 0]
    return min(found, default=len(text))


def _closing(text: str) -> int | None:
    """End of the balanced {...} that text begins with, strings respected; None when it is not closed."""
    depth = 0
    inside = escaped = False
    for i, c in enumerate(text):
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = inside
        elif c == '"':
            inside = not inside
        elif not inside and c in "{}":
            depth += 1 if c == "{" else -1
            if depth == 0:
                return i + 1
    return None
