"""Who speaks when: the state of the conversation. Events in, effects out; no thread, no ROS, a clock given to it.

    LISTENING -- pause --> PAUSE (an answer is begun) -- goes on --> LISTENING (it is dropped)
    PAUSE -- end --> COMMITTED -- the words --> THINKING --> SPEAKING --> LISTENING
    SPEAKING -- speech --> held -- words --> INTERRUPTED --> the next turn; a cough --> SPEAKING

Every run of the model has a generation; what comes back with an old one is dropped. Before commitment nothing that the
person, the robot or the memory could notice happens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from voice_pipeline.turn.answering import Answering
from voice_pipeline.turn.barge_in import BargeIn
from voice_pipeline.turn.drafts import Drafts
from voice_pipeline.turn.effects import Effects
from voice_pipeline.turn.state import Clause, State, Turn, TurnSettings
from voice_pipeline.turn.words import is_command_to_stop, real_words, wants_the_turn, words_of

# vad ends an utterance after 600 s at the latest: whoever speaks for longer has no detector any more.
_LONGEST_S = 660.0


class TurnEngine(Answering):
    """See the module. Call every method from one thread.

    Args:
        clock: monotonic seconds. wall: ns since the epoch, for the marks.
    """

    def __init__(
        self, effects: Effects, settings: TurnSettings, clock: Callable[[], float], wall: Callable[[], int]
    ) -> None:
        super().__init__(effects, settings, clock, wall)
        self._drafts = Drafts(effects, wall)
        self._barge_in = BargeIn(effects, settings.verdict_s, clock)
        self._persons: dict[str, float | None] = {}  # utterance under way -> until when its words are awaited
        self._began: dict[str, float] = {}  # when each of them began
        self._pauses: dict[str, int] = {}  # wall ns of its last pause
        self._unheard: Turn | None = None  # given up before anybody heard of its answer: its question goes on

    # -- the person's voice
    def person_began(self, utterance_id: str) -> None:
        """Somebody speaks: an answer that has not begun waits for the words, one that is heard is held."""
        for other, until in self._persons.items():
            if until is None:  # its end was lost: there is one microphone, and a detector that was killed tells nothing
                self._persons[other] = self._clock() + self._settings.hold_s
        self._persons[utterance_id] = None
        self._began[utterance_id] = self._clock()
        if self._settings.barge_in and self._being_said():
            self._barge_in.hold(utterance_id)

    def person_paused(self, utterance_id: str) -> None:
        """A short silence."""
        self._pauses[utterance_id] = self._wall()
        if self._idle():
            self._show(State.PAUSE, None, "a pause; it may be the end")

    def person_resumed(self, utterance_id: str) -> None:
        """The utterance goes on: what was begun on its pause is stale."""
        self._pauses.pop(utterance_id, None)
        draft = self._drafts.draft
        if draft is not None and draft.utterance_id == utterance_id:
            self._drafts.drop()
        if self.state == State.PAUSE:
            self._show(State.LISTENING, None, "the person goes on")

    def person_ended(self, utterance_id: str, nothing_said: bool) -> None:
        """The utterance is over; its words follow within hold_s, or there were none."""
        if nothing_said:
            self._nothing_said(utterance_id)
        elif utterance_id in self._persons:
            self._persons[utterance_id] = self._clock() + self._settings.hold_s
            if self._idle():
                self._show(State.COMMITTED, None, "the person has finished")

    # -- the person's words
    def overheard(self, utterance_id: str, text: str, confidence: float) -> None:
        """Provisional words while somebody speaks: enough of them end the answer."""
        s = self._settings
        if utterance_id not in self._persons or not s.barge_in or not self._being_said():
            return
        if wants_the_turn(text, confidence, s.barge_in_words, s.barge_in_confidence):
            self._give_the_floor(utterance_id, text)

    def guess(self, utterance_id: str, text: str, confidence: float, marks: dict[str, int]) -> None:
        """The words as they are at a pause; they are final unless the person goes on. Empty: there were none."""
        if utterance_id not in self._persons:
            return
        if not words_of(text):
            self._barge_in.no_words(utterance_id)
            return
        if self._being_said() and self._settings.barge_in:
            if not real_words(text) and not is_command_to_stop(text):
                self._barge_in.no_words(utterance_id)
                return
            if not wants_the_turn(text, confidence, 1, self._settings.barge_in_confidence):
                return
            self._give_the_floor(utterance_id, text)
        if not self._settings.speculate or self.turn is not None:
            return
        draft = self._drafts.draft
        if draft is not None and draft.utterance_id == utterance_id and draft.words == text:
            return
        marks = {**marks, "pause": self._pauses.get(utterance_id, 0)}
        self._drafts.put(Turn(text, utterance_id, True, words=text, marks=marks))
        if self._leaving is None:
            self._next_turn()

    def question(
        self,
        text: str,
        utterance_id: str = "",
        *,
        speak: bool = True,
        ticket: Any = None,
        marks: dict[str, int] | None = None,
    ) -> str:
        """A final transcript or a typed question. Returns the id of the turn that answers it, empty for none."""
        text = " ".join(text.split())
        listening = utterance_id and self._being_said() and not real_words(text) and not is_command_to_stop(text)
        if not text or listening:
            self._nothing_said(utterance_id)
            return ""
        self._persons.pop(utterance_id, None)
        marks = {**(marks or {}), "pause": self._pauses.pop(utterance_id, 0), "commit": self._wall()}
        if not self._idle():
            self._drafts.drop()
        draft = self._drafts.take(utterance_id, text)
        if draft is not None:
            self._commit(draft, marks)
            return draft.turn_id
        new = Turn(text, utterance_id, speak, words=text, marks=marks, committed=True, committed_at=self._clock())
        if ticket is not None:
            new.tickets.append(ticket)
        old = self.turn
        if old is not None and old.may_be_joined and not is_command_to_stop(text):
            self._join(old, new)
            self._began.pop(utterance_id, None)
            return old.turn_id
        if old is not None:
            self._give_the_floor(utterance_id, text)
        self._began.pop(utterance_id, None)
        self.turn = new
        if self._leaving is None:
            self._next_turn()
        return new.turn_id

    def cancel(self, ticket: Any) -> bool:
        """The client of a typed question gave up; False when its turn is over already."""
        turn = self.turn
        if turn is None or ticket not in turn.tickets:
            return False
        self._interrupt(turn)
        self.turn = None
        self._show(State.LISTENING, turn, "cancelled by the client")
        return True

    def announce(self, text: str) -> bool:
        """Say something nobody asked for (a movement failed late), after an answer but never into a question.

        Returns: whether it will be said; otherwise somebody speaks or is being answered.
        """
        if self._leaving is not None or self._persons:
            return False
        if self.turn is None:
            marks = {"commit": self._wall()}
            self.turn = Turn("", "", True, model_done=True, marks=marks, committed=True, committed_at=self._clock())
        if not self.turn.model_done:
            return False
        self.turn.clauses.append(Clause(text, stock=True))
        self._speak_waiting()
        return True

    def stop(self) -> None:
        """Give up whatever goes on (the node is going down)."""
        self._drafts.drop()
        if self.turn is not None:
            self._interrupt(self.turn)
        if self._leaving is not None:
            self._settle(begin=False)
        self.turn = None
        self._barge_in.release()
        self._unheard = None
        for memory in (self._persons, self._began, self._pauses):
            memory.clear()
        self._show(State.LISTENING, None, "stopped")

    def tick(self) -> None:
        """Look at the clock; call it some twenty times a second."""
        now = self._clock()
        if self._leaving is not None and now >= self._leaving[1]:
            self._settle()
        ends = {k: until or self._began.get(k, 0.0) + _LONGEST_S for k, until in self._persons.items()}
        for utterance_id in [k for k, end in ends.items() if now >= end]:
            self._nothing_said(utterance_id)
        self._barge_in.tick()
        self._look_at_answer(now)

    @property
    def only_listening(self) -> bool:
        """Nothing is answered or prepared; somebody may be speaking."""
        return self._idle() and self._drafts.draft is None

    @property
    def idle(self) -> bool:
        """Nobody speaks, nothing is answered or prepared."""
        return self.only_listening and not self._persons

    # -- inside
    def _current(self, generation: int) -> Turn | None:
        draft = self._drafts.draft
        if draft is not None and generation and draft.generation == generation:
            return draft
        return super()._current(generation)

    def _idle(self) -> bool:
        return self.turn is None and self._leaving is None

    def _being_said(self) -> bool:
        """The answer has begun and is not over; between two clauses, too."""
        turn = self.turn
        return turn is not None and self._leaving is None and turn.speak and turn.begun

    def _nobody_speaks(self) -> bool:
        return not self._persons

    def _nothing_said(self, utterance_id: str) -> None:
        """An utterance turned out to hold no words, or only a listener's."""
        for memory in (self._persons, self._began, self._pauses):
            memory.pop(utterance_id, None)
        self._barge_in.no_words(utterance_id)
        draft = self._drafts.draft
        if draft is not None and draft.utterance_id == utterance_id:
            self._drafts.drop()
        if self._nobody_speaks():
            self._speak_waiting()
        if not self._idle():
            return
        if self._unheard is not None:  # it was given up for nothing
            old = self._unheard
            self.turn = Turn("", old.utterance_id, old.speak, committed=True, committed_at=self._clock())
            self.turn.marks = {**old.marks, "commit": self._wall()}
            self._next_turn()
        elif self.state in (State.PAUSE, State.COMMITTED):
            self._show(State.LISTENING, None, "nothing was said")

    def _give_the_floor(self, utterance_id: str, words: str) -> None:
        """Words came over the answer: it is over. If they came so soon that nobody heard it, they belong to its question."""
        assert self.turn is not None
        turn, self.turn = self.turn, None
        began = self._began.get(utterance_id, self._clock())
        soon = turn.committed_at > 0.0 and began - turn.committed_at <= self._settings.join_s
        turn.joined = soon and bool(turn.question) and not is_command_to_stop(words)
        self._interrupt(turn)

    def _commit(self, draft: Turn, marks: dict[str, int]) -> None:
        draft.marks.update({k: v for k, v in marks.items() if v})
        draft.committed = draft.speculative = True
        draft.committed_at = self._clock()
        self.turn = draft
        self._unheard = None
        self._began.pop(draft.utterance_id, None)
        self._drafts.account(draft)
        if not draft.model_done and "llm_first_token" not in draft.marks:
            self._expect_first_word(draft)
        self._show(State.THINKING, draft, "its answer was begun at the pause")
        self._effects.commit(draft)
        self._speak_waiting()
        self._finish_if_done()

    def _join(self, turn: Turn, new: Turn) -> None:
        turn.question = f"{turn.question} {new.question}"
        turn.utterance_id = new.utterance_id or turn.utterance_id
        turn.tickets += new.tickets
        turn.speak = turn.speak or new.speak
        turn.marks = new.marks
        turn.clauses = [c for c in turn.clauses if c.sent]
        if self._leaving is None:
            self._effects.cancel_model()
            self._drafts.account(turn)
            self._begin("more was said before the answer began")

    def _next_turn(self) -> None:
        turn, draft = self.turn, self._drafts.draft
        before = f"{self._unheard.question} " if self._unheard is not None else ""
        if turn is not None and turn.generation == 0:
            turn.question = f"{before}{turn.question}".strip()
            self._unheard = None
            self._drafts.account(turn)
            self._begin("a new question")
        elif turn is None and draft is not None and draft.generation == 0:
            draft.question = before + draft.question
            self._drafts.began(self._new_generation())
            self._show(State.PAUSE, draft, "an answer is begun; nobody hears it yet")

    def _turn_over(self, turn: Turn) -> None:
        self._barge_in.release()
        turn.joined = turn.joined and turn.interrupted and turn.all_said and turn.had_no_effect
        if turn.joined:
            self._unheard = turn
