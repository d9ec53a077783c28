"""Summaries of what was said long ago, made by the model while nobody speaks, in the place of a block of turns."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import replace

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.protocol import GenerateOptions, LanguageModel, TextDelta, ToolSpec

_REQUEST = (
    "Now sum up our whole conversation so far in at most three short sentences: who I am, what I asked, what you did. "
    "Only what was said."
)
_TOKENS = 100
_LONGEST = 500  # characters; a longer one is no summary
_SHORTEST = 15


def summarise(
    history: History,
    model: LanguageModel,
    tools: Sequence[ToolSpec],
    cancel: threading.Event,
    options: GenerateOptions,
) -> bool:
    """Replace the oldest block when the history is nearly full; True when it was.

    The block stays until the summary is there. Given up when `cancel` is set, and when the model writes nothing useful;
    the history then drops its older half once it is full.

    Raises:
        ModelUnavailable, ModelTimeout: with the cure; the history is as before.
    """
    block = history.block(_REQUEST)
    if block is None or cancel.is_set():
        return False
    bound = replace(options, max_tokens=_TOKENS, only_tools=())
    text = "".join(d.text for d in model.stream(block.prompt, tools, cancel, bound) if isinstance(d, TextDelta))
    summary = _useful(text)
    return bool(summary) and not cancel.is_set() and history.replace(block, summary)


def _useful(text: str) -> str:
    """The summary up to its last whole sentence; empty when there is none, or it is a tool call or repeats itself."""
    text = " ".join(text.split())
    if text.startswith(("{", "<", "`", "[")):
        return ""
    sentences = re.findall(r"[^.!?]+[.!?]+", text)
    kept = list(dict.fromkeys(s.strip() for s in sentences))
    while kept and len(" ".join(kept)) > _LONGEST:
        kept.pop()
    if len(kept) < len(sentences) / 2:
        return ""  # a small model in a loop
    summary = " ".join(kept)
    return summary if len(summary) >= _SHORTEST else ""
