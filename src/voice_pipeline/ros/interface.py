"""Any ROS interface by its name, and its fields by theirs; what rosidl_runtime_py would do, which the wheels lack."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from voice_pipeline.errors import VoiceError


def interface(name: str) -> Any:
    """The class of "package/action/Type", "package/srv/Type" or "package/msg/Type".

    Raises:
        VoiceError: no such package or type here.
    """
    package, folder, kind = name.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.{folder}"), kind)
    except (ImportError, AttributeError) as error:
        raise VoiceError(
            f"the ROS interface '{name}' is not on this machine.",
            f"Build or install the package '{package}', or correct it.",
        ) from error


def check_fields(message_class: Any, names: Iterable[str], where: str) -> None:
    """See that every (dotted) field exists.

    Raises:
        VoiceError: names the field and those that exist.
    """
    for name in names:
        current = message_class
        for step in name.split("."):
            fields = current.get_fields_and_field_types()
            if step not in fields:
                raise VoiceError(f"{where}: there is no field '{name}'.", f"Use one of: {', '.join(fields)}.")
            current = interface(fields[step].replace("/", "/msg/")) if "/" in fields[step] else None


def set_field(message: Any, name: str, value: Any) -> None:
    """Set a (dotted) field; whole numbers are good for float fields.

    Raises:
        ValueError, TypeError, AssertionError: from the message's own checks.
    """
    *path, last = name.split(".")
    for step in path:
        message = getattr(message, step)
    kind = message.get_fields_and_field_types()[last]
    if kind in ("float", "double") and isinstance(value, int):
        value = float(value)
    elif "int" in kind and isinstance(value, float) and value.is_integer():
        value = int(value)
    setattr(message, last, value)
