"""Reads tools.yaml and checks every key, so that a mistake is found at start and named, not when the robot moves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from voice_pipeline.dialogue.local_tools import LOCAL_TOOLS
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import FieldRule, RefusedCall, Tool, ToolBox
from voice_pipeline.errors import VoiceError

_SCALAR = {"type": ["string", "number", "boolean"]}
_RULE = {
    "type": "object",
    "required": ["from"],
    "additionalProperties": False,
    "properties": {"from": {"type": "string"}, "scale": {"type": "number"}},
}
_ARGUMENT = {
    "type": "object",
    "required": ["type"],
    "additionalProperties": False,
    "properties": {
        "type": {"enum": ["string", "number", "integer", "boolean"]},
        "description": {"type": "string"},
        "enum": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "maxLength": {"type": "integer"},
        "default": _SCALAR,
        "unit": {"type": "string"},
        "field": {"type": "string"},
        "scale": {"type": "number"},
        "set": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"anyOf": [_RULE, _SCALAR]}},
        },
        "spoken": {"type": "object", "additionalProperties": {"type": "string"}},
        "words": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    },
}
_PHRASE = {
    "type": "object",
    "required": ["say", "arguments"],
    "additionalProperties": False,
    "properties": {"say": {"type": "string"}, "arguments": {"type": "object"}},
}
_COMPOUND = {
    "type": "object",
    "required": ["user", "calls"],
    "additionalProperties": False,
    "properties": {
        "user": {"type": "string"},
        "calls": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}},
            },
        },
    },
}
_NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
_SCHEMA = {
    "type": "object",
    "required": ["tools"],
    "additionalProperties": False,
    "properties": {
        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
        "compound_examples": {"type": "array", "items": _COMPOUND},
        "tools": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "description", "kind"],
                "additionalProperties": False,
                "properties": {
                    "name": _NAME,
                    "description": {"type": "string", "minLength": 5},
                    "kind": {"enum": ["action", "service", "topic", "local"]},
                    "interface": {"type": "string", "pattern": "^[a-z0-9_]+/(action|srv|msg)/[A-Z][A-Za-z0-9]*$"},
                    "target": {"type": "string", "minLength": 1},
                    "timeout_s": {"type": "number", "exclusiveMinimum": 0, "maximum": 300},
                    "moves": {"type": "boolean"},
                    "arguments": {"type": "object", "additionalProperties": _ARGUMENT},
                    "fixed": {"type": "object"},
                    "say": {"type": "string"},
                    "only_phrases": {"type": "boolean"},
                    "unless": {"type": "array", "items": {"type": "string", "minLength": 2}},
                    "needs": {"type": "array", "items": {"type": "string", "minLength": 2}},
                    "phrases": {"type": "array", "items": {"anyOf": [{"type": "string"}, _PHRASE]}},
                    "examples": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["user"],
                            "additionalProperties": False,
                            "properties": {"user": {"type": "string"}, "arguments": {"type": "object"}},
                        },
                    },
                },
            },
        },
    },
}
_FOLDER = {"action": "action", "service": "srv", "topic": "msg"}


@dataclass(frozen=True)
class ToolFile:
    """Tools by name; examples of several calls in one answer; the language of phrases, `needs` and examples."""

    tools: dict[str, Tool]
    compound_examples: tuple[tuple[str, tuple[ToolCallRequest, ...]], ...] = ()
    language: str = "en"


def load(path: Path) -> ToolFile:
    """Read and check a file.

    Raises:
        VoiceError: not YAML, or a key is wrong; names the tool and the key.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise VoiceError(
            f"{path} cannot be read: {error}.", "Correct the file; config/tools.yaml is a good start."
        ) from error
    errors = sorted(Draft202012Validator(_SCHEMA).iter_errors(data), key=lambda e: len(e.path), reverse=True)
    if errors:
        raise _mistake(path, _where(errors[0].absolute_path, data), errors[0].message)
    tools: dict[str, Tool] = {}
    for entry in data["tools"]:
        if entry["name"] in tools:
            raise _mistake(path, f"tool '{entry['name']}'", "the name is used twice")
        tools[entry["name"]] = _tool(path, entry)
    return ToolFile(tools, _compounds(path, data.get("compound_examples", []), tools), data.get("language", "en"))


def _compounds(
    path: Path, entries: list[dict[str, Any]], tools: dict[str, Tool]
) -> tuple[tuple[str, tuple[ToolCallRequest, ...]], ...]:
    box = ToolBox(tools)
    examples = []
    for entry in entries:
        calls = tuple(ToolCallRequest(c["tool"], c.get("arguments", {})) for c in entry["calls"])
        for call in calls:
            try:
                box.validate(call)
            except RefusedCall as error:
                raise _mistake(path, f"compound example '{entry['user']}'", str(error)) from error
        examples.append((entry["user"], calls))
    return tuple(examples)


