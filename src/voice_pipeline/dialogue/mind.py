"""Answers one utterance: plain commands by phrase, the rest by the model, tool calls checked and made on the way.

Blocking, on a worker's thread; everything it finds out on the way goes to a Listener. No ROS, no clock, nothing kept
between utterances: turn.py decides when it runs, history.py what is remembered.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from voice_pipeline.dialogue.answer import Answer, Listener, MindSettings
from voice_pipeline.dialogue.answering import Answering
from voice_pipeline.dialogue.books import Book, Books
from voice_pipeline.dialogue.calling import Calling, Retry
from voice_pipeline.dialogue.clauses import ClauseSplitter
from voice_pipeline.dialogue.confirmation import Confirmation
from voice_pipeline.dialogue.emotion_tags import TagLimit, TagReader
from voice_pipeline.dialogue.history import LONGEST_QUESTION
from voice_pipeline.dialogue.neutral import neutral
from voice_pipeline.dialogue.output import ReplyParser, Unreadable
from voice_pipeline.dialogue.protocol import Done, LanguageModel, Message, TextDelta, ToolCallRequest
from voice_pipeline.dialogue.tongues import with_hint
from voice_pipeline.dialogue.tools import Dispatcher, ToolBox

__all__ = ["Answer", "Listener", "Mind", "MindSettings"]


class Mind:
    """See the module. One `answer` at a time."""

    def __init__(
        self, model: LanguageModel, tools: ToolBox, dispatcher: Dispatcher, settings: MindSettings, books: Books
    ) -> None:
        self._model = model
        self._tools = tools
        self._dispatcher = dispatcher
        self._settings = settings
        self._books = books
        self._confirmation = Confirmation()
        self._tag_limit = TagLimit()

    def needs_model(self, question: str, language: str = "") -> bool:
        """False for what phrases alone answer, and for a yes or no to what the robot asked."""
        asked = self._confirmation.waiting()
        if asked is not None and self._confirmation.read(question):
            return not asked.call.tool.say
        if self._confirmation.lapsed() and self._confirmation.read(question) == "yes":
            return False
        book, parts = self._choose(question, language)
        return not self._settings.use_phrases or book.calls(parts) is None

    def answer(
        self,
        question: str,
        prompt: Sequence[Message],
        cancel: threading.Event,
        listener: Listener,
        gate: threading.Event | None = None,
        language: str = "",
        answer_in: str = "",
        hint: str = "",
    ) -> Answer:
        """Answer a question.

        Args:
            question: what the person said.
            prompt: prefix, history and the question, from History.prompt.
            cancel: ends it within some 20 ms; calls that were sent go on.
            gate: set once the person has finished. Until then it may think, but no tool is called. None: open.
            language: ISO 639-1 of what was said; empty when nobody knows.
            answer_in: that of confirmations; empty for the node's.
            hint: what stands behind the question in `prompt`; behind a part of it, too.

        Raises:
            ModelUnavailable, ModelTimeout: with what was said before already given to the listener.
        """
        book, parts = self._choose(question, language)
        run = Answering(self._settings, cancel, listener, gate, book, self._tools)
        wording = partial(self._books.tool, language=answer_in)
        calls = Calling(run, self._tools, self._dispatcher, self._confirmation, self._tag_limit, wording)
        asked = self._confirmation.waiting()
        if asked is not None:
            parts = calls.decide(asked, question, parts)
            if run.wants_follow_up and not cancel.is_set():
                self._follow_up(prompt, calls)
        elif self._confirmation.lapsed():
            parts = calls.after_its_time(question, parts)
        # After a yes to a call that waited, what is left was said before it, in words of its own.
        run.assents = asked is None and bool(self._confirmation.read(question))
        run.only_words = run.assents and not _asks(prompt[:-1])
        for i, part in enumerate(parts):
            if run.asks:
                break
            run.begin(part, parts[i + 1 :])
            request = book.match(part) if self._settings.use_phrases else None
            if request is not None:
                run.heard()
                calls.call(request, by_model=False)
            else:
                run.answer.by_phrase = False
                about = prompt[-1] if part == question else Message("user", with_hint(part[:LONGEST_QUESTION], hint))
                self._ask([*prompt[:-1], about], calls)
        run.answer.cancelled = cancel.is_set()
        return run.answer

    def _choose(self, question: str, language: str) -> tuple[Book, list[str]]:
        return self._books.choose(question, language, self._settings.max_tool_calls, self._settings.use_phrases)

    def _ask(self, messages: list[Message], calls: Calling) -> None:
        run = calls.run
        try:
            self._listen(messages, calls, run.allowed)
        except Retry as retry:
            if run.idle:
                self._ask_again(messages, calls, retry)
        if run.wants_follow_up and not run.cancel.is_set():
            self._follow_up(messages, calls)
        if run.idle and not run.answer.clauses:
            run.say(self._settings.cannot)  # never silence

    def _follow_up(self, messages: Sequence[Message], calls: Calling) -> None:
        """Have the model speak about what a tool answered. Whatever that answer says, no tool is called."""
        run = calls.run
        try:
            self._listen([*messages, *run.answer.messages], calls, ())
        except Retry:
            pass  # refused, and written down
        if not run.answer.clauses and not run.cancel.is_set():
            run.say(neutral(run.answer.messages[-1].content))

    def _ask_again(self, messages: list[Message], calls: Calling, retry: Retry) -> None:
        """Once: with the mistake shown to it where it can be mended, and for words only where nothing may move."""
        if retry.mendable:
            messages = [*messages, Message("assistant", retry.raw), Message("tool", str(retry), name="error")]
        try:
            self._listen(messages, calls, calls.run.allowed if retry.mendable else ())
        except Retry:
            pass  # refused a second time, and written down

    def _listen(self, messages: Sequence[Message], calls: Calling, only: tuple[str, ...]) -> None:
        """One request to the model; `only`: the tools it may call."""
        run = calls.run
        run.permitted = only
        run.others_wrote = [m.content for m in messages if m.role in ("user", "tool")]
        options = replace(self._settings.options, only_tools=only, max_calls=self._settings.max_tool_calls)
        parser, tags = ReplyParser(), TagReader(None if self._settings.emotion_tags else self._tools.gestures)
        splitter = ClauseSplitter(self._settings.first_clause_chars)
        run.listener.request()
        stream = self._model.stream(messages, self._tools.specs, run.cancel, options)
        for delta in stream:
            if isinstance(delta, Done):
                run.answer.usage = delta
                continue
            if run.repeats:
                break
            run.heard()
            pieces = parser.feed(delta.text) if isinstance(delta, TextDelta) else [delta]
            self._take(pieces, tags, splitter, calls)
        self._take(parser.flush(), tags, splitter, calls)
        rest, found = tags.flush()
        calls.emote(found)
        if not run.silent:
            run.say_all([*splitter.feed(rest), *splitter.flush()])

    def _take(self, pieces: Sequence[object], tags: TagReader, splitter: ClauseSplitter, calls: Calling) -> None:
        run = calls.run
        for piece in pieces:
            if run.cancel.is_set():
                return
            if isinstance(piece, str):
                words, found = tags.feed(piece)
                calls.emote(found)
                if not run.silent:
                    run.say_all(splitter.feed(words))
            elif isinstance(piece, Unreadable):
                calls.unreadable(piece.raw)
            elif isinstance(piece, ToolCallRequest):
                run.say_all(splitter.flush())
                calls.call(piece, by_model=True)


def _asks(said: Sequence[Message]) -> bool:
    """The robot ended with a question."""
    return bool(said) and said[-1].role == "assistant" and said[-1].content.rstrip().endswith(("?", "？"))
