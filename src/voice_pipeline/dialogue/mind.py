"""Answers one utterance: plain commands by phrase, the rest by the model, tool calls checked and made on the way.

Blocking, on a worker's thread; everything it finds out on the way goes to a Listener. No ROS, no clock, nothing kept
between utterances: turn.py decides when it runs, history.py what is remembered.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from voice_pipeline.dialogue.books import Book, Books
from voice_pipeline.dialogue.clauses import ClauseSplitter
from voice_pipeline.dialogue.confirmation import Asked, Confirmation
from voice_pipeline.dialogue.emotion_tags import TagLimit, TagReader, quoted
from voice_pipeline.dialogue.facts import said_in
from voice_pipeline.dialogue.local_tools import MEMORY_TOOLS
from voice_pipeline.dialogue.neutral import neutral
from voice_pipeline.dialogue.output import ReplyParser, Unreadable
from voice_pipeline.dialogue.protocol import (
    Done,
    GenerateOptions,
    LanguageModel,
    Message,
    TextDelta,
    ToolCallRequest,
)
from voice_pipeline.dialogue.tools import (
    GESTURE,
    GESTURES,
    Dispatcher,
    PendingCall,
    RefusedCall,
    Tool,
    ToolBox,
    ValidCall,
)

_AGAIN = "Nothing was done. Correct it, or answer in words that you cannot do this."
_POLL_S = 0.02  # how often a wait for the robot looks at `cancel`


@dataclass(frozen=True)
class MindSettings:
    """How an utterance is answered. The texts are spoken; English by default, a profile gives another language's."""

    options: GenerateOptions = field(default_factory=GenerateOptions)
    language: str = "en"
    max_tool_calls: int = 3
    use_phrases: bool = True
    first_clause_chars: int = 10
    cannot: str = "Sorry, I can't do that."
    cannot_move: str = "I can't move right now."
    will_not: str = "Okay, I won't."
    emotion_tags: bool = False
    too_late: str = "That took too long. Please ask me again."


class Listener(Protocol):
    """Told what happens, on the worker's thread, in order."""

    def request(self) -> None:
        """The model was asked."""

    def first_token(self) -> None:
        """It began to answer (or a phrase matched)."""

    def clause(self, text: str, stock: bool) -> None:
        """Something to say. stock: a fixed text of the profile or of tools.yaml, not the model's words."""

    def requested(self, call_id: str, call: ValidCall) -> None:
        """A call passed every check and goes to the robot now."""

    def refused(self, call_id: str, name: str, arguments_json: str, reason: str) -> None:
        """A call did not pass; nothing was sent."""


@dataclass
class Answer:
    """What an utterance led to."""

    clauses: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)  # tool calls and their answers, for the history
    calls: list[PendingCall] = field(default_factory=list)
    by_phrase: bool = True  # the model was not needed
    cancelled: bool = False
    usage: Done | None = None


