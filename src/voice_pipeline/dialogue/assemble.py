"""Puts files, model and robot together into a mind: one way for the node and for measuring, so both test the same."""

from __future__ import annotations

import threading

from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.mind import Answer, Listener, Mind, MindSettings
from voice_pipeline.dialogue.prompt import Persona, build_prefix
from voice_pipeline.dialogue.protocol import LanguageModel
from voice_pipeline.dialogue.tongues import with_hint
from voice_pipeline.dialogue.tools import Dispatcher, ToolBox
from voice_pipeline.dialogue.tools_file import ToolFile


class Assembled:
    """A mind and its memory. `answer` may be called before `warm_up` succeeded: it then tries that first."""

    def __init__(
        self,
        model: LanguageModel,
        file: ToolFile,
        persona: Persona,
        dispatcher: Dispatcher,
        settings: MindSettings,
        *,
        max_turns: int = 8,
        context_tokens: int = 4096,
        calls_per_minute: int = 30,
    ) -> None:
        self.model = model
        self.tools = ToolBox(file.tools, calls_per_minute)
        self.history = History([], max_turns, context_tokens, settings.options.max_tokens)
        self.ready = False
        self._persona, self._file, self._language = persona, file, settings.language
        # Phrases and `needs` are words of one language; in another the model alone decides.
        lexical = file.language == settings.language.lower()[:2]
        self._mind = Mind(model, self.tools, dispatcher, settings, lexical)

    def warm_up(self) -> None:
        """Load the model and let it read the static prompt.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure. May be called again later.
        """
        self.model.prepare()
        self.history.prefix = build_prefix(self._persona, self._file, self.model.native_tools, self._language)
        self.model.warm_up(self.history.prefix, self.tools.specs)
        self.ready = True

    def answer(
        self,
        question: str,
        cancel: threading.Event,
        listener: Listener,
        gate: threading.Event | None = None,
        hint: str = "",
    ) -> Answer:
        """Answer a question with all that was said before in mind; see Mind.answer. Does not write the history.

        hint: for the model's eyes only, behind the question.
        """
        if not self.ready and self._mind.needs_model(question):
            self.warm_up()
        return self._mind.answer(question, self.history.prompt(with_hint(question, hint)), cancel, listener, gate)

    def read_along(self, words: str, cancel: threading.Event) -> None:
        """While somebody still speaks: let the model read the words so far. At the pause only the last ones are new to it.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """
        if self.ready and not cancel.is_set():
            self.model.read_ahead(self.history.prompt(words), self.tools.specs, cancel)

    def tidy(self, cancel: threading.Event) -> None:
        """Between two turns: make room in the history, and let the model read what of it is new to it.

        New is what a phrase did, what of an answer was not heard, and everything after a room was made. Otherwise the
        next question would wait for it (66 tokens of a plain command: 0.7 s on one core).

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """
        if not self.ready:
            return
        self.history.make_room()
        self.model.read_ahead(self.history.prompt("Hello"), self.tools.specs, cancel)
