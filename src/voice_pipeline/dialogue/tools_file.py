"""Reads tools.yaml and checks every key, so that a mistake is found at start and named, not when the robot moves."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from voice_pipeline.dialogue.interfaces import Interfaces
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import FieldRule, RefusedCall, Tool, ToolBox
from voice_pipeline.dialogue.tools_arguments import Misfit, complete
from voice_pipeline.dialogue.tools_source import At, ToolSource
from voice_pipeline.dialogue.yaml_lines import Lines, did_you_mean, parse
from voice_pipeline.errors import VoiceError


@dataclass(frozen=True)
class ToolFile:
    """Tools by name; examples of several calls in one answer; the language of phrases, `needs` and examples."""

    tools: dict[str, Tool]
    compound_examples: tuple[tuple[str, tuple[ToolCallRequest, ...]], ...] = ()
    language: str = "en"


def load(path: Path, interfaces: Interfaces | None = None) -> ToolFile:
    """Read and check a file.

    Args:
        interfaces: looks up the ROS types that tools name. Without it fields are taken as they stand, and every
            argument needs its `type`.

    Raises:
        VoiceError: not YAML, or a key is wrong; names the line, the tool and the key.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = parse(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise VoiceError(
            f"{path} cannot be read: {error}.", "Correct the file; config/tools.yaml is a good start."
        ) from error
    return _Reader(path, Lines(text), data, interfaces).read()


class _Reader(ToolSource):
    """Makes tools of the entries. `at` is where a thing stands in the file."""

    def read(self) -> ToolFile:
        self._check_form()
        tools: dict[str, Tool] = {}
        for i, entry in enumerate(self._data["tools"]):
            if entry["name"] in tools:
                raise self._mistake(("tools", i, "name"), f"tool '{entry['name']}'", "the name is used twice.")
            tools[entry["name"]] = self._tool(("tools", i), entry)
        compounds = self._compounds(self._data.get("compound_examples", []), tools)
        return ToolFile(tools, compounds, self._data.get("language", "en"))

    def _tool(self, at: At, entry: dict[str, Any]) -> Tool:
        name, kind = entry["name"], entry["kind"]
        self._check_target(at, entry)
        fixed: dict[str, Any] = entry.get("fixed", {})
        for key, value in fixed.items():
            self._check_value((*at, "fixed", key), entry, key, value)
        if "result" in entry:
            self._field((*at, "result"), entry, entry["result"], of_answer=True)
        arguments: dict[str, Any] = {}
        constants: dict[str, dict[str, int | str]] = {}
        for key, argument in entry.get("arguments", {}).items():
            arguments[key], constants[key] = self._argument((*at, "arguments", key), entry, key, argument)
        choices = self._choices((*at, "arguments"), entry, arguments, constants)
        tool = Tool(
            name=name,
            description=entry["description"],
            kind=kind,
            interface=entry.get("interface", ""),
            target=entry.get("target", ""),
            parameters=_parameters(arguments),
            fields=tuple(
                FieldRule(a["field"], k, a.get("scale"))
                for k, a in arguments.items()
                if "field" in a and not constants[k]
            ),
            choices=choices,
            fixed=fixed,
            result=entry.get("result", ""),
            timeout_s=float(entry.get("timeout_s", 10.0)),
            per_minute=entry.get("per_minute", 0),
            while_speaking=entry.get("while_speaking", True),
            confirm=entry.get("confirm", ""),
            confirm_within_s=float(entry.get("confirm_within_s", 15.0)),
            moves=entry.get("moves", kind == "action"),
            say=entry.get("say", ""),
            say_after=entry.get("say_after", ""),
            cancels=entry.get("cancels", name == "stop" and kind == "local"),
            spoken={k: a["spoken"] for k, a in arguments.items() if "spoken" in a},
            examples=tuple((e["user"], e.get("arguments", {})) for e in entry.get("examples", [])),
            phrases=tuple(
                (p, {}) if isinstance(p, str) else (p["say"], p["arguments"]) for p in entry.get("phrases", [])
            ),
            only_phrases=entry.get("only_phrases", False),
            strange_words=entry.get("strange_words", -1),
            unless=tuple(n.lower() for n in entry.get("unless", [])),
            needs=tuple(n.lower() for n in entry.get("needs", [])),
            any={k: tuple(a["any"]) for k, a in arguments.items() if "any" in a},
            words={k: {v: tuple(w) for v, w in a["words"].items()} for k, a in arguments.items() if "words" in a},
            offered={k: tuple(a["offered"]) for k, a in arguments.items() if "offered" in a},
        )
        self._check_texts(at, tool)
        self._check_examples(at, tool)
        return tool

    def _argument(
        self, at: At, entry: dict[str, Any], name: str, argument: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, int | str]]:
        where = f"tool '{entry['name']}', argument '{name}'"
        field = argument.get("field")
        kind = self._field((*at, "field"), entry, field) if field and entry["kind"] != "local" else None
        try:
            full, constants = complete(argument, kind)
        except Misfit as error:
            raise self._mistake((*at, error.key) if error.key else at, where, f"{error}.") from error
        for key in ("set", "spoken", "words", "offered"):
            unknown = sorted(set(full.get(key, {})) - set(full.get("enum", [])))
            if unknown:
                raise self._mistake((*at, key, unknown[0]), f"{where}, key '{key}'", f"{unknown} is not in enum.")
        if missing := sorted(set(full.get("enum", [])) - set(full["set"])) if "set" in full else []:
            raise self._mistake((*at, "set"), f"{where}, key 'set'", f"{missing} is missing.")
        return full, constants

    def _choices(
        self, at: At, entry: dict[str, Any], arguments: dict[str, Any], constants: dict[str, dict[str, int | str]]
    ) -> dict[str, dict[str, tuple[FieldRule | tuple[str, Any], ...]]]:
        """Per argument and word: fields and their values, from `set` and from constants."""
        found: dict[str, dict[str, tuple[FieldRule | tuple[str, Any], ...]]] = {}
        used = {k for k, a in arguments.items() if "field" in a or "set" in a}
        for key, argument in arguments.items():
            table: dict[str, tuple[FieldRule | tuple[str, Any], ...]] = {
                word: ((argument["field"], value),) for word, value in constants[key].items()
            }
            for word, fields in argument.get("set", {}).items():
                entries: list[FieldRule | tuple[str, Any]] = []
                for target, value in fields.items():
                    spot = (*at, key, "set", word, target)
                    if isinstance(value, dict):
                        if value["from"] not in arguments:
                            where = f"tool '{entry['name']}', argument '{key}', key 'set'"
                            raise self._mistake(spot, where, f"there is no argument '{value['from']}'.")
                        used.add(value["from"])
                        self._field(spot, entry, target)
                        entries.append(FieldRule(target, value["from"], value.get("scale")))
                    else:
                        self._check_value(spot, entry, target, value)
                        entries.append((target, value))
                table[word] = (*table.get(word, ()), *entries)
            if table:
                found[key] = table
        idle = [k for k in arguments if k not in used] if entry["kind"] != "local" else []
        if idle:
            what = "it goes nowhere: give it a 'field', or a 'set'."
            raise self._mistake((*at, idle[0]), f"tool '{entry['name']}', argument '{idle[0]}'", what)
        return found

    def _check_texts(self, at: At, tool: Tool) -> None:
        names = set(tool.parameters["properties"])
        said = (("say", tool.say), ("say_after", tool.say_after))
        for key, text, known in (*((k, t, names | {"result"}) for k, t in said), ("confirm", tool.confirm, names)):
            try:
                named = [n for _, n, _, _ in string.Formatter().parse(text) if n is not None]
            except ValueError as error:
                raise self._mistake((*at, key), f"tool '{tool.name}', key '{key}'", f"{error}.") from error
            for name in named:
                if name not in known:
                    what = f"it names '{name}', which is no argument.{did_you_mean(name, known)}"
                    raise self._mistake((*at, key), f"tool '{tool.name}', key '{key}'", what)

    def _check_examples(self, at: At, tool: Tool) -> None:
        box = ToolBox({tool.name: tool})
        examples = [(("examples", i), *e) for i, e in enumerate(tool.examples)]
        # A phrase with {slots} gets its other arguments when it is matched.
        examples += [(("phrases", i), p, a) for i, (p, a) in enumerate(tool.phrases) if "{" not in p]
        for spot, user, arguments in examples:
            try:
                box.validate(ToolCallRequest(tool.name, arguments), by_model=False)
            except RefusedCall as error:
                raise self._mistake((*at, *spot), f"tool '{tool.name}', example '{user}'", str(error)) from error
        for i, (phrase, _) in enumerate(tool.phrases):
            for slot in re.findall(r"{(\w+)}", phrase):
                if slot not in tool.parameters["properties"]:
                    what = f"there is no argument '{slot}'.{did_you_mean(slot, tool.parameters['properties'])}"
                    raise self._mistake((*at, "phrases", i), f"tool '{tool.name}', phrase '{phrase}'", what)

    def _compounds(
        self, entries: Iterable[dict[str, Any]], tools: dict[str, Tool]
    ) -> tuple[tuple[str, tuple[ToolCallRequest, ...]], ...]:
        box = ToolBox(tools)
        examples = []
        for i, entry in enumerate(entries):
            calls = tuple(ToolCallRequest(c["tool"], c.get("arguments", {})) for c in entry["calls"])
            for call in calls:
                try:
                    box.validate(call)
                except RefusedCall as error:
                    where = f"compound example '{entry['user']}'"
                    raise self._mistake(("compound_examples", i), where, str(error)) from error
            examples.append((entry["user"], calls))
        return tuple(examples)


def _parameters(arguments: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema that the model sees and every call is checked against."""
    shown = ("type", "description", "enum", "minimum", "maximum", "maxLength", "default")
    properties = {k: {s: a[s] for s in shown if s in a} for k, a in arguments.items()}
    for key, a in arguments.items():
        if "unit" in a:
            properties[key]["description"] = f"{a.get('description', key)} ({a['unit']})"
    required = [k for k, a in arguments.items() if "default" not in a]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
