"""GBNF that binds a model's answer to words, or to calls of these tools with arguments that fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from voice_pipeline.dialogue.protocol import ToolSpec

_NUMBER = '"-"? [0-9] [0-9]? [0-9]? [0-9]? ("." [0-9] [0-9]?)?'
_WHOLE = '"-"? [0-9] [0-9]? [0-9]? [0-9]?'
_TEXT = r'"\"" [^"\\\x00-\x1f]* "\""'
# Words never begin as JSON, markdown code or a template tag would.
_WORDS = "words ::= [^{}`<\\n ] [^{}`<]*"


def answer_grammar(tools: Sequence[ToolSpec], most_calls: int) -> str:
    """The grammar of an answer.

    Args:
        tools: those that may be called; none: words only.
        most_calls: calls in one answer, one a line.
    """
    if not tools:
        return f"root ::= words\n{_WORDS}"
    rules = [f"root ::= words | call{''.join(' (nl call' for _ in range(most_calls - 1))}{')?' * (most_calls - 1)}"]
    rules += [_WORDS, 'nl ::= "\\n"', "call ::= " + " | ".join(f"t{i}" for i in range(len(tools)))]
    for i, tool in enumerate(tools):
        head = _literal(f'{{"tool": {json.dumps(tool.name)}, "arguments": {{')
        rules.append(f"t{i} ::= {head} {_arguments(tool.parameters)} {_literal('}}')}")
    return "\n".join(rules)


def _arguments(parameters: Mapping[str, Any]) -> str:
    """Required arguments in the order of the file, then any optional ones in order."""
    properties: Mapping[str, Any] = parameters.get("properties", {})
    required = [k for k in properties if k in parameters.get("required", ())]
    optional = [k for k in properties if k not in required]
    parts = [f"{_literal(', ') + ' ' if i else ''}{_pair(k, properties[k])}" for i, k in enumerate(required)]
    for key in optional:
        comma = _literal(", ") + " " if required else ""
        parts.append(f"({comma}{_pair(key, properties[key])})?")
        if not required:
            break  # without a required one the commas between optional ones are not regular: one is enough for speech
    return " ".join(parts)


def _pair(key: str, schema: Mapping[str, Any]) -> str:
    return f"{_literal(json.dumps(key) + ': ')} {_value(schema)}"


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "(" + " | ".join(_literal(json.dumps(v)) for v in schema["enum"]) + ")"
    kind = schema.get("type")
    if kind == "boolean":
        return '("true" | "false")'
    return _WHOLE if kind == "integer" else _NUMBER if kind == "number" else _TEXT


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