class _Retry(Exception):
    """The model should try again; the text tells it why."""

    def __init__(self, raw: str, why: str, mendable: bool) -> None:
        super().__init__(why)
        self.raw = raw
        self.mendable = mendable


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
    ) -> Answer:
        """Answer a question.

        Args:
            question: what the person said.
            prompt: prefix, history and the question, from History.prompt.
            cancel: ends it within some 20 ms; calls that were sent go on.
            gate: set once the person has finished. Until then it may think, but no tool is called. None: open.
            language: ISO 639-1 of what was said; empty when nobody knows.
            answer_in: that of confirmations; empty for the node's.

        Raises:
            ModelUnavailable, ModelTimeout: with what was said before already given to the listener.
        """
        book, parts = self._choose(question, language)
        run = _Run(self, cancel, listener, gate, book, answer_in)
        asked = self._confirmation.waiting()
        if asked is not None:
            parts = run.decide(asked, question, parts)
            if run.wants_follow_up and not cancel.is_set():
                self._follow_up(prompt, run)
        elif self._confirmation.lapsed():
            parts = run.after_its_time(question, parts)
        run.assents = bool(self._confirmation.read(question))
        run.only_words = run.assents and not _asks(prompt[:-1])
        for i, part in enumerate(parts):
            if run.asks:
                break
            run.begin(part, parts[i + 1 :])
            request = book.match(part) if self._settings.use_phrases else None
            if request is not None:
                run.heard()
                run.call(request, by_model=False)
            else:
                run.answer.by_phrase = False
                self._ask([*prompt[:-1], Message("user", part)] if part != question else list(prompt), run)
        run.answer.cancelled = cancel.is_set()
        return run.answer

    def _choose(self, question: str, language: str) -> tuple[Book, list[str]]:
        return self._books.choose(question, language, self._settings.max_tool_calls, self._settings.use_phrases)

    def _ask(self, messages: list[Message], run: _Run) -> None:
        try:
            self._listen(messages, run, run.allowed)
        except _Retry as retry:
            if len(run.answer.calls) == run.emoted and not run.cancel.is_set():
                self._ask_again(messages, run, retry)
        if run.wants_follow_up and not run.cancel.is_set():
            self._follow_up(messages, run)
        if not run.answer.clauses and len(run.answer.calls) == run.emoted and not run.cancel.is_set():
            run.say(self._settings.cannot)  # never silence

    def _follow_up(self, messages: Sequence[Message], run: _Run) -> None:
        """Have the model speak about what a tool answered. Whatever that answer says, no tool is called."""
        try:
            self._listen([*messages, *run.answer.messages], run, ())
        except _Retry:
            pass  # refused, and written down
        if not run.answer.clauses and not run.cancel.is_set():
            run.say(neutral(run.answer.messages[-1].content))

    def _ask_again(self, messages: list[Message], run: _Run, retry: _Retry) -> None:
        """Once: with the mistake shown to it where it can be mended, and for words only where nothing may move."""
        if retry.mendable:
            messages = [*messages, Message("assistant", retry.raw), Message("tool", str(retry), name="error")]
        try:
            self._listen(messages, run, run.allowed if retry.mendable else ())
        except _Retry:
            pass  # refused a second time, and written down

    def _listen(self, messages: Sequence[Message], run: _Run, only: tuple[str, ...]) -> None:
        """One request to the model; `only`: the tools it may call."""
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
            self._take(pieces, tags, splitter, run)
        self._take(parser.flush(), tags, splitter, run)
        rest, found = tags.flush()
        run.emote(found)
        if not run.silent:
            run.say_all([*splitter.feed(rest), *splitter.flush()])

    def _take(self, pieces: Sequence[object], tags: TagReader, splitter: ClauseSplitter, run: _Run) -> None:
        for piece in pieces:
            if run.cancel.is_set():
                return
            if isinstance(piece, str):
                words, found = tags.feed(piece)
                run.emote(found)
                if not run.silent:
                    run.say_all(splitter.feed(words))
            elif isinstance(piece, Unreadable):
                run.unreadable(piece.raw)
            elif isinstance(piece, ToolCallRequest):
                run.say_all(splitter.flush())
                run.call(piece, by_model=True)


def _asks(said: Sequence[Message]) -> bool:
    """The robot ended with a question."""
    return bool(said) and said[-1].role == "assistant" and said[-1].content.rstrip().endswith(("?", "？"))


