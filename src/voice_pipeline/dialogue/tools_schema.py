"""The keys of tools.yaml. docs/tools.md explains them, and a test holds the two together."""

from __future__ import annotations

from typing import Any

_SCALAR = {"type": ["string", "number", "boolean"]}
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 2}}
_RULE = {
    "type": "object",
    "required": ["from"],
    "additionalProperties": False,
    "properties": {"from": {"type": "string"}, "scale": {"type": "number"}},
}
_ARGUMENT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["string", "number", "integer", "boolean"]},
        "description": {"type": "string"},
        "enum": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "offered": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "maxLength": {"type": "integer"},
        "default": _SCALAR,
        "unit": {"type": "string"},
        "field": {"type": "string", "minLength": 1},
        "scale": {"type": "number"},
        "set": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"anyOf": [_RULE, _SCALAR]}},
        },
        "spoken": {"type": "object", "additionalProperties": {"type": "string"}},
        "words": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "any": _TEXTS,
    },
}
_PHRASE = {
    "type": "object",
    "required": ["say", "arguments"],
    "additionalProperties": False,
    "properties": {"say": {"type": "string"}, "arguments": {"type": "object"}},
}
_CALL = {
    "type": "object",
    "required": ["tool"],
    "additionalProperties": False,
    "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}},
}
_COMPOUND = {
    "type": "object",
    "required": ["user", "calls"],
    "additionalProperties": False,
    "properties": {"user": {"type": "string"}, "calls": {"type": "array", "minItems": 2, "items": _CALL}},
}
_EXAMPLE = {
    "type": "object",
    "required": ["user"],
    "additionalProperties": False,
    "properties": {"user": {"type": "string"}, "arguments": {"type": "object"}},
}
_TOOL: dict[str, Any] = {
    "type": "object",
    "required": ["name", "description", "kind"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "description": {"type": "string", "minLength": 5},
        "kind": {"enum": ["action", "service", "topic", "local"]},
        "interface": {"type": "string", "pattern": "^[a-z0-9_]+/(action|srv|msg)/[A-Z][A-Za-z0-9]*$"},
        "target": {"type": "string", "minLength": 1},
        "timeout_s": {"type": "number", "exclusiveMinimum": 0, "maximum": 3600},
        "per_minute": {"type": "integer", "minimum": 1, "maximum": 600},
        "while_speaking": {"type": "boolean"},
        "confirm": {"type": "string", "minLength": 5},
        "confirm_within_s": {"type": "number", "minimum": 1, "maximum": 120},
        "moves": {"type": "boolean"},
        "arguments": {"type": "object", "additionalProperties": _ARGUMENT},
        "fixed": {"type": "object"},
        "result": {"type": "string", "minLength": 1},
        "say": {"type": "string"},
        "say_after": {"type": "string", "minLength": 2},
        "cancels": {"type": "boolean"},
        "only_phrases": {"type": "boolean"},
        "unless": _TEXTS,
        "strange_words": {"type": "integer", "minimum": 0, "maximum": 20},
        "needs": _TEXTS,
        "phrases": {"type": "array", "items": {"anyOf": [{"type": "string"}, _PHRASE]}},
        "examples": {"type": "array", "items": _EXAMPLE},
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["tools"],
    "additionalProperties": False,
    "properties": {
        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
        "compound_examples": {"type": "array", "items": _COMPOUND},
        "tools": {"type": "array", "minItems": 1, "items": _TOOL},
    },
}
TOOL_KEYS = tuple(_TOOL["properties"])
ARGUMENT_KEYS = tuple(_ARGUMENT["properties"])
