"""What a turn is: the states of a conversation, one question with its answer, and what can be set about them."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass, field
from typing import Any

from voice_pipeline.errors import VoiceError


class State(enum.IntEnum):
    """As TurnState.msg numbers them."""

    LISTENING = 0
    THINKING = 1
    SPEAKING = 2
    INTERRUPTED = 3
    PAUSE = 4
    COMMITTED = 5


class NoFirstWord(VoiceError):
    """The model gave no word within its time."""


@dataclass(frozen=True)
class TurnSettings:
    """Times in seconds; the texts are spoken.

    Args:
        first_token_s: for the model's first word.
        retry_window_s: how long a question is asked again when the model fails.
        settle_s: how long an interrupted turn waits to learn what was heard of it.
        hold_s: after the end of an utterance: how long its words may take to come.
        speculate: begin the answer at the pause, before the end is known.
        barge_in: hold the answer when somebody speaks over it, give it up when there are words.
        barge_in_words: real words in a provisional transcript that give the answer up.
        barge_in_confidence: 0..1, credibility below which provisional words do not count.
        verdict_s: how long the answer is held without words before it goes on.
        join_s: words that begin this soon after a question of whose answer nothing was heard yet belong to it.
        acknowledge_after_s: say something when the answer takes longer than this; 0 for never.
        acknowledgements: what, in turn.
        apology, gave_up: at the first failure of the model, and at the last.
    """

    first_token_s: float = 8.0
    retry_window_s: float = 30.0
    settle_s: float = 0.4
    hold_s: float = 3.0
    speculate: bool = True
    barge_in: bool = True
    barge_in_words: int = 2
    barge_in_confidence: float = 0.35
    verdict_s: float = 0.9
    join_s: float = 2.0
    acknowledge_after_s: float = 0.0
    acknowledgements: tuple[str, ...] = ("Let me think.",)
    apology: str = "One moment, I can't think right now."
    gave_up: str = "Sorry, I could not answer that. Please ask me again later."


@dataclass
class Clause:
    """One clause of an answer and what became of it."""

    text: str
    stock: bool = False  # a fixed text, not the model's words
    sent: bool = False
    done: bool = False
    heard: str = ""  # what the person really heard of it


@dataclass(eq=False)
class Turn:
    """One question and its answer. `marks` are wall-clock times in ns by stage; `tickets` belong to typed questions."""

    question: str
    utterance_id: str
    speak: bool
    words: str = ""  # of the last utterance in it; the question holds earlier ones too
    joined: bool = False  # its question went on into the next turn
    turn_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    generation: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    tickets: list[Any] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    hint: str = ""  # told to the model behind the question: the language to answer in
    language: str = ""  # of the question, ISO 639-1; empty when nobody knows
    answer_in: str = ""  # language of what the robot says by itself
    messages: list[Any] = field(default_factory=list)  # of the model: tool calls and their answers
    usage: Any = None  # the model server's own count of tokens
    tools: list[str] = field(default_factory=list)
    committed: bool = False  # the person has finished: what has an effect may happen
    committed_at: float = 0.0
    speculative: bool = False  # begun at the pause, and kept
    guesses: int = 0  # answers begun before the end was known
    wasted_ns: int = 0  # the model's time for those that were dropped
    acknowledged: bool = False
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

    @property
    def heard(self) -> str:
        """What the person heard of the model's own words."""
        return " ".join(c.heard for c in self.clauses if c.heard and not c.stock)

    @property
    def begun(self) -> bool:
        """Something was given to the voice."""
        return any(c.sent for c in self.clauses)

    @property
    def all_said(self) -> bool:
        """Nothing of what was given to the voice is open."""
        return all(c.done for c in self.clauses if c.sent)

    @property
    def may_be_joined(self) -> bool:
        """While nothing was said or done, more words are part of the same question."""
        return not self.tools and not self.model_done and all(c.stock or not c.sent for c in self.clauses)

    @property
    def had_no_effect(self) -> bool:
        """Nobody heard or saw anything of it."""
        return not self.tools and not any(c.heard for c in self.clauses)
