"""Puts files, model and robot together into a mind: one way for the node and for measuring, so both test the same."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from voice_pipeline.dialogue.beside import Beside
from voice_pipeline.dialogue.books import Books
from voice_pipeline.dialogue.compaction import summarise
from voice_pipeline.dialogue.facts import Facts
from voice_pipeline.dialogue.history import History
from voice_pipeline.dialogue.local_tools import MEMORY_TOOLS, LocalTools
from voice_pipeline.dialogue.mind import Answer, Listener, Mind, MindSettings
from voice_pipeline.dialogue.personas import narrowed
from voice_pipeline.dialogue.phrase_files import PhraseFile
from voice_pipeline.dialogue.prompt import Persona, build_prefix
from voice_pipeline.dialogue.protocol import LanguageModel, Message
from voice_pipeline.dialogue.tongues import with_hint
from voice_pipeline.dialogue.tools import Dispatcher, Tool, ToolBox
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.errors import VoiceError


class Assembled:
    """A mind and its memory. `answer` may be called before `warm_up` succeeded: it then tries that first.

    Args:
        facts: what people asked it to remember; None: it has no such memory, nor the tools for it.
        phrases: other languages, from phrase_files.load_folder.
        warn: told when that memory does not work; everything else goes on.
    """

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
        facts: Facts | None = None,
        warn: Callable[[str], None] = lambda line: None,
        phrases: Mapping[str, PhraseFile] | None = None,
    ) -> None:
        if facts is None:
            file = replace(file, tools={n: t for n, t in file.tools.items() if n not in MEMORY_TOOLS})
        self.model = model
        self.local = LocalTools(facts, self._fact_changed)
        self._facts, self._warn = facts, warn
        self._settings, self._dispatcher, self._per_minute = settings, dispatcher, calls_per_minute
        self.history = History([], max_turns, context_tokens, settings.options.max_tokens)
        self.ready = False
        self._warming: Beside | None = None  # under way, or its end not yet looked at; of the mind's thread
        self.file, self._phrases = file, phrases or {}
        self._next: Persona | None = None
        self._take_on(persona)

    def become(self, persona: Persona) -> None:
        """Be somebody else from the next question on; from any thread. What was said before stays said.

        Call `tidy` when there is time: the model then reads who it is.
        """
        self._next = persona

    def _take_on(self, persona: Persona) -> None:
        file = narrowed(self.file, persona)
        language = persona.language or self._settings.language
        settings = replace(self._settings, language=language, emotion_tags=persona.emotion_tags)
        self.persona, self._own_file, self._language = persona, file, settings.language
        self.tools = ToolBox(file.tools, self._per_minute)
        self._books = Books(file, settings.language, self._phrases)
        self._mind = Mind(self.model, self.tools, self._dispatcher, settings, self._books)

    def _be_asked(self) -> None:
        """On the mind's thread, between two answers: become who it should be."""
        persona, self._next = self._next, None
        if persona is not None:
            self._take_on(persona)
            self.history.prefix = self._prefix()  # also while the model is being warmed up for whom it was before

    def _prefix(self) -> list[Message]:
        return build_prefix(self.persona, self._own_file, self.model.native_tools, self._language)

    @property
    def spoken_tools(self) -> Iterable[Tool]:
        """The tools with confirmations in the node's language."""
        return [self._books.tool(name) for name in self.tools.tools]

    def warm_up(self) -> None:
        """Load the model and let it read the static prompt.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure. May be called again later.
        """
        self._books.prepare()  # plain commands work while the model does not
        self.model.prepare()
        self.history.prefix = self._prefix()
        # Without the facts: what a model server or a file keeps of it is good for every day.
        self.model.warm_up(self.history.prefix, self.tools.specs)
        self._read_facts()
        if self.history.facts:
            self.model.read_ahead(self.history.prompt("Hello"), self.tools.specs, threading.Event())
        self.ready = True

    def warm_up_beside(self, cancel: threading.Event) -> bool:
        """As warm_up, but left alone when `cancel` is set: it goes on, and the next call waits for the same one. A server
        that hangs holds what needs the model, and no plain command. True when it succeeded.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """
        if self._warming is None:
            self._warming = Beside(self.warm_up)
        over = True
        try:
            over = self._warming.wait(cancel)
        finally:
            if over:
                self._warming = None
        return over

    def answer(
        self,
        question: str,
        cancel: threading.Event,
        listener: Listener,
        gate: threading.Event | None = None,
        hint: str = "",
        language: str = "",
        answer_in: str = "",
    ) -> Answer:
        """Answer a question with all that was said before in mind; see Mind.answer. Does not write the history.

        hint: for the model's eyes only, behind the question. language, answer_in: see Mind.answer.
        """
        self._be_asked()
        unsure = not self.ready or self._warming is not None
        if unsure and self._mind.needs_model(question, language) and not self.warm_up_beside(cancel):
            return Answer(cancelled=True)
        prompt = self.history.prompt(with_hint(question, hint))
        self.local.language = (answer_in or self._language).lower()[:2]
        return self._mind.answer(question, prompt, cancel, listener, gate, language, answer_in, hint)

    def read_along(self, words: str, cancel: threading.Event) -> None:
        """While somebody still speaks: let the model read the words so far. At the pause only the last ones are new to it.

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """
        if self.ready and self._warming is None and not cancel.is_set():
            self.model.read_ahead(self.history.prompt(words), self.tools.specs, cancel)

    def tidy(self, cancel: threading.Event) -> None:
        """Between two turns: sum up or drop what is old, and let the model read what of the history is new to it.

        New is what a phrase did, what of an answer was not heard, and everything after a room was made. Otherwise the
        next question would wait for it (66 tokens of a plain command: 0.7 s on one core).

        Raises:
            ModelUnavailable, ModelTimeout: with the cure.
        """
        self._be_asked()
        if not self.ready or self._warming is not None:
            return
        if (
            summarise(self.history, self.model, self.tools.specs, cancel, self._settings.options)
            | self.history.make_room()
        ):
            self._read_facts()  # everything after the prefix is read again anyway
        if not cancel.is_set():
            self.model.read_ahead(self.history.prompt("Hello"), self.tools.specs, cancel)

    def _fact_changed(self, new: str, gone: str) -> None:
        """A new one stands in the history, where it was asked for; one that is gone must be gone there too."""
        if gone:
            self.history.drop_mention(gone)
            self._read_facts()

    def _read_facts(self) -> None:
        if self._facts is None:
            return
        try:
            known = self._facts.all()
        except VoiceError as error:
            self._warn(f"{error} Until then nothing is remembered.")
            known = []
        self.history.facts = []
        if known:
            # Words of people: never in the system message.
            self.history.facts = [
                Message("user", "Keep in mind what I told you, in my own words: " + "; ".join(known) + "."),
                Message("assistant", "I will keep that in mind."),
            ]
