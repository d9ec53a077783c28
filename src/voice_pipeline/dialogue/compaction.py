"""Summaries of what was said long ago, made by the model while nobody speaks, in the place of a block of turns."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import replace

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.protocol import GenerateOptions, LanguageModel, Message, TextDelta, ToolSpec

_REQUEST = (
    "Now sum up our whole conversation so far in at most three short sentences: who I am, what I asked, what you did. "
    "Only what was said."
)
_TOKENS = 100
_LONGEST = 500  # characters; a longer one is no summary
_SHORTEST = 15
_NOTE = re.compile(r"^\([^)]*\.\) ")  # in front of a question: nobody said it
_SMALL_WORD = 3  # letters; shorter words are in every sentence
_TELLING = frozenset(("asked", "told", "said", "answered", "talked", "about", "what", "that", "they", "then", "with"))
_SAID = 0.6  # of the longer words of a sentence


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
    said = [*(m for turn in block.turns for m in turn), Message("assistant", history.summary)]
    bound = replace(options, max_tokens=_TOKENS, only_tools=())
    text = "".join(d.text for d in model.stream(block.prompt, tools, cancel, bound) if isinstance(d, TextDelta))
    summary = _useful(text, {w for m in said for w in _words(_NOTE.sub("", m.content))})
    return bool(summary) and not cancel.is_set() and history.replace(block, summary)


def _useful(text: str, said: set[str]) -> str:
    """The whole sentences that speak of what was said; empty when there are none, or it is a tool call or repeats itself.

    A small model sums up the examples of its prompt too: a sentence counts when most of its longer words were said.
    """
    text = " ".join(text.split())
    if text.startswith(("{", "<", "`", "[")):
        return ""
    sentences = re.findall(r"[^.!?]+[.!?]+", text)
    different = list(dict.fromkeys(s.strip() for s in sentences))
    if len(different) < len(sentences) / 2:
        return ""  # a small model in a loop
    kept = [s for s in different if _grounded(s, said)]
    while kept and len(" ".join(kept)) > _LONGEST:
        kept.pop()
    summary = " ".join(kept)
    return summary if len(summary) >= _SHORTEST else ""


def _grounded(sentence: str, said: set[str]) -> bool:
    words = [w for w in _words(sentence) if len(w) > _SMALL_WORD and w not in _TELLING]
    return bool(words) and sum(w in said for w in words) >= _SAID * len(words)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
