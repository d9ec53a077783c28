"""The static beginning of every prompt: who the robot is, what it can do, examples. Never changes while a robot runs.

The model server keeps what it has read (the key-value cache); a fixed beginning makes the first token ten times faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from voice_pipeline.dialogue.emotion_tags import instruction
from voice_pipeline.dialogue.protocol import Message, ToolCallRequest, ToolSpec
from voice_pipeline.dialogue.tools import GESTURE, GESTURES, Tool
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.errors import VoiceError

_EXAMPLE = {
    "type": "object",
    "required": ["user", "robot"],
    "additionalProperties": False,
    "properties": {"user": {"type": "string"}, "robot": {"type": "string"}},
}
_SCHEMA = {
    "type": "object",
    "required": ["name", "character"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "character": {"type": "string", "minLength": 10},
        "examples": {"type": "array", "items": _EXAMPLE},
        "voice": {"type": "string"},
        "language": {"type": "string", "pattern": "^[a-z]{2}$"},
        "tools": {"type": "array", "items": {"type": "string"}},
        "gestures": {"type": "array", "items": {"type": "string"}},
        "emotion_tags": {"type": "boolean"},
    },
}
_FEELINGS = ("happy", "sad", "curious", "surprised", "confused", "thinking")
_CALLING = (
    "To move or to use a tool, answer with one line of JSON and nothing else, as in the examples. "
    "Use a tool only when you are asked to do it now. Otherwise answer in words."
)


@dataclass(frozen=True)
class Persona:
    """Who the robot is: name, character (goes into the system prompt), and how it answers, by example.

    voice: of the tts engine in use; empty: that of its node. language: of the answers, ISO 639-1; empty: the node's.
    tools, gestures: those it has; None: all. emotion_tags: the model may write gestures into its words.
    """

    name: str
    character: str
    examples: tuple[tuple[str, str], ...] = ()
    voice: str = ""
    language: str = ""
    tools: tuple[str, ...] | None = None
    gestures: tuple[str, ...] | None = None
    emotion_tags: bool = False


def load_persona(path: Path) -> Persona:
    """Read config/personas/NAME.yaml.

    Raises:
        VoiceError: not YAML, or a key is wrong; names it.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise VoiceError(
            f"{path} cannot be read: {error}.", "Correct it; config/personas/plain.yaml is a start."
        ) from error
    mistake = next(iter(Draft202012Validator(_SCHEMA).iter_errors(data)), None)
    if mistake is not None:
        where = ".".join(map(str, mistake.absolute_path)) or "the file"
        raise VoiceError(f"{path.name}: {where}: {mistake.message}.", f"Correct {path}.")
    examples = tuple((e["user"], e["robot"]) for e in data.get("examples", []))
    tools, gestures = (tuple(data[key]) if key in data else None for key in ("tools", "gestures"))
    character = " ".join(data["character"].split())
    voice, language = data.get("voice", ""), data.get("language", "")
    tags = data.get("emotion_tags", False)
    return Persona(data["name"], character, examples, voice, language, tools, gestures, tags)


def build_prefix(persona: Persona, file: ToolFile, native_tools: bool, language: str) -> list[Message]:
    """System message and example turns.

    Args:
        native_tools: the model gets the tools by its own template; otherwise the system message lists them.
        language: ISO 639-1; the answers' language.
    """
    offered = [t for t in file.tools.values() if not t.only_phrases]
    lines = [persona.character.replace("{name}", persona.name)]
    if persona.emotion_tags and (gestures := _feelings(file)):
        lines.append(instruction(gestures))
    if language.lower() != "en":
        lines.append(f"Always answer in the language with the code '{language}'.")
    if offered and not native_tools:
        lines += tool_lines([t.spec for t in offered])
    return [Message("system", "\n".join(lines)), *_examples(persona, offered, file.compound_examples)]


def _feelings(file: ToolFile) -> list[str]:
    """The gestures that show a feeling, of those that the model is told of."""
    tool = file.tools.get(GESTURES)
    if tool is None:
        return []
    return [g for g in tool.spec.parameters["properties"].get(GESTURE, {}).get("enum", ()) if g in _FEELINGS]


def tool_lines(tools: Sequence[ToolSpec]) -> list[str]:
    """The list of tools and how to call them, for the system message of a model without a template for tools."""
    return ["", "Tools:", *(describe(t) for t in tools), "", _CALLING]


def describe(tool: ToolSpec) -> str:
    """One line: `play_move(name: nod|shake): Play a gesture.` Small models follow this better than a JSON schema."""
    arguments = [_argument(k, s) for k, s in tool.parameters.get("properties", {}).items()]
    return f"- {tool.name}({', '.join(arguments)}): {tool.description}"


def _argument(name: str, schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        kind = "|".join(schema["enum"])
    elif "minimum" in schema or "maximum" in schema:
        kind = f"{schema.get('minimum', '')}..{schema.get('maximum', '')}"
    else:
        kind = str(schema["type"])
    return f"{name}: {kind}" + (" = " + str(schema["default"]) if "default" in schema else "")


def _examples(
    persona: Persona, tools: list[Tool], compounds: Sequence[tuple[str, tuple[ToolCallRequest, ...]]]
) -> list[Message]:
    """Commands and questions mixed, tools in turn: a small model copies what it saw last."""
    rounds = range(max((len(t.examples) for t in tools), default=0))
    commands: list[tuple[str, tuple[ToolCallRequest, ...]]] = [
        (t.examples[i][0], (ToolCallRequest(t.name, t.examples[i][1]),))
        for i in rounds
        for t in tools
        if i < len(t.examples)
    ]
    step = max(1, len(commands) // (len(compounds) + 1))
    for i, compound in enumerate(compounds):
        commands.insert((i + 1) * (step + 1) - 1, compound)
    messages: list[Message] = []
    chats = list(persona.examples)
    ratio = len(commands) / max(1, len(chats))
    used = 0.0
    for user, robot in chats:
        used += ratio
        while commands and used >= 1.0:
            used -= 1.0
            messages += _command(*commands.pop(0))
        messages += [Message("user", user), Message("assistant", robot.replace("{name}", persona.name))]
    for command in commands:
        messages[0:0] = _command(*command)
    return messages


def _command(user: str, calls: tuple[ToolCallRequest, ...]) -> list[Message]:
    return [Message("user", user), Message("assistant", "", calls)]
