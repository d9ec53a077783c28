"""Takes the marks of chat templates out of what people and tools say, so that no text can pose as another role."""

from __future__ import annotations

import re

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
