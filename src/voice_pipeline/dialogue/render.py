"""How a message reads to a model that has no tool template of its own; shared by the engines."""

from __future__ import annotations

import json

from voice_pipeline.dialogue.protocol import Message, ToolCallRequest


def render(message: Message) -> dict[str, str]:
    """A message as a chat template takes it: tool calls are the JSON lines that the prompt teaches."""
    lines = [render_call(c) for c in message.calls]
    if message.content:
        lines.append(message.content)
    return {"role": message.role, "content": "\n".join(lines)}


def render_call(call: ToolCallRequest) -> str:
    """{"tool": "play_move", "arguments": {"name": "nod"}}"""
    return json.dumps({"tool": call.name, "arguments": call.arguments})
