"""Whether the robot is being spoken to: after a wake phrase or a wake word, while a button is held, or always. No ROS."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from voice_pipeline.asr.wake_phrases import Addressed, WakePhrases

# "none" and not "off": YAML reads a bare off as false.
NONE, PHRASE, ENGINE, PUSH_TO_TALK = "none", "phrase", "engine", "push_to_talk"
MODES = (NONE, PHRASE, ENGINE, PUSH_TO_TALK)


@dataclass(frozen=True)
class Heard:
    """What becomes of a transcript.

    Args:
        text: to pass on, without the wake phrase.
        reason: why it is not passed on, for people; empty when it is.
        parameter: of asr, the one to change; empty when it is passed on.
    """

    text: str
    reason: str = ""
    parameter: str = ""


class Attention:
    """Open or closed. What begins while it is open counts to its end, and what is being said when it opens counts too.

    It stays open for `window_s` after each utterance that counted, and for as long as the robot answers, so that people
    talk on without the phrase. Only push_to_talk knows no window: there the button decides. May be called from any thread.

    Args:
        mode: one of MODES.
        phrases: what opens it in mode "phrase"; in "engine" they are only taken away, the engine has heard them.
        window_s: how long it stays open.
        is_stop: whether words order the robot to stop; while it speaks they always count.
        now_s: a steady clock in s.
    """

    def __init__(
        self,
        mode: str,
        phrases: WakePhrases,
        window_s: float,
        is_stop: Callable[[str], bool],
        now_s: Callable[[], float],
    ) -> None:
        self._mode = mode
        self._phrases = phrases
        self._window_s = window_s
        self._is_stop = is_stop
        self._now_s = now_s
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._listening = False  # the button
        self._answering = self._speaking = False
        self._present = ""  # the utterance that began last and is not judged yet
        self._counts: set[str] = set()  # utterances that are part of the conversation
        self.not_addressed = 0

    @property
    def open(self) -> bool:
        """Whether what is said now counts."""
        with self._lock:
            return self._open()

    # -- what opens it
    def listen(self, wanted: bool) -> None:
        """The button (push_to_talk): held or let go."""
        with self._lock:
            self._listening = wanted
            if wanted and self._mode == PUSH_TO_TALK:
                self._take_present()

    def wake_word(self) -> None:
        """An engine heard the wake word (mode "engine")."""
        with self._lock:
            if self._mode == ENGINE:
                self._open_window()
                self._take_present()

    def turn(self, answering: bool, speaking: bool, *, news: bool = True) -> None:
        """What the robot does: it is busy with an answer, and one can hear it. The end of an answer that is no news opens
        nothing."""
        with self._lock:
            if news and self._answering and not answering and self._mode in (PHRASE, ENGINE):
                self._open_window()
            self._answering, self._speaking = answering, speaking

    # -- utterances
    def began(self, utterance_id: str) -> None:
        """Somebody began to speak."""
        with self._lock:
            self._present = utterance_id
            if self._mode != NONE and self._open():  # in that one nobody judges, and so nothing would be forgotten
                self._counts.add(utterance_id)

    def dropped(self, utterance_id: str) -> None:
        """It was no speech after all: no final will come."""
        with self._lock:
            self._forget(utterance_id)

    def judge(self, utterance_id: str, text: str, *, final: bool) -> Heard:
        """What becomes of a transcript. Only a final one opens, prolongs and is counted."""
        with self._lock:
            heard = self._judge(utterance_id, text)
            if not final:
                return heard
            self._forget(utterance_id)
            self.not_addressed += bool(heard.reason)
            if self._mode in (PHRASE, ENGINE) and (not heard.reason or heard.parameter == "wake_phrases"):
                self._open_window()
            return heard

    # -- under the lock
    def _judge(self, utterance_id: str, text: str) -> Heard:
        if self._mode == NONE:
            return Heard(text)
        counts = utterance_id in self._counts
        named = self._named(text) if counts or self._mode == PHRASE else None
        if named is not None and named.rest:
            return Heard(named.rest)
        if named is not None:
            return Heard(text, f"only '{named.phrase}': listening for {self._window_s:g} s", "wake_phrases")
        if counts or (self._speaking and self._is_stop(text)):
            return Heard(text)
        return Heard(text, f"not addressed: {self._how()} first", "wake_word")

    def _named(self, text: str) -> Addressed | None:
        return self._phrases.find(text) if self._mode in (PHRASE, ENGINE) else None

    def _how(self) -> str:
        if self._mode == PUSH_TO_TALK:
            return "set `listen`"
        return "say the wake word" if self._mode == ENGINE else f"say '{self._phrases.first}'"

    def _open(self) -> bool:
        if self._mode == PUSH_TO_TALK:
            return self._listening
        return self._mode == NONE or self._answering or self._now_s() < self._until

    def _open_window(self) -> None:
        self._until = self._now_s() + self._window_s

    def _take_present(self) -> None:
        if self._present:
            self._counts.add(self._present)

    def _forget(self, utterance_id: str) -> None:
        self._counts.discard(utterance_id)
        if self._present == utterance_id:
            self._present = ""
