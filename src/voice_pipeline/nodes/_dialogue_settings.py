"""What the dialogue node's parameters mean: the mind, and the texts that are always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from voice_pipeline.dialogue.assemble import Assembled
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.mind import MindSettings
from voice_pipeline.dialogue.personas import find_persona
from voice_pipeline.dialogue.phrase_files import load_shipped
from voice_pipeline.dialogue.protocol import GenerateOptions, LanguageModel
from voice_pipeline.dialogue.stock import stock_phrases
from voice_pipeline.dialogue.tools import Dispatcher, Tool
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.state import state_file


def assemble(
    p: Mapping[str, Any], model: LanguageModel, file: ToolFile, dispatcher: Dispatcher, warn: Callable[[str], Any]
) -> Assembled:
    """The mind. Raises VoiceError: a persona or phrase file that is wrong."""
    return Assembled(
        model,
        file,
        find_persona(p["persona"], file),
        dispatcher,
        MindSettings(
            options=GenerateOptions(p["temperature"], p["max_tokens"]),
            **{k: p[k] for k in ("language", "max_tool_calls", "use_phrases", "first_clause_chars")},
            **{k: p[k] for k in ("cannot", "cannot_move", "will_not", "too_late")},
        ),
        max_turns=p["history_turns"],
        context_tokens=p["context_length"],
        calls_per_minute=p["tool_calls_per_minute"],
        facts=Facts(state_file(p["facts_file"])) if p["facts_file"] else None,
        warn=warn,
        phrases=load_shipped(p["phrases_dir"], p["tools_file"], file),
    )


def fixed_texts(p: Mapping[str, Any], tools: Iterable[Tool]) -> list[str]:
    """What tts may make in advance."""
    texts = [p[name] for name in ("cannot", "cannot_move", "will_not", "too_late", "apology", "gave_up")]
    if p["acknowledge_after_s"] > 0.0:
        texts += p["acknowledgements"]
    return stock_phrases(tools, texts)
