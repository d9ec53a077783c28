"""Which persona files there are, and what of the tools a persona leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from voice_pipeline.dialogue.prompt import Persona, load_persona
from voice_pipeline.dialogue.tools import GESTURE, GESTURES, Tool
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.dialogue.yaml_lines import did_you_mean
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

_FOLDER = "config/personas"
_ALWAYS = ("stop", "resume")  # whoever the robot is: it can be stopped, and may move again


def find_persona(name: str, file: ToolFile) -> Persona:
    """The persona of that name in config/personas, or of a path, checked against the tools there are.

    Raises:
        VoiceError: there is none (with the nearest name), a key is wrong, or it names a tool or gesture there is not.
    """
    persona = load_persona(persona_path(name))
    narrowed(file, persona)
    return persona


def persona_path(name: str) -> Path:
    """Where a persona lies.

    Raises:
        VoiceError: nowhere; says which there are.
    """
    if name.endswith((".yaml", ".yml")):
        return resource(name)
    known = sorted(p.stem for p in resource(_FOLDER).glob("*.yaml"))
    if name not in known:
        raise VoiceError(
            f"there is no persona '{name}'.{did_you_mean(name, known)}",
            f"There are: {', '.join(known)}. A path of a file of your own works too.",
        )
    return resource(f"{_FOLDER}/{name}.yaml")


def narrowed(file: ToolFile, persona: Persona) -> ToolFile:
    """The tools and gestures that a persona has; all of them where it does not say. `stop` and `resume` stay.

    Raises:
        VoiceError: it names one that there is not.
    """
    tools = dict(file.tools)
    if persona.tools is not None:
        _known(persona, "tool", persona.tools, list(tools))
        tools = {n: t for n, t in tools.items() if n in (*persona.tools, *_ALWAYS)}
    if persona.gestures is not None and GESTURES in tools:
        gestures: list[str] = tools[GESTURES].parameters["properties"].get(GESTURE, {}).get("enum", [])
        _known(persona, "gesture", persona.gestures, gestures)
        if persona.gestures:
            tools[GESTURES] = _only(tools[GESTURES], persona.gestures)
        else:
            del tools[GESTURES]
    if tools.keys() == file.tools.keys() and persona.gestures is None:
        return file
    examples = tuple(
        (user, calls)
        for user, calls in file.compound_examples
        if all(c.name in tools and _has(tools[c.name], c.arguments) for c in calls)
    )
    return replace(file, tools=tools, compound_examples=examples)


def _only(tool: Tool, gestures: tuple[str, ...]) -> Tool:
    properties = dict(tool.parameters["properties"])
    properties[GESTURE] = {**properties[GESTURE], "enum": [g for g in properties[GESTURE]["enum"] if g in gestures]}
    tool = replace(tool, parameters={**tool.parameters, "properties": properties})
    return replace(
        tool,
        examples=tuple(e for e in tool.examples if _has(tool, e[1])),
        phrases=tuple(p for p in tool.phrases if _has(tool, p[1])),
    )


def _has(tool: Tool, arguments: dict[str, Any]) -> bool:
    if tool.name != GESTURES or GESTURE not in arguments:
        return True
    return arguments[GESTURE] in tool.parameters["properties"][GESTURE]["enum"]


def _known(persona: Persona, kind: str, names: tuple[str, ...], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise VoiceError(
                f"persona {persona.name}: there is no {kind} '{name}'.{did_you_mean(name, known)}",
                f"There are: {', '.join(known)}.",
            )
