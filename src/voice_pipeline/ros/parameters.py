"""Parameters declared once: type, range, unit, reason. A key nobody declared is an error with a suggestion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from voice_pipeline.errors import VoiceError
from voice_pipeline.suggestions import did_you_mean, nearest

# Declared by rclpy itself.
_BUILT_IN = ("use_sim_time", "start_type_description_service")
_ONE_OF = "One of: "


@dataclass(frozen=True)
class Param:
    """One parameter of a node.

    Args:
        name: as in the profile.
        default: its type (bool, int, float, str, list of str or float) is the parameter's type.
        description: what it does, one sentence, then the reason for the default.
        unit: "s", "Hz", "dB", "rad", ...; empty for none.
        minimum, maximum: inclusive range of a number.
        choices: the values a string may take.
        live: may be changed while the node runs; otherwise it is read at configure.
    """

    name: str
    default: bool | int | float | str | list[str] | list[float]
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False

    def check(self, value: Any, node: str) -> Any:
        """The value, with an integer turned into a float where a float is declared.

        Raises:
            VoiceError: wrong type, out of range or not among the choices.
        """
        where = f"{node}: parameter '{self.name}'"
        expected = type(self.default)
        if expected is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if isinstance(self.default, list):
            value = list(value) if isinstance(value, (list, tuple)) or hasattr(value, "tolist") else value
            if self.default and isinstance(self.default[0], float):
                value = [float(v) for v in value]
        if type(value) is not expected:
            raise VoiceError(
                f"{where} is {value!r}, a {type(value).__name__}.",
                f"Give a {expected.__name__}, such as {self.default!r}.",
            )
        if self.choices and value not in self.choices:
            hint = did_you_mean(str(value), self.choices)
            raise VoiceError(f"{where} is '{value}'.", f"Use one of: {', '.join(self.choices)}.{hint}")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            low, high = self.minimum, self.maximum
            if value != value or (low is not None and value < low) or (high is not None and value > high):
                unit = f" {self.unit}" if self.unit else ""
                raise VoiceError(f"{where} is {value}{unit}.", f"Keep it within {low} and {high}{unit}.")
        return value

    def descriptor(self) -> ParameterDescriptor:
        """What `ros2 param describe` shows."""
        unit = f" Unit: {self.unit}." if self.unit else ""
        choice = f" One of: {', '.join(self.choices)}." if self.choices else ""
        message = ParameterDescriptor(
            name=self.name, description=self.description + unit + choice, read_only=not self.live
        )
        if self.minimum is not None and self.maximum is not None:
            if isinstance(self.default, float):
                message.floating_point_range = [
                    FloatingPointRange(from_value=float(self.minimum), to_value=float(self.maximum))
                ]
            elif isinstance(self.default, int):
                message.integer_range = [IntegerRange(from_value=int(self.minimum), to_value=int(self.maximum))]
        return message


def declare(node: Node, params: Sequence[Param]) -> dict[str, Any]:
    """Declare all parameters of a node with the values of its profile; returns name -> value.

    Raises:
        VoiceError: a value breaks its declaration, or the profile holds a key nobody declared.
    """
    overrides: dict[str, Parameter] = node._parameter_overrides  # rclpy has no public reader for these
    names = [p.name for p in params]
    check_unknown(list(overrides), names, node.get_name())
    values: dict[str, Any] = {}
    for param in params:
        value = overrides[param.name].value if param.name in overrides else param.default
        if value is None:
            value = param.default
        value = param.check(value, node.get_name())
        kind = Parameter.Type.STRING_ARRAY if value == [] else None
        node.declare_parameter(
            param.name, kind if value == [] else value, param.descriptor(), ignore_override=value != []
        )
        values[param.name] = value
    return values


def options_text(options: Sequence[str]) -> str:
    """What a parameter may be, for the constraints in its description, where a node knows it only at run time."""
    return _ONE_OF + ", ".join(options)


def options_in(constraints: str) -> list[str]:
    """The options of such a text; none in another."""
    return constraints.removeprefix(_ONE_OF).split(", ") if constraints.startswith(_ONE_OF) else []


def check_unknown(keys: Sequence[str], declared: Sequence[str], node: str) -> None:
    """Raise VoiceError naming every key that is not declared, with the nearest declared name."""
    problems = []
    for key in keys:
        if key in declared or key in _BUILT_IN or key.startswith("qos_overrides."):
            continue
        near = nearest(key, declared)
        problems.append(f"'{key}'" + (f" (did you mean '{near[0]}'?)" if near else ""))
    if problems:
        raise VoiceError(
            f"{node}: unknown parameter {', '.join(problems)}.",
            f"Remove it or correct the name; `ros2 param list` or docs/nodes.md shows what {node} takes.",
        )
