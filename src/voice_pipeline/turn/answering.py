"""The answer of one turn: from the model's clauses to what was heard of them, with failures, interruption and the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.turn.effects import Effects
from voice_pipeline.turn.state import Clause, NoFirstWord, State, Turn, TurnSettings

# Clauses given to the voice ahead of what is heard: enough to synthesise while another plays, few enough to take back.
_AHEAD = 6
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 8.0  # between attempts when the model fails


class Answering:
    """Carries self.turn from its commitment to its end; what the person does is engine.py's."""

    def __init__(
        self, effects: Effects, settings: TurnSettings, clock: Callable[[], float], wall: Callable[[], int]
    ) -> None:
        self._effects = effects
        self._settings = settings
        self._clock = clock
        self._wall = wall
        self._generation = 0
        self._leaving: tuple[Turn, float] | None = None  # interrupted, until we know what was heard; deadline
        self.turn: Turn | None = None
        self.state = State.LISTENING

    # -- the model's events, for a committed turn or a draft
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
            if turn.committed:
                self._speak_waiting()
            elif turn.speak:
                self._effects.prepare(turn, len(turn.clauses) - 1)

    def tool(self, generation: int, name: str, message: Any) -> None:
        """A call went to the robot; message: it, for the history."""
        if turn := self._current(generation):
            turn.tools.append(name)
            turn.messages.append(message)

    def answered(self, generation: int, messages: Sequence[Any], usage: Any = None) -> None:
        """The model is done; messages: tool calls and results; usage: tokens it read, took from its cache, wrote."""
        if turn := self._current(generation):
            turn.model_done = True
            turn.deadline = 0.0
            turn.marks.setdefault("llm_done", self._wall())
            turn.messages = list(messages)
            turn.usage = usage
            turn.error = None
            self._speak_waiting()
            self._finish_if_done()

    def failed(self, generation: int, error: VoiceError) -> None:
        """The model could not answer. Says so once, then tries again until the window closes: no question is lost."""
        turn = self._current(generation)
        if turn is None:
            return
        turn.error = error
        if not turn.committed:
            return  # the question is asked afresh when it is certain
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
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (turn.failures - 1))
        if now + pause > turn.give_up_at:
            self._give_up(turn)
            return
        turn.retry_at = now + pause
        self._show(State.THINKING, turn, f"the language model failed; trying again in {pause:g} s")

    # -- the voice's events
    def said(self, turn_id: str, index: int, heard: str) -> None:
        """A clause was spoken to its end, or cancelled; `heard` is what the person heard of it."""
        for turn in (self.turn, self._leaving[0] if self._leaving else None):
            if turn is not None and turn.turn_id == turn_id and index < len(turn.clauses):
                turn.clauses[index].done = True
                turn.clauses[index].heard = heard
        if self._leaving is not None and self._leaving[0].all_said:
            self._settle()
        self._speak_waiting()
        self._finish_if_done()

    # -- for engine.py
    def _current(self, generation: int) -> Turn | None:
        turn = self.turn
        return turn if turn is not None and turn.generation == generation and self._leaving is None else None

    def _nobody_speaks(self) -> bool:
        return True

    def _next_turn(self) -> None:
        """An interrupted turn is settled: what waits may begin."""

    def _turn_over(self, turn: Turn) -> None:
        """A turn ended in any way, before its trace is published."""

    def _look_at_answer(self, now: float) -> None:
        """Deadlines of the turn under way."""
        turn = self.turn
        if turn is None or self._leaving is not None:
            return
        s = self._settings
        if turn.deadline and now >= turn.deadline:
            self._effects.cancel_model()
            cure = "Choose a smaller model, or raise first_token_timeout_s."
            self.failed(turn.generation, NoFirstWord(f"no word within {s.first_token_s:g} s.", cure))
        elif turn.retry_at and now >= turn.retry_at:
            turn.retry_at = 0.0
            self._ask(turn)
        elif self._is_slow(turn, now):
            turn.acknowledged = True
            turn.clauses.append(Clause(s.acknowledgements[self._generation % len(s.acknowledgements)], stock=True))
            self._speak_waiting()

    def _is_slow(self, turn: Turn, now: float) -> bool:
        s = self._settings
        waited = s.acknowledge_after_s > 0.0 and now - turn.committed_at >= s.acknowledge_after_s
        return waited and bool(s.acknowledgements and turn.speak) and not turn.acknowledged and not turn.clauses

    def _new_generation(self) -> int:
        self._generation += 1
        return self._generation

    def _begin(self, why: str) -> None:
        assert self.turn is not None
        self._show(State.THINKING, self.turn, why)
        self._ask(self.turn)

    def _ask(self, turn: Turn) -> None:
        turn.generation = self._new_generation()
        turn.retry_at = 0.0
        self._expect_first_word(turn)
        self._effects.start_model(turn)

    def _expect_first_word(self, turn: Turn) -> None:
        # The engine has the same limit and knows more; this one is for an engine that hangs.
        turn.deadline = self._clock() + self._settings.first_token_s + 1.0

    def _interrupt(self, turn: Turn) -> None:
        turn.interrupted = True
        if self._leaving is not None:  # it has not begun: nothing to give up, but somebody may wait for its end
            self._close(turn)
            return
        self._effects.cancel_model()
        self._effects.cancel_say(turn)
        self._effects.cancel_tools(turn)
        self._show(State.INTERRUPTED, turn, "given up")
        self._leaving = (turn, self._clock() + self._settings.settle_s)
        if turn.all_said:
            self._settle(begin=False)

    def _settle(self, begin: bool = True) -> None:
        """What was heard of the interrupted turn is known (or late): write it down, go on with the next."""
        assert self._leaving is not None
        turn, _ = self._leaving
        self._leaving = None
        self._close(turn)
        if begin:
            self._next_turn()

    def _speak_waiting(self) -> None:
        """Send the clauses that wait, unless the person is speaking and the answer has not begun."""
        turn = self.turn
        if turn is None or self._leaving is not None or not turn.committed:
            return
        if turn.speak and not turn.begun and not self._nobody_speaks():
            return
        for index, clause in enumerate(turn.clauses):
            if clause.sent:
                continue
            if sum(c.sent and not c.done for c in turn.clauses) >= _AHEAD:
                return
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
        self._turn_over(turn)
        self._effects.reply(turn, len(turn.clauses), "", True)
        if (
            turn.question
            and not turn.joined
            and turn.error is None
            and (turn.messages or turn.heard or turn.interrupted)
        ):
            self._effects.remember(turn)
        self._effects.closed(turn)

    def _show(self, state: State, turn: Turn | None, detail: str) -> None:
        self.state = state
        self._effects.show(state, turn, detail)
