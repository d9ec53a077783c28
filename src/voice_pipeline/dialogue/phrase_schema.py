"""What a phrase file may hold, as a JSON schema; config/phrases/README.md explains the keys."""

from __future__ import annotations

_WORDS = {"type": "array", "items": {"type": "string", "minLength": 1}}
_PHRASE = {
    "type": "object",
    "required": ["say"],
    "additionalProperties": False,
    "properties": {"say": {"type": "string"}, "arguments": {"type": "object"}},
}
_TOOL = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "say": {"type": "string"},
        "confirm": {"type": "string", "minLength": 5},
        "spoken": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "words": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": _WORDS}},
        "needs": _WORDS,
        "unless": _WORDS,
        "phrases": {"type": "array", "items": {"anyOf": [{"type": "string"}, _PHRASE]}},
    },
}
SCHEMA = {
    "type": "object",
    "required": ["language", "negations", "tools"],
    "additionalProperties": False,
    "properties": {
        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
        "spaces": {"type": "boolean"},
        "polite": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"before": _WORDS, "after": _WORDS, "inside": _WORDS, "asks": _WORDS},
        },
        "fillers": _WORDS,
        "joints": _WORDS,
        "numbers": {"type": "object", "additionalProperties": {"type": "number"}},
        # Without these a model's call could not be told from "don't".
        "negations": {**_WORDS, "minItems": 1},
        "questions": _WORDS,
        "stories": _WORDS,
        # Of tools that ask first, where the file has no question of their own.
        "confirm": {"type": "string", "minLength": 5},
        "sets": {"type": "object", "additionalProperties": {**_WORDS, "minItems": 1}},
        "asides": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(("reports", "insists", "conditions", "corrections", "contexts", "contrasts", "joints", "steps"), _WORDS),
        },
        "tools": {"type": "object", "additionalProperties": _TOOL},
    },
}  # fmt: skip
_WEIGHTS = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"type": "number", "minimum": -9, "maximum": 9},
}
HINTS_SCHEMA = {
    "type": "object",
    "required": ["sets", "hints"],
    "additionalProperties": False,
    "properties": {
        "sets": {"type": "object", "additionalProperties": {**_WORDS, "minItems": 1}},
        "against": _WEIGHTS,
        "small": _WORDS,
        "talk": _WORDS,
        "hints": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "evidence"],
                "additionalProperties": False,
                "properties": {
                    "tool": {"type": "string"},
                    "arguments": {"type": "object"},
                    "evidence": _WEIGHTS,
                    "must": _WORDS,
                    "alone": _WORDS,
                },
            },
        },
    },
}
