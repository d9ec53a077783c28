"""The prompt that every arm begins with, as messages."""

from __future__ import annotations

from bench.gap.settings import PERSONA, TOOLS

from voice_pipeline.dialogue.prompt import build_prefix, load_persona
from voice_pipeline.dialogue.protocol import Message
from voice_pipeline.dialogue.render import render
from voice_pipeline.dialogue.tools_file import load


def prefix() -> list[Message]:
    """System message and examples, exactly as the dialogue node builds them from the same files."""
    return build_prefix(load_persona(PERSONA), load(TOOLS), native_tools=False, language="en")


def prefix_json() -> list[dict[str, str]]:
    """The same as a chat server takes it."""
    return [render(m) for m in prefix()]
