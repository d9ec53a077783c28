"""What an argument of tools.yaml leaves out, from the field that it fills; and whether what it says fits that field."""

from __future__ import annotations

import math
from typing import Any

from voice_pipeline.dialogue.interfaces import FieldType, JsonType


class Misfit(ValueError):
    """A key of an argument does not fit its field. `key` is where the mistake stands; empty for the argument itself."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what)
        self.key = key


def complete(argument: dict[str, Any], kind: FieldType | None) -> tuple[dict[str, Any], dict[str, int | str]]:
    """Fill in type, range, length and enum from the field.

    Args:
        argument: as it stands in the file.
        kind: of its field; None when it has none, or nobody here knows the interface.

    Returns:
        The argument with what was derived, and the field's value for each word of an enum that names constants.

    Raises:
        Misfit: what is given does not fit, or nothing is known of its type.
    """
    if kind is None:
        if "type" in argument:
            return argument, {}
        if "enum" in argument:
            return {**argument, "type": "string"}, {}
        raise Misfit("", "'type' is missing (string, number, integer or boolean)")
    if kind.type is None:
        inner = f"name one of its fields, such as {argument['field']}.{kind.inner[0]}" if kind.inner else "use 'fixed'"
        raise Misfit("field", f"'{argument['field']}' is a {kind.ros}, which is no single value: {inner}")
    words = _words(argument, kind)
    if words:
        return {**argument, "type": "string", "enum": argument.get("enum", list(words))}, words
    full = {**argument, "type": argument.get("type", _type(argument, kind))}
    _check_type(full, kind)
    if kind.type == "integer":
        _limit(full, kind)
    if kind.max_length is not None:
        if full.get("maxLength", 0) > kind.max_length:
            raise Misfit("maxLength", f"{kind.ros} takes {kind.max_length} characters at most")
        full.setdefault("maxLength", kind.max_length)
    return full, {}


def misfit(value: Any, kind: FieldType) -> str:
    """Why a fixed value does not fit its field; empty when it does, or when only the message itself can tell."""
    if kind.type is None:
        return ""
    fits = {
        "boolean": isinstance(value, bool),
        "string": isinstance(value, str),
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "integer": isinstance(value, int)
        and not isinstance(value, bool)
        and (kind.minimum is None or value >= kind.minimum)
        and (kind.maximum is None or value <= kind.maximum),
    }[kind.type]
    return "" if fits else f"{value!r} does not fit {kind.ros}"


def _words(argument: dict[str, Any], kind: FieldType) -> dict[str, int | str]:
    """Words for constants: those that the file lists, or all that belong to the field when it says nothing."""
    if argument.get("type", "string") != "string" or kind.type == "boolean":
        return {}
    listed = argument.get("enum")
    if listed is None:
        described = {"minimum", "maximum", "maxLength", "type", "scale"} & set(argument)
        return {} if described else {c: kind.constants[c] for c in kind.choices}
    if kind.type == "string" and not all(w.lower() in kind.constants for w in listed):
        return {}
    unknown = [w for w in listed if w.lower() not in kind.constants]
    if unknown:
        names = ", ".join(kind.choices or kind.constants) or "none"
        raise Misfit("enum", f"{kind.ros} takes no words but its constants ({names}); '{unknown[0]}' is none")
    return {w: kind.constants[w.lower()] for w in listed}


def _type(argument: dict[str, Any], kind: FieldType) -> JsonType:
    assert kind.type is not None
    return "number" if kind.type == "integer" and "scale" in argument else kind.type


def _check_type(argument: dict[str, Any], kind: FieldType) -> None:
    given = argument["type"]
    good = {kind.type}
    if kind.type == "number" or (kind.type == "integer" and "scale" in argument):
        good |= {"number", "integer"}
    if given not in good:
        raise Misfit("type", f"'{given}' does not fit {kind.ros}; leave it out or use {kind.type}")
    if "scale" in argument and kind.type not in ("number", "integer"):
        raise Misfit("scale", f"a {kind.ros} cannot be scaled")
    if "enum" in argument and given != "string":
        raise Misfit("enum", f"a {given} takes minimum and maximum, or 'set' with words")


def _limit(argument: dict[str, Any], kind: FieldType) -> None:
    """The range of the whole number, in the argument's unit."""
    assert kind.minimum is not None
    assert kind.maximum is not None
    scale = argument.get("scale", 1) or 1
    low, high = sorted((kind.minimum / scale, kind.maximum / scale)) if scale != 1 else (kind.minimum, kind.maximum)
    for key in ("minimum", "maximum"):
        if key in argument and not low <= argument[key] <= high:
            raise Misfit(key, f"{argument[key]:g} does not fit {kind.ros} ({low:g}..{high:g})")
    if argument["type"] == "integer":
        low, high = math.ceil(low), math.floor(high)
    argument.setdefault("minimum", low)
    argument.setdefault("maximum", high)
