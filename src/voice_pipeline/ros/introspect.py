"""Answers what tools.yaml asks about ROS interfaces, from the generated message classes of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from voice_pipeline.dialogue.interfaces import FieldType, NoSuchField
from voice_pipeline.ros.interface import interface

_BITS = re.compile(r"^(u?)int(8|16|32|64)$")
_BOUNDED = re.compile(r"^w?string<(\d+)>$")
_PARTS = {"action": ("Goal", "Result"), "srv": ("Request", "Response")}


class RosInterfaces:
    """dialogue.interfaces.Interfaces by introspection: any package that is installed, and none by name."""

    def check(self, interface_name: str) -> None:
        interface(interface_name)

    def field(self, interface_name: str, name: str, of_answer: bool = False) -> FieldType:
        parts = _PARTS.get(interface_name.split("/")[1])
        message = interface(interface_name)
        if parts:
            message = getattr(message, parts[of_answer])
        *path, last = name.split(".")
        for step in path:
            message = _nested(_fields(message, step, name)[step])
            if message is None:
                raise NoSuchField(name, ())
        return _describe(message, last, _fields(message, last, name)[last])


def _fields(message: Any, step: str, name: str) -> dict[str, str]:
    fields: dict[str, str] = message.get_fields_and_field_types()
    if step not in fields:
        prefix = name.rpartition(step)[0]
        raise NoSuchField(name, tuple(prefix + f for f in fields))
    return fields


def _nested(ros: str) -> Any:
    return interface(ros.replace("/", "/msg/")) if re.fullmatch(r"\w+/\w+", ros) else None


def _describe(message: Any, name: str, ros: str) -> FieldType:
    if inner := _nested(ros):
        return FieldType(ros, inner=tuple(inner.get_fields_and_field_types()))
    if ros == "boolean":
        return FieldType(ros, "boolean")
    if ros in ("float", "double"):
        return FieldType(ros, "number")
    constants, choices = _constants(message, name, text=ros.startswith(("string", "wstring")))
    if ros in ("string", "wstring"):
        return FieldType(ros, "string", constants=constants, choices=choices)
    if bounded := _BOUNDED.match(ros):
        return FieldType(ros, "string", max_length=int(bounded[1]), constants=constants, choices=choices)
    if ros == "octet":
        return FieldType(ros, "integer", 0, 255, constants=constants, choices=choices)
    if bits := _BITS.match(ros):
        wide = int(bits[2])
        low, high = (0, 2**wide - 1) if bits[1] else (-(2 ** (wide - 1)), 2 ** (wide - 1) - 1)
        return FieldType(ros, "integer", low, high, constants=constants, choices=choices)
    return FieldType(ros)


def _constants(message: Any, name: str, text: bool) -> tuple[Mapping[str, int | str], tuple[str, ...]]:
    """Constants of the field's own kind. A byte's constants are bytes of length one in Python."""
    values: dict[str, int | str] = {}
    choices = []
    for key in vars(type(message)):
        # The generator puts defaults there too, as FIELD__DEFAULT.
        named = key.isupper() and not key.startswith("_") and not key.endswith("__DEFAULT")
        value = getattr(message, key) if named else None
        if isinstance(value, bytes):
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, str if text else int):
            continue
        values[key.lower()] = value
        if key.startswith(name.upper() + "_"):
            short = key[len(name) + 1 :].lower()
            values[short] = value
            choices.append(short)
    return values, tuple(choices)
