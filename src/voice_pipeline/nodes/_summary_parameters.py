"""Parameters of the summary node, with the reason for every default. Apart because they are as long as the node."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from voice_pipeline.dialogue.minutes import FORMATS
from voice_pipeline.nodes._dialogue_parameters import MODEL
from voice_pipeline.ros.parameters import Param

# What differs from a conversation's reason or default.
_OTHER: dict[str, dict[str, Any]] = {
    "max_tokens": {
        "default": 200,
        "description": "Longest section of the minutes. 200: ten lines, and small models ramble.",
    },
    "context_length": {
        "description": "Context of the model. A longer session is summarised in blocks, so that any context will do.",
    },
    "temperature": {"description": "Randomness of the minutes. 0 is repeatable."},
    "threads": {
        "default": 1,
        "description": "Threads of the model (llama_cpp; 0: one less than the cores). 1: the conversation goes on meanwhile.",
    },
    "first_token_timeout_s": {
        "default": 120.0,
        "maximum": 900.0,
        "description": "How long the first word of a section may take. Far more than in a conversation: a whole block of words "
        "is read before it, and nobody waits in silence.",
    },
    "stall_timeout_s": {
        "default": 30.0,
        "maximum": 300.0,
        "description": "How long the model may pause inside a section. Long, because it gives way to the conversation.",
    },
}
_MODEL = tuple(replace(p, **_OTHER.get(p.name, {})) for p in MODEL if p.name != "server_tools")

PARAMETERS = (
    *_MODEL,
    Param(
        "keep_loaded",
        True,
        "Keep the model in memory between minutes (llama_cpp). True: loading stops everything in its process, in the "
        "container the ears too (4.6 s for the 0.5b on two busy cores). False frees 0.5 GB or more, for a process of its own.",
    ),
    Param(
        "format",
        "markdown",
        "Of the minutes when a goal names none. markdown: for people; json: heading -> text, for programs.",
        choices=tuple(FORMATS),
    ),
    Param(
        "template",
        "config/minutes/default.md",
        "Headings of the minutes when a goal names none, with a line below each that tells the model what belongs there.",
    ),
    Param(
        "max_utterances",
        2000,
        "Utterances and answers that are remembered; the oldest go. 2000: a day of talk, about 1 MB.",
        "utterances",
        10,
        1_000_000,
    ),
    Param(
        "keep_file",
        False,
        "Also write the session to a file as it goes, and read it again after a crash. False: nothing that was said is kept "
        "on disk unless somebody asks for it.",
    ),
    Param(
        "folder",
        "",
        "Where that file is, readable for its owner alone. Empty: ~/.local/state/voice_pipeline/sessions, the place for a "
        "user's state.",
    ),
)
