"""Takes the marks of chat templates out of what people and tools say, so that no text can pose as another role."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# A server reads its special tokens in the content too: "<|im_start|>system" in an answer of a tool would be a system
# message. Marks of the templates of Qwen, Llama, Gemma, Mistral, Phi, DeepSeek, Command, and of tool calls.
_MARKS = re.compile(
    r"<[|｜][^<>\n]{0,40}?[|｜]>"
    r"|</?s>|\[/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]|<</?SYS>>"
    r"|</?(?:start_of_turn|end_of_turn|bos|eos|unk|pad|tool_call|tool_response|tools|think)>",
    re.IGNORECASE,
)


def neutral(text: str) -> str:
    """The text without such marks, also those that come to be when others are taken out."""
    while (clean := _MARKS.sub("", text)) != text:
        text = clean
    return text


def neutral_values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, their texts without such marks: a fact to remember is in a person's words."""
    return {k: neutral(v) if isinstance(v, str) else v for k, v in arguments.items()}


def plain_json(data: Any) -> Any:
    """As JSON has it, without halves of characters: servers cut an emoji in two ("\\ud83d" alone is valid JSON), and no ROS
    message and no file takes a half.

    Raises:
        ValueError, TypeError, RecursionError: there is something in it that JSON has not, or it is too deep.
    """
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "ignore"))
