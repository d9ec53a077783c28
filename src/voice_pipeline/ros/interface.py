"""Any ROS interface by its name, and its fields by theirs; what rosidl_runtime_py would do, which the wheels lack."""

from __future__ import annotations

import importlib
import re
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.suggestions import did_you_mean

_WHOLE = re.compile(r"(u?)int(8|16|32|64)")
_LARGEST_FLOAT = 3.4028234663852886e38  # of 32 bits


def interface(name: str) -> Any:
    """The class of "package/action/Type", "package/srv/Type" or "package/msg/Type".

    Raises:
        VoiceError: no such package or type here.
    """
    package, folder, kind = name.split("/")
    try:
        module = importlib.import_module(f"{package}.{folder}")
    except ImportError as error:
        raise VoiceError(
            f"the ROS interface '{name}' is not on this machine.",
            f"Build or install the package '{package}', or correct it.",
        ) from error
    if not hasattr(module, kind):
        known = [n for n in vars(module) if n[0].isupper() and "_" not in n]  # not the parts that an action is made of
        meant = did_you_mean(kind, known, shown=f"'{package}/{folder}/{{}}'")
        raise VoiceError(
            f"the package '{package}' has no {folder} '{kind}'.{meant}", f"Use one of: {', '.join(known)}."
        )
    return getattr(module, kind)


def set_field(message: Any, name: str, value: Any) -> None:
    """Set a (dotted) field; whole numbers are good for float fields, scaled ones are rounded for whole fields.

    Raises:
        ValueError: it does not fit. From Jazzy on messages do not look; 300 would reach a uint8 as 44.
        TypeError, AssertionError: from the message's own checks.
    """
    *path, last = name.split(".")
    for step in path:
        message = getattr(message, step)
    kind = message.get_fields_and_field_types()[last]
    if kind in ("float", "double") and isinstance(value, int):
        value = float(value)
    elif "int" in kind and isinstance(value, float):
        value = round(value)  # a scaled one; what the model wrote was checked to be whole
    elif kind == "octet" and isinstance(value, int):
        value = bytes([value])
    if not _fits(kind, value):
        raise ValueError(f"{name} {value:g} does not fit {kind}")
    setattr(message, last, value)


def _fits(kind: str, value: Any) -> bool:
    if kind == "float":
        return abs(float(value)) <= _LARGEST_FLOAT
    if bits := _WHOLE.fullmatch(kind):
        wide = int(bits[2])
        low, high = (0, 2**wide - 1) if bits[1] else (-(2 ** (wide - 1)), 2 ** (wide - 1) - 1)
        return low <= int(value) <= high
    return True


def get_field(message: Any, name: str) -> Any:
    """The value of a (dotted) field."""
    for step in name.split("."):
        message = getattr(message, step)
    return message


def one_line(value: Any) -> str:
    """A value in words for people and models: lists by their last 20 elements, numbers short; at most 500 characters."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        text = ", ".join(one_line(v) for v in list(value)[-20:])
    elif hasattr(value, "get_fields_and_field_types"):
        text = ", ".join(f"{n} {one_line(getattr(value, n))}" for n in value.get_fields_and_field_types())
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(text.split())[:500]