class _Run:
    """The state of one answer."""

    def __init__(
        self,
        mind: Mind,
        cancel: threading.Event,
        listener: Listener,
        gate: threading.Event | None,
        book: Book,
        answer_in: str,
    ) -> None:
        self.settings = mind._settings
        self.tools = mind._tools
        self.dispatcher = mind._dispatcher
        self.cancel = cancel
        self.listener = listener
        self.gate = gate
        self.confirmation = mind._confirmation
        self.only_words = False  # a yes or no that answers nothing: no request, whatever the model makes of it
        self.tag_limit = mind._tag_limit
        self.others_wrote: Sequence[str] = ()  # people and tools, in the present prompt
        self.emoted = 0  # calls that a tag made
        self.assents = False  # a yes or no alone: what it is about was said before
        self.asks = False  # the robot asked for a yes: nothing else happens before it
        self._rest: Sequence[str] = ()
        self.answer = Answer()
        self.forbidden = ""
        self._part = ""
        self.allowed: tuple[str, ...] = ()  # for what was said
        self.permitted: tuple[str, ...] = ()  # in the model's present answer
        self._book = book
        self._wording = partial(mind._books.tool, language=answer_in)
        self.wants_follow_up = False
        self.repeats = False
        self.silent = False  # the robot has said what there is to say; the model's further words are dropped
        self._heard = False
        self._asked: list[ToolCallRequest] = []

    def begin(self, part: str, rest: Sequence[str] = ()) -> None:
        """A part of the utterance: what it allows. rest: the parts after it."""
        self._rest = rest
        self._part = part
        self.forbidden = self._book.forbids(part)
        self.allowed = tuple(
            t.name
            for t in self.tools.tools.values()
            if not self.only_words
            and not t.only_phrases
            and not self._is_forbidden(t)
            and self._book.may_call(t.name, part)
        )
        self.wants_follow_up = self.silent = self.repeats = False

    def _is_forbidden(self, tool: Tool) -> bool:
        """A question may be answered by a tool; "don't forget my name" is an order."""
        if tool.kind != "local":
            return bool(self.forbidden)
        return self.forbidden == "negated" and tool.name not in MEMORY_TOOLS

    def heard(self) -> None:
        if not self._heard:
            self._heard = True
            self.listener.first_token()

    def say(self, text: str, stock: bool = False) -> None:
        if not stock and text in self.answer.clauses:
            self.repeats = True  # a small model in a loop says the same sentence until it is stopped
        elif text and not self.cancel.is_set():
            self.answer.clauses.append(text)
            self.listener.clause(text, stock)

    def say_all(self, clauses: Sequence[str]) -> None:
        for clause in clauses:
            self.say(clause)

    def unreadable(self, raw: str) -> None:
        self._refuse("", raw, "that is no readable tool call")
        raise _Retry(raw, _AGAIN, mendable=True)

    def call(self, request: ToolCallRequest, by_model: bool) -> None:
        """Check and carry out one call, and say so. Raises _Retry when the model should think again."""
        if self.asks or request in self._asked or len(self.answer.calls) >= self.settings.max_tool_calls:
            return  # small models repeat themselves
        self._asked.append(request)
        raw = json.dumps({"tool": request.name, "arguments": request.arguments}, default=str)
        try:
            call = self.tools.validate(request, by_model)
            if by_model and call.tool.name not in self.permitted:
                raise RefusedCall(f"nobody asked for {call.tool.name}{self.forbidden and f' ({self.forbidden})'}.")
            if by_model and not self.assents and not self._book.heard(call.tool.name, call.arguments, self._part):
                raise RefusedCall(f"nobody said {', '.join(map(str, call.arguments.values()))}.")
            if by_model and call.tool.name == "remember" and not said_in(str(call.arguments["fact"]), self._part):
                raise RefusedCall("nobody said that. The fact has to be in the person's words.")
            if self.gate is not None:
                self._wait(self.gate)
                if not self.gate.is_set():
                    return  # the person went on: this call was never wanted
            if call.tool.confirm:
                self._ask_first(request, call, raw)
                return
            self.tools.admit(call.tool.name, by_model)
        except RefusedCall as error:
            self._refuse(request.name, raw, str(error))
            if self.forbidden == "negated" and not self.answer.clauses:
                self.say(self.settings.will_not)
                self.silent = True
                return
            if not by_model:
                self.say(self.settings.cannot)
                return
            raise _Retry(raw, f"{error} {_AGAIN}", mendable=not self.forbidden) from error
        self._carry_out(request, call)

    def emote(self, tags: Sequence[str]) -> None:
        """Play the gesture of a tag that the model wrote. It is never waited for, and nothing is said about it."""
        for tag in tags:
            known = tag in self.tools.gestures and not quoted(tag, self.others_wrote)
            if not known or not self.settings.emotion_tags or self.silent or self.forbidden == "negated":
                continue
            if self.answer.calls or (self.gate is not None and not self.gate.is_set()) or not self.tag_limit.admit():
                continue  # a gesture that was asked for goes first; and nothing moves while the person speaks
            request = ToolCallRequest(GESTURES, {GESTURE: tag})
            try:
                call = self.tools.validate(request)
                self.tools.admit(GESTURES)
            except RefusedCall as error:
                self._refuse(GESTURES, json.dumps({"tool": GESTURES, "arguments": request.arguments}), str(error))
                continue
            self.emoted += 1
            self._send(call)

    def _ask_first(self, request: ToolCallRequest, call: ValidCall, raw: str) -> None:
        if self.cancel.is_set():
            return
        self.confirmation.ask(request, call, self._rest)
        self._refuse(request.name, raw, "not yet: the robot asks first, and a yes makes the call.")
        self.say(self._wording(call.tool.name).question(call.arguments))
        self.asks = self.silent = True

    def decide(self, asked: Asked, utterance: str, parts: list[str]) -> list[str]:
        """What an utterance means for the call that waits for a yes; returns what is left to be answered."""
        verdict = self.confirmation.read(utterance)
        if not verdict:
            self.confirmation.settle(self.gate)
            return parts
        self.heard()
        if self.gate is not None:
            self._wait(self.gate)
        if self.cancel.is_set():
            return []
        self.confirmation.settle(None)
        try:
            if verdict == "no":
                raise RefusedCall("the person said no.")
            self.tools.admit(asked.call.tool.name, by_model=False)
        except RefusedCall as error:
            self._refuse(asked.request.name, json.dumps(asked.call.arguments), str(error))
            self.say(self.settings.will_not if verdict == "no" else self.settings.cannot)
            return []
        self._carry_out(asked.request, asked.call)
        return list(asked.rest)

    def after_its_time(self, utterance: str, parts: list[str]) -> list[str]:
        """A yes that comes too late makes no call, and is no question to the model; returns what is to be answered."""
        if self.confirmation.read(utterance) == "yes":
            self.heard()
            self.say(self.settings.too_late)
            return []
        self.confirmation.settle(self.gate)
        return parts

    def _carry_out(self, request: ToolCallRequest, call: ValidCall) -> None:
        for earlier in self.answer.calls:
            self._wait(earlier.finished)  # one movement after the other
        if self.cancel.is_set():
            return
        pending = self._send(call)
        # One that must not run while the robot speaks is over before the robot speaks about it.
        quick = call.tool.kind != "action" or not call.tool.while_speaking
        self._wait(pending.finished if quick else pending.accepted)
        outcome = pending.outcome
        self.answer.messages.append(Message("assistant", "", (ToolCallRequest(request.name, call.arguments),)))
        if outcome is not None and outcome.status != "succeeded":
            self.answer.messages.append(Message("tool", f"{outcome.status}: {outcome.result}", name=call.tool.name))
            self.say(self.settings.cannot_move if call.tool.kind != "local" else self.settings.cannot)
            self.silent = True
        elif (tool := self._wording(call.tool.name)).say:
            self.say(tool.confirmation(call.arguments, outcome.result if outcome else ""), stock=True)
            self.silent = True
        elif outcome is not None:
            self.answer.messages.append(Message("tool", outcome.result, name=call.tool.name))
            self.wants_follow_up = True

    def _send(self, call: ValidCall) -> PendingCall:
        call_id = uuid.uuid4().hex[:12]
        self.listener.requested(call_id, call)
        pending = self.dispatcher.start(call, call_id)
        self.answer.calls.append(pending)
        return pending

    def _wait(self, event: threading.Event) -> None:
        while not event.is_set() and not self.cancel.is_set():
            event.wait(_POLL_S)

    def _refuse(self, name: str, raw: str, reason: str) -> None:
        self.listener.refused(uuid.uuid4().hex[:12], name, raw, reason)
