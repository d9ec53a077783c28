"""The allow-list: which tools there are, which arguments they take, and what a valid call becomes. No ROS here."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from jsonschema import Draft202012Validator

from voice_pipeline.dialogue.protocol import ToolCallRequest, ToolSpec

Kind = Literal["action", "service", "topic", "local"]
GESTURES, GESTURE = "play_move", "name"  # the tool that plays gestures, and its argument that names one
Status = Literal["succeeded", "failed", "refused", "cancelled"]


@dataclass(frozen=True)
class FieldRule:
    """One field of the interface, from the value of an argument: value * scale."""

    field: str
    argument: str
    scale: float | None = None


@dataclass(frozen=True)
class Tool:
    """One entry of tools.yaml; see tools_file.py for what each key means."""

    name: str
    description: str
    kind: Kind
    interface: str = ""
    target: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)  # JSON schema of an object
    fields: tuple[FieldRule, ...] = ()
    choices: dict[str, dict[str, tuple[FieldRule | tuple[str, Any], ...]]] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    result: str = ""  # field of the answer that {result} stands for
    timeout_s: float = 10.0
    per_minute: int = 0  # calls in any 60 s; 0: only the limit of all tools together
    while_speaking: bool = True
    confirm: str = ""  # what the robot asks first
    confirm_within_s: float = 15.0
    moves: bool = False
    say: str = ""
    say_after: str = ""  # when an action is over and went well
    cancels: bool = False  # every action that the dialogue has begun ends with this call
    spoken: dict[str, dict[str, str]] = field(default_factory=dict)
    examples: tuple[tuple[str, dict[str, Any]], ...] = ()
    phrases: tuple[tuple[str, dict[str, Any]], ...] = ()  # pattern, arguments it stands for
    only_phrases: bool = False  # never offered to the model
    needs: tuple[str, ...] = ()  # beginnings of words, one of which the person must have used
    unless: tuple[str, ...] = ()  # beginnings of words that mean something else than this robot
    strange_words: int = -1  # that may be in what the person said, of those that no phrase knows; -1: any number
    any: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # beginnings of words that leave the choice to a model
    words: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    offered: dict[str, tuple[str, ...]] = field(default_factory=dict)  # values that the model is told; else all

    @property
    def spec(self) -> ToolSpec:
        """What the model is told. Bounds that only an int32 sets tell it nothing, and cost tokens."""
        shown = {k: {s: v for s, v in p.items() if not _endless(s, v)} for k, p in self._properties.items()}
        for key in self.offered.keys() & shown.keys():
            shown[key]["enum"] = self.told(key)
        return ToolSpec(
            self.name, self.description, {**self.parameters, "properties": shown} if shown else self.parameters
        )

    def told(self, argument: str) -> list[str]:
        """The values of an enum that the model is told; phrases, and a call of the model's own idea, may use all."""
        values: list[str] = self._properties[argument].get("enum", [])
        return [v for v in values if v in self.offered.get(argument, values)] or values

    @property
    def _properties(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self.parameters.get("properties", {})
        return properties

    def asked_for(self, utterance: str) -> bool:
        """False when nothing in what was said speaks of this tool; a model's call is then an accident."""
        text = utterance.lower().replace("’", "'")
        return (not self.needs or _begins(self.needs, text)) and not _begins(self.unless, text)

    def message_fields(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Interface fields (dotted for nested ones) and their values for validated arguments."""
        values = dict(self.fixed)
        for rule in self.fields:
            values[rule.field] = _scaled(arguments[rule.argument], rule.scale)
        for argument, table in self.choices.items():
            for entry in table.get(str(arguments[argument]), ()):
                if isinstance(entry, FieldRule):
                    values[entry.field] = _scaled(arguments[entry.argument], entry.scale)
                else:
                    values[entry[0]] = entry[1]
        return values

    def confirmation(self, arguments: Mapping[str, Any], result: str = "") -> str:
        """What the robot says about this call; empty when the model should speak for itself."""
        return self.say.format_map({**self._in_words(arguments), "result": result})

    def arrival(self, arguments: Mapping[str, Any], result: str) -> str:
        """What the robot says when an action is over; empty when it says nothing more."""
        return self.say_after.format_map({**self._in_words(arguments), "result": result})

    def question(self, arguments: Mapping[str, Any]) -> str:
        """What the robot asks before it does this; empty when it just does it."""
        return self.confirm.format_map(self._in_words(arguments))

    def _in_words(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        return {k: self.spoken.get(k, {}).get(str(v), _number(v)) for k, v in arguments.items()}


@dataclass(frozen=True)
class ValidCall:
    """A call that passed: on the list, arguments complete, in range, defaults filled in."""

    tool: Tool
    arguments: dict[str, Any]
    notes: tuple[str, ...] = ()  # "degrees 90 limited to 45"


class RefusedCall(Exception):
    """A call that must not happen. The text is for the model and for the audit trail."""


class ToolBox:
    """All tools of a robot.

    Args:
        tools: from tools_file.load.
        per_minute: calls allowed in any 60 s; a model in a loop must not drive the robot.
        clock: seconds, monotonic.
    """

    def __init__(
        self, tools: Mapping[str, Tool], per_minute: int = 30, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.tools = dict(tools)
        self._validators = {n: Draft202012Validator(t.parameters) for n, t in tools.items()}
        self._per_minute = per_minute
        self._clock = clock
        self._recent: deque[float] = deque()
        self._recent_by_tool: dict[str, deque[float]] = {n: deque() for n, t in tools.items() if t.per_minute}

    @property
    def gestures(self) -> Sequence[str]:
        """What `play_move` can show; empty without that tool."""
        tool = self.tools.get(GESTURES)
        names: Sequence[str] = tool.parameters["properties"].get(GESTURE, {}).get("enum", ()) if tool else ()
        return names

    @property
    def specs(self) -> list[ToolSpec]:
        """What the model is told, in the order of the file."""
        return [t.spec for t in self.tools.values() if not t.only_phrases]

    def validate(self, request: ToolCallRequest, by_model: bool = True) -> ValidCall:
        """Check a call against the allow-list and its schema; numbers out of range are limited, nothing else is mended.

        Args:
            by_model: the call was written by a model, which may not use tools marked `only_phrases`.

        Raises:
            RefusedCall: why, in words that help the model to do better.
        """
        tool = self.tools.get(request.name)
        if tool is None or (by_model and tool.only_phrases):
            names = ", ".join(s.name for s in self.specs)
            raise RefusedCall(f"there is no tool '{request.name}'. Tools: {names}.")
        properties: dict[str, Any] = tool.parameters.get("properties", {})
        # A tool without arguments ignores what comes with it: "stop" must stop.
        given = dict(request.arguments) if properties else {}
        arguments = {k: s["default"] for k, s in properties.items() if "default" in s}
        arguments.update({k: v for k, v in given.items() if not (v is None and k in arguments)})
        notes = []
        for name, schema in properties.items():
            if name in arguments:
                arguments[name], note = _fit(name, arguments[name], schema)
                notes += [note] if note else []
        error = next(iter(sorted(self._validators[tool.name].iter_errors(arguments), key=lambda e: list(e.path))), None)
        if error is not None:
            where = f"'{'.'.join(map(str, error.path))}': " if error.path else ""
            raise RefusedCall(f"{tool.name}: {where}{error.message}.")
        return ValidCall(tool, arguments, tuple(notes))

    def admit(self, name: str = "", by_model: bool = True) -> None:
        """Count a call that is about to be made.

        Args:
            name: of the tool, for its own limit.
            by_model: False for a person's own plain words: "stop" gets through after a model has used the minute up.

        Raises:
            RefusedCall: too many in the last minute.
        """
        now = self._clock()
        own = self._recent_by_tool.get(name, deque())
        for times in (self._recent, own):
            while times and now - times[0] > 60.0:
                times.popleft()
        if by_model and len(self._recent) >= self._per_minute:
            raise RefusedCall(f"more than {self._per_minute} tool calls within a minute.")
        if own and len(own) >= self.tools[name].per_minute:
            raise RefusedCall(f"more than {self.tools[name].per_minute} calls of {name} within a minute.")
        self._recent.append(now)
        own.append(now)


@dataclass
class Outcome:
    """What became of a call, and one line about it for people and for the model."""

    status: Status
    result: str
    duration_s: float = 0.0


class PendingCall:
    """A call under way: `accepted` is set when the robot took it (or it is over), `finished` when it is over."""

    def __init__(self, call_id: str, call: ValidCall) -> None:
        self.call_id = call_id
        self.call = call
        self.accepted = threading.Event()
        self.finished = threading.Event()
        self.outcome: Outcome | None = None
        self.was_accepted = False  # by the robot, before it was over
        self._lock = threading.Lock()

    def accept(self) -> None:
        """The robot took it."""
        self.was_accepted = True
        self.accepted.set()

    def finish(self, outcome: Outcome) -> bool:
        """Set the outcome; only the first one counts. False for a later one."""
        with self._lock:
            if self.outcome is not None:
                return False
            self.outcome = outcome
        self.accepted.set()
        self.finished.set()
        return True


class Dispatcher(Protocol):
    """Carries out valid calls. `start` returns at once and may be called from any thread."""

    def start(self, call: ValidCall, call_id: str) -> PendingCall:
        """Begin; the PendingCall always finishes, at the latest after the tool's timeout."""


def _fit(name: str, value: Any, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """Strings that are numbers become numbers, numbers are limited to their range, words match an enum in any case."""
    kind = schema.get("type")
    if kind in ("number", "integer"):
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return value, ""
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _finite(value):
            return str(value), ""  # the schema then refuses it
        limited = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
        note = f"{name} {value:g} limited to {limited:g}" if limited != value else ""
        whole = kind == "integer" and float(limited).is_integer()
        return (int(limited) if whole else limited), note
    if kind == "boolean" and isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower(), value), ""
    if kind == "string" and isinstance(value, str) and "enum" in schema:
        return next((e for e in schema["enum"] if e.lower() == value.strip().lower()), value), ""
    return value, ""


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of 309 digits or more: a small model in a loop
        return False


def _endless(key: str, value: Any) -> bool:
    return (key == "minimum" and value <= -(2**31)) or (key == "maximum" and value >= 2**31 - 1)


def _begins(words: tuple[str, ...], text: str) -> bool:
    return any(re.search(r"\b" + re.escape(w), text) for w in words)


def _scaled(value: Any, scale: float | None) -> Any:
    return value if scale is None else value * scale


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