def _tool(path: Path, entry: dict[str, Any]) -> Tool:
    name, kind = entry["name"], entry["kind"]
    arguments: dict[str, Any] = entry.get("arguments", {})
    _check_target(path, entry)
    choices = {}
    for argument, a in arguments.items():
        where = f"tool '{name}', argument '{argument}'"
        for key in ("set", "spoken", "words"):
            unknown = set(a.get(key, {})) - set(a.get("enum", []))
            if unknown:
                raise _mistake(path, f"{where}, key '{key}'", f"{sorted(unknown)} is not in enum")
        if "set" in a:
            missing = set(a.get("enum", [])) - set(a["set"])
            if missing:
                raise _mistake(path, f"{where}, key 'set'", f"{sorted(missing)} is missing")
            choices[argument] = {v: _entries(path, where, f, arguments) for v, f in a["set"].items()}
    tool = Tool(
        name=name,
        description=entry["description"],
        kind=kind,
        interface=entry.get("interface", ""),
        target=entry.get("target", ""),
        parameters=_parameters(arguments),
        fields=tuple(FieldRule(a["field"], k, a.get("scale")) for k, a in arguments.items() if "field" in a),
        choices=choices,
        fixed=entry.get("fixed", {}),
        timeout_s=float(entry.get("timeout_s", 10.0)),
        moves=entry.get("moves", kind == "action"),
        say=entry.get("say", ""),
        spoken={k: a["spoken"] for k, a in arguments.items() if "spoken" in a},
        examples=tuple((e["user"], e.get("arguments", {})) for e in entry.get("examples", [])),
        phrases=tuple((p, {}) if isinstance(p, str) else (p["say"], p["arguments"]) for p in entry.get("phrases", [])),
        only_phrases=entry.get("only_phrases", False),
        unless=tuple(n.lower() for n in entry.get("unless", [])),
        needs=tuple(n.lower() for n in entry.get("needs", [])),
        words={k: {v: tuple(w) for v, w in a["words"].items()} for k, a in arguments.items() if "words" in a},
    )
    _check_examples(path, tool)
    return tool


def _parameters(arguments: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema that the model sees and every call is checked against."""
    shown = ("type", "description", "enum", "minimum", "maximum", "maxLength", "default")
    properties = {k: {s: a[s] for s in shown if s in a} for k, a in arguments.items()}
    for key, a in arguments.items():
        if "unit" in a:
            properties[key]["description"] = f"{a.get('description', key)} ({a['unit']})"
    required = [k for k, a in arguments.items() if "default" not in a]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _entries(path: Path, where: str, table: dict[str, Any], arguments: dict[str, Any]) -> tuple[Any, ...]:
    entries: list[Any] = []
    for target, value in table.items():
        if isinstance(value, dict):
            if value["from"] not in arguments:
                raise _mistake(path, f"{where}, key 'set'", f"there is no argument '{value['from']}'")
            entries.append(FieldRule(target, value["from"], value.get("scale")))
        else:
            entries.append((target, value))
    return tuple(entries)


def _check_target(path: Path, entry: dict[str, Any]) -> None:
    name, kind = entry["name"], entry["kind"]
    if kind == "local":
        if name not in LOCAL_TOOLS:
            raise _mistake(
                path, f"tool '{name}', key 'kind'", f"there is no local tool of that name ({', '.join(LOCAL_TOOLS)})"
            )
        return
    for key in ("interface", "target"):
        if key not in entry:
            raise _mistake(path, f"tool '{name}', key '{key}'", f"kind {kind} needs it")
    if entry["interface"].split("/")[1] != _FOLDER[kind]:
        raise _mistake(path, f"tool '{name}', key 'interface'", f"kind {kind} needs package/{_FOLDER[kind]}/Type")


def _check_examples(path: Path, tool: Tool) -> None:
    box = ToolBox({tool.name: tool})
    # A phrase with {slots} gets its other arguments when it is matched.
    said = [(p, a) for p, a in tool.phrases if "{" not in p]
    for user, arguments in (*tool.examples, *said):
        try:
            call = box.validate(ToolCallRequest(tool.name, arguments), by_model=False)
            tool.confirmation(call.arguments)
        except RefusedCall as error:
            raise _mistake(path, f"tool '{tool.name}', example '{user}'", str(error)) from error
        except (KeyError, IndexError, ValueError) as error:
            raise _mistake(path, f"tool '{tool.name}', key 'say'", f"it names {error}, which is no argument") from error
    for phrase, _ in tool.phrases:
        for slot in re.findall(r"{(\w+)}", phrase):
            if slot not in tool.parameters["properties"]:
                raise _mistake(path, f"tool '{tool.name}', phrase '{phrase}'", f"there is no argument '{slot}'")


def _where(location: Any, data: Any) -> str:
    steps = list(location)
    if len(steps) >= 2 and steps[0] == "tools":
        entry = data["tools"][steps[1]]
        name = entry.get("name", f"number {steps[1] + 1}") if isinstance(entry, dict) else f"number {steps[1] + 1}"
        rest = ".".join(str(s) for s in steps[2:])
        return f"tool '{name}'" + (f", key '{rest}'" if rest else "")
    return "the file"


def _mistake(path: Path, where: str, what: str) -> VoiceError:
    return VoiceError(
        f"{path.name}: {where}: {what}.", f"Correct {path}; the head of config/tools.yaml explains the keys."
    )
