"""Who speaks when: the state of the conversation. Events in, effects out; no thread, no ROS, a clock given to it.

One turn answers one question. Every run of the model has a generation; what comes back with an old one is dropped.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from voice_pipeline.dialogue.protocol import Message, ModelTimeout
from voice_pipeline.errors import VoiceError


class State(enum.IntEnum):
    """As TurnState.msg numbers them."""

    LISTENING = 0
    THINKING = 1
    SPEAKING = 2
    INTERRUPTED = 3


@dataclass(frozen=True)
class TurnSettings:
    """Times in seconds; the texts are spoken."""

    first_token_s: float = 8.0
    retry_window_s: float = 30.0
    settle_s: float = 0.4  # how long an interrupted turn waits to learn what was heard of it
    hold_s: float = 3.0  # after the end of an utterance: how long its words may take to come
    apology: str = "One moment, I can't think right now."
    gave_up: str = "Sorry, I could not answer that. Please ask me again later."


@dataclass
class Clause:
    """One clause of an answer and what became of it."""

    text: str
    stock: bool = False
    sent: bool = False
    done: bool = False
    heard: str = ""  # what the person really heard of it


@dataclass(eq=False)
class Turn:
    """One question and its answer. `marks` are wall-clock times in ns by stage; `tickets` belong to typed questions."""

    question: str
    utterance_id: str
    speak: bool
    turn_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    generation: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    tickets: list[Any] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    model_done: bool = False
    interrupted: bool = False
    error: VoiceError | None = None
    failures: int = 0
    deadline: float = 0.0  # for the first token; 0: none awaited
    give_up_at: float = 0.0
    retry_at: float = 0.0

    @property
    def reply(self) -> str:
        """The whole answer as text."""
        return " ".join(c.text for c in self.clauses)


class Effects(Protocol):
    """What the engine makes happen. None of these may block or call back at once."""

    def start_model(self, turn: Turn) -> None:
        """Ask the model; its events carry turn.generation."""

    def cancel_model(self) -> None:
        """Give the running answer up."""

    def say(self, turn: Turn, index: int) -> bool:
        """Speak turn.clauses[index]; False when nothing can speak it (then it counts as said)."""

    def cancel_say(self, turn: Turn) -> None:
        """Stop what is being said and what waits; a result still comes for each."""

    def show(self, state: State, turn: Turn | None, detail: str) -> None:
        """Publish the state."""

    def reply(self, turn: Turn, index: int, text: str, is_final: bool) -> None:
        """Publish a clause in writing."""

    def remember(self, turn: Turn, answer: Sequence[Message]) -> None:
        """Add the turn to the history."""

    def closed(self, turn: Turn) -> None:
        """The turn is over: publish its trace, answer its tickets."""


class TurnEngine:
    """See the module. Call every method from one thread.

    Args:
        clock: monotonic seconds. wall: ns since the epoch, for the marks.
    """

    def __init__(
        self, effects: Effects, settings: TurnSettings, clock: Callable[[], float], wall: Callable[[], int]
    ) -> None:
        self._effects = effects
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._generation = 0
        self._leaving: tuple[Turn, float] | None = None  # interrupted, until we know what was heard; deadline
        self._persons: dict[str, float | None] = {}  # utterance under way -> until when its words are awaited
        self.turn: Turn | None = None
        self.state = State.LISTENING

    # -- the person
    def question(
        self,
        text: str,
        utterance_id: str = "",
        *,
        speak: bool = True,
        ticket: Any = None,
        marks: dict[str, int] | None = None,
    ) -> str:
        """A final transcript or a typed question. Returns the id of the turn that answers it, empty for no words."""
        self._persons.pop(utterance_id, None)
        text = " ".join(text.split())
        if not text:
            self._release()
            return ""
        new = Turn(text, utterance_id, speak, marks={**(marks or {}), "commit": self._wall()})
        if ticket is not None:
            new.tickets.append(ticket)
        old = self.turn
        if old is not None and self._may_join(old):
            self._join(old, new)
            return old.turn_id
        if old is not None:
            self._interrupt(old)
        self.turn = new
        if self._leaving is None:
            self._begin("a new question")
        return new.turn_id

    def person_began(self, utterance_id: str) -> None:
        """Somebody speaks: an answer that has not begun yet waits for the words."""
        self._persons[utterance_id] = None

    def person_ended(self, utterance_id: str, nothing_said: bool) -> None:
        """The utterance is over; its words follow within hold_s, or there were none."""
        if nothing_said:
            self._persons.pop(utterance_id, None)
            self._release()
        elif utterance_id in self._persons:
            self._persons[utterance_id] = self._clock() + self._settings.hold_s

    def cancel(self, ticket: Any) -> bool:
        """The client of a typed question gave up; False when its turn is over already."""
        turn = self.turn
        if turn is None or ticket not in turn.tickets:
            return False
        self._interrupt(turn)
        self.turn = None
        self._show(State.LISTENING, turn, "cancelled by the client")
        return True

    def stop(self) -> None:
        """Give up whatever goes on (the node is going down)."""
        if self.turn is not None:
            self._interrupt(self.turn)
        if self._leaving is not None:
            self._settle()
        self.turn = None
        self._persons.clear()
        self._show(State.LISTENING, None, "stopped")

    # -- the model
    def model_asked(self, generation: int) -> None:
        """The request went out (a phrase needs none)."""
        if turn := self._current(generation):
            turn.marks.setdefault("llm_request", self._wall())

    def first_token(self, generation: int) -> None:
        """The model began to answer."""
        if turn := self._current(generation):
            turn.deadline = 0.0
            turn.marks.setdefault("llm_first_token", self._wall())

    def clause(self, generation: int, text: str, stock: bool = False) -> None:
        """A clause of the answer."""
        if turn := self._current(generation):
            turn.marks.setdefault("first_clause", self._wall())
            turn.clauses.append(Clause(text, stock))
            self._speak_waiting()

    def tool(self, generation: int, name: str, message: Message) -> None:
        """A call went to the robot; message: it, for the history."""
        if turn := self._current(generation):
            turn.tools.append(name)
            turn.messages.append(message)

    def answered(self, generation: int, messages: Sequence[Message]) -> None:
        """The model is done; messages: tool calls and results."""
        if turn := self._current(generation):
            turn.model_done = True
            turn.deadline = 0.0
            turn.messages = list(messages)
            turn.error = None
            self._speak_waiting()
            self._finish_if_done()

    def failed(self, generation: int, error: VoiceError) -> None:
        """The model could not answer. Says so once, then tries again until the window closes: no question is lost."""
        turn = self._current(generation)
        if turn is None:
            return
        turn.error = error
        turn.deadline = 0.0
        now = self._clock()
        if any(not c.stock for c in turn.clauses) or turn.tools:  # half an answer was given: never begin again
            self._give_up(turn)
            return
        turn.failures += 1
        if turn.failures == 1:
            turn.give_up_at = now + self._settings.retry_window_s
            turn.clauses.append(Clause(self._settings.apology, stock=True))
            self._speak_waiting()
        pause = min(8.0, 0.5 * 2 ** (turn.failures - 1))
        if now + pause > turn.give_up_at:
            self._give_up(turn)
            return
        turn.retry_at = now + pause
        self._show(State.THINKING, turn, f"the language model failed; trying again in {pause:g} s")

    def announce(self, text: str) -> None:
        """Say something nobody asked for (a movement failed late), after an answer but never into a question."""
        if self._leaving is not None or self._persons:
            return
        if self.turn is None:
            self.turn = Turn("", "", True, model_done=True, marks={"commit": self._wall()})
        if self.turn.model_done:
            self.turn.clauses.append(Clause(text, stock=True))
            self._speak_waiting()

    # -- the voice
    def said(self, turn_id: str, index: int, heard: str) -> None:
        """A clause was spoken to its end, or cancelled; `heard` is what the person heard of it."""
        for turn in (self.turn, self._leaving[0] if self._leaving else None):
            if turn is not None and turn.turn_id == turn_id and index < len(turn.clauses):
                turn.clauses[index].done = True
                turn.clauses[index].heard = heard
        if self._leaving is not None and all(c.done for c in self._leaving[0].clauses if c.sent):
            self._settle()
        self._finish_if_done()

    def tick(self) -> None:
        """Look at the clock; call it some twenty times a second."""
        now = self._clock()
        if self._leaving is not None and now >= self._leaving[1]:
            self._settle()
        if any(until is not None and now >= until for until in self._persons.values()):
            self._persons = {k: v for k, v in self._persons.items() if v is None or now < v}
            self._release()
        turn = self.turn
        if turn is None:
            return
        if turn.deadline and now >= turn.deadline:
            self._effects.cancel_model()
            cure = "Choose a smaller model, or raise first_token_timeout_s."
            self.failed(turn.generation, ModelTimeout(f"no word within {self._settings.first_token_s:g} s.", cure))
        elif turn.retry_at and now >= turn.retry_at:
            turn.retry_at = 0.0
            self._ask(turn)

    # -- inside
    def _current(self, generation: int) -> Turn | None:
        turn = self.turn
        return turn if turn is not None and turn.generation == generation and self._leaving is None else None

    def _may_join(self, turn: Turn) -> bool:
        """While nothing was said or done, more words are part of the same question."""
        return not turn.tools and not turn.model_done and all(c.stock or not c.sent for c in turn.clauses)

    def _join(self, turn: Turn, new: Turn) -> None:
        turn.question = f"{turn.question} {new.question}"
        turn.utterance_id = new.utterance_id or turn.utterance_id
        turn.tickets += new.tickets
        turn.speak = turn.speak or new.speak
        turn.marks = new.marks
        turn.clauses = [c for c in turn.clauses if c.sent]
        if self._leaving is None:
            self._effects.cancel_model()
            self._begin("more was said before the answer began")

    def _begin(self, why: str) -> None:
        assert self.turn is not None
        self._show(State.THINKING, self.turn, why)
        self._ask(self.turn)

    def _ask(self, turn: Turn) -> None:
        self._generation += 1
        turn.generation = self._generation
        turn.retry_at = 0.0
        # The engine has the same limit and knows more; this one is for an engine that hangs.
        turn.deadline = self._clock() + self._settings.first_token_s + 1.0
        self._effects.start_model(turn)

    def _interrupt(self, turn: Turn) -> None:
        if self._leaving is not None:
            return  # it has not begun: nothing to give up
        turn.interrupted = True
        self._effects.cancel_model()
        self._effects.cancel_say(turn)
        self._show(State.INTERRUPTED, turn, "given up")
        self._leaving = (turn, self._clock() + self._settings.settle_s)
        if all(c.done for c in turn.clauses if c.sent):
            self._settle(begin=False)

    def _settle(self, begin: bool = True) -> None:
        """What was heard of the interrupted turn is known (or late): write it down, go on with the next."""
        assert self._leaving is not None
        turn, _ = self._leaving
        self._leaving = None
        self._close(turn)
        if begin and self.turn is not None and self.turn is not turn and self.turn.generation == 0:
            self._begin("a new question")

    def _release(self) -> None:
        if not self._persons:
            self._speak_waiting()

    def _speak_waiting(self) -> None:
        """Send the clauses that wait, unless the person is speaking and the answer has not begun."""
        turn = self.turn
        if turn is None or self._leaving is not None:
            return
        if self._persons and turn.speak and not any(c.sent for c in turn.clauses):
            return
        for index, clause in enumerate(turn.clauses):
            if clause.sent:
                continue
            clause.sent = True
            apology = clause.stock and turn.failures > 0 and not turn.model_done and turn.error is not None
            if not apology and self.state != State.SPEAKING:
                self._show(State.SPEAKING, turn, "")
            self._effects.reply(turn, index, clause.text, False)
            if not turn.speak or not self._effects.say(turn, index):
                clause.done = True
                clause.heard = clause.text
        self._finish_if_done()

    def _give_up(self, turn: Turn) -> None:
        turn.model_done = True
        turn.clauses.append(Clause(self._settings.gave_up, stock=True))
        self._speak_waiting()

    def _finish_if_done(self) -> None:
        turn = self.turn
        if turn is None or self._leaving is not None or not turn.model_done:
            return
        if all(c.done for c in turn.clauses):
            self.turn = None
            self._close(turn)
            self._show(State.LISTENING, turn, "unanswered" if turn.error else "answered")

    def _close(self, turn: Turn) -> None:
        self._effects.reply(turn, len(turn.clauses), "", True)
        heard = " ".join(c.heard for c in turn.clauses if c.heard and not c.stock)
        answer = [*turn.messages]
        if heard:
            answer.append(Message("assistant", heard))
        if turn.question and turn.error is None and (answer or turn.interrupted):
            # Nobody heard a word of it, but the question was asked: roles have to alternate for some models.
            self._effects.remember(turn, answer or [Message("assistant", "…")])
        self._effects.closed(turn)

    def _show(self, state: State, turn: Turn | None, detail: str) -> None:
        self.state = state
        self._effects.show(state, turn, detail)
