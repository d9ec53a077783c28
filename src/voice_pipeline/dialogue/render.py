"""How a message reads to a model that has no tool template of its own; shared by the engines."""

from __future__ import annotations

import json

from voice_pipeline.dialogue.neutral import neutral, neutral_values
from voice_pipeline.dialogue.protocol import Message, ToolCallRequest


def render(message: Message) -> dict[str, str]:
    """A message as a chat template takes it: tool calls are the JSON lines that the prompt teaches."""
    lines = [render_call(c) for c in message.calls]
    if message.content:
        lines.append(content(message))
    return {"role": message.role, "content": "\n".join(lines)}


def content(message: Message) -> str:
    """What a message says. Only the system message, which is ours, may hold marks of a chat template."""
    return message.content if message.role == "system" else neutral(message.content)


def render_call(call: ToolCallRequest) -> str:
    """{"tool": "play_move", "arguments": {"name": "nod"}}"""
    return json.dumps({"tool": call.name, "arguments": neutral_values(call.arguments)})
