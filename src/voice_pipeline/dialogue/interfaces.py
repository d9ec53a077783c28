"""What a tool's interface has to tell about its fields; apart so that the engines read tools.yaml without ROS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

JsonType = Literal["string", "number", "integer", "boolean"]


@dataclass(frozen=True)
class FieldType:
    """One field of a message.

    Args:
        ros: as the interface writes it, such as "uint8".
        type: what JSON calls it; None for a nested message or a list, which no argument can fill.
        minimum, maximum: of whole numbers.
        max_length: of bounded strings, in characters.
        constants: of the same message, by lower-case name (with and without the field's name in front).
        choices: those of them that belong to this field by their name: TYPE_LED to `type` as "led".
        inner: fields of a nested message.
    """

    ros: str
    type: JsonType | None = None
    minimum: int | None = None
    maximum: int | None = None
    max_length: int | None = None
    constants: Mapping[str, int | str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()


class NoSuchField(LookupError):
    """The interface has no field of that name; `options` are those that it has at that place."""

    def __init__(self, name: str, options: tuple[str, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.options = options


class Interfaces(Protocol):
    """Knows the ROS interfaces of this machine."""

    def check(self, interface: str) -> None:
        """See that "package/srv/Type" exists.

        Raises:
            VoiceError: it does not.
        """

    def field(self, interface: str, name: str, of_answer: bool = False) -> FieldType:
        """A (dotted) field of the goal, request or message; with `of_answer`, of the result or response.

        Raises:
            VoiceError: there is no such interface.
            NoSuchField: it has no such field.
        """
