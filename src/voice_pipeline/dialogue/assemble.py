"""Puts files, model and robot together into a mind; one way for the node and for measuring, so that both test the same."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.mind import Mind, MindSettings
from voice_pipeline.dialogue.prompt import Persona, build_prefix
from voice_pipeline.dialogue.protocol import LanguageModel
from voice_pipeline.dialogue.tools import Dispatcher, ToolBox
from voice_pipeline.dialogue.tools_file import ToolFile


@dataclass
class Assembled:
    """A mind and the means to talk to it."""

    mind: Mind
    history: History
    tools: ToolBox
    model: LanguageModel

    def warm_up(self) -> None:
        """Load the model and let it read the static prompt.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure. May be called again later.
        """
        self.model.warm_up(self.history.prefix, self.tools.specs)


def assemble(
    model: LanguageModel,
    file: ToolFile,
    persona: Persona,
    dispatcher: Dispatcher,
    settings: MindSettings,
    *,
    max_turns: int = 8,
    context_tokens: int = 4096,
    calls_per_minute: int = 30,
) -> Assembled:
    """Build; nothing is loaded yet."""
    box = ToolBox(file.tools, calls_per_minute)
    # Phrases and `needs` are words of one language; in another the model alone decides.
    lexical = file.language == settings.language.lower()[:2]
    prefix = build_prefix(persona, file, model.native_tools, settings.language)
    history = History(prefix, max_turns, context_tokens, settings.options.max_tokens)
    return Assembled(Mind(model, box, dispatcher, settings, lexical), history, box, model)
