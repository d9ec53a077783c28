"""The one call that waits for a person's yes. Only a plain yes in the next utterance makes it; anything else drops it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import ValidCall

# Whole utterances, also several in a row ("yes, please do it"). Few and certain: "hm" or "maybe" moves nothing.
YES = {
    "en": "yes|yeah|yep|yup|sure|of course|please|please do|do it|do that|go ahead|okay|ok|correct|i am sure|"
    "i'm sure|yes i am|yes you should|yes you may",
    "de": "ja|jawohl|ja bitte|bitte|mach das|mach es|mach|tu das|tu es|sicher|klar|natürlich|gerne|okay|ok|genau|"
    "ich bin sicher",
    "fr": "oui|ouais|d'accord|vas y|fais le|bien sûr|s'il te plaît|s'il vous plaît|certainement|okay|ok|je suis sûr|"
    "je suis sûre",
    "es": "sí|si|claro|claro que sí|por supuesto|hazlo|adelante|por favor|vale|de acuerdo|okay|ok|estoy seguro|"
    "estoy segura",
    "it": "sì|si|certo|certamente|va bene|d'accordo|fallo|per favore|procedi|vai|okay|ok|sono sicuro|sono sicura",
    "pt": "sim|claro|com certeza|por favor|faz isso|faça isso|pode ser|está bem|tá bem|avança|okay|ok|tenho a certeza",
    "ja": "はい|うん|ええ|お願い|お願いします|おねがいします|どうぞ|いいよ|いいです|やって|やってください|そうです|オーケー",
}
NO = {
    "en": "no|nope|nah|no thanks|no thank you|don't|do not|don't do it|do not do it|better not|rather not|cancel|"
    "never mind|forget it|please don't|thanks|thank you",
    "de": "nein|nee|nö|lieber nicht|lass es|lass das|nicht|bitte nicht|danke|abbrechen|vergiss es|doch nicht",
    "fr": "non|non merci|merci|laisse tomber|annule|ne le fais pas|surtout pas|pas maintenant",
    "es": "no|no gracias|gracias|mejor no|déjalo|cancela|no lo hagas|olvídalo",
    "it": "no|no grazie|grazie|meglio di no|lascia stare|lascia perdere|annulla|non farlo",
    "pt": "não|não obrigado|não obrigada|obrigado|obrigada|melhor não|deixa|cancela|esquece|não faças isso",
    "ja": "いいえ|いや|ううん|やめて|やめてください|だめ|結構です|やらないで|キャンセル",
}
_LATE_S = 30.0  # for so long after its time a plain yes is still taken for one to that question
# Characters: "yes, yes, please do it". A recogniser in a loop writes "no thank you" thirty times, and a pattern that may read
# that in two ways each time ("no", "thank you") would hold the whole process for minutes.
_LONGEST = 80
_MARKS = re.compile(r"[^\w']+")


@dataclass(frozen=True)
class Asked:
    """A call that passed its checks, what else was wanted in the same breath, and until when a yes counts (s)."""

    request: ToolCallRequest
    call: ValidCall
    rest: tuple[str, ...]
    until: float


class Confirmation:
    """Holds at most one call.

    An utterance may be thought about several times before the person has finished (speculation); what it says counts
    once its gate is set, and never before.

    Args:
        clock: s, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        # All languages at once: people answer in theirs, and no language's yes is another's no (a test sees to it).
        self._yes = _whole(YES.values())
        self._no = _whole(NO.values())
        self._clock = clock
        self._asked: Asked | None = None
        self._lapsed_at: float | None = None  # when the last question's time was over, until something else is said
        self._others: list[threading.Event] = []

    def ask(self, request: ToolCallRequest, call: ValidCall, rest: Iterable[str] = ()) -> None:
        """From now on the call waits, instead of any other."""
        self._others, self._lapsed_at = [], None
        self._asked = Asked(request, call, tuple(rest), self._clock() + call.tool.confirm_within_s)

    def waiting(self) -> Asked | None:
        """The call that the next utterance decides about; None when there is none, or its time is over."""
        asked, now = self._asked, self._clock()
        if any(gate.is_set() for gate in self._others):
            self._asked = self._lapsed_at = None
        elif asked is not None and now > asked.until:
            self._asked, self._lapsed_at = None, asked.until
        elif self._lapsed_at is not None and now > self._lapsed_at + _LATE_S:
            self._lapsed_at = None
        return self._asked

    def lapsed(self) -> bool:
        """Nobody answered in time, and nothing else was said since: a yes would be one to that question."""
        return self.waiting() is None and self._lapsed_at is not None

    def read(self, utterance: str) -> Literal["yes", "no", ""]:
        """What an answer says; empty for anything that is not plainly one or the other."""
        text = _MARKS.sub(" ", utterance.lower().replace("’", "'")).strip()
        if len(text) > _LONGEST:
            return ""
        return "yes" if self._yes.fullmatch(text) else "no" if self._no.fullmatch(text) else ""

    def settle(self, gate: threading.Event | None) -> None:
        """An utterance decided: nothing waits any more, as soon as the person has really said it.

        Args:
            gate: of that utterance; None when it is complete.
        """
        if gate is None or gate.is_set():
            self._asked = self._lapsed_at = None
        else:
            self._others.append(gate)


def _whole(tables: Iterable[str]) -> re.Pattern[str]:
    words = sorted({_MARKS.sub(" ", w) for table in tables for w in table.split("|")}, key=len, reverse=True)
    one = "|".join(map(re.escape, words))
    return re.compile(rf"(?:{one})(?: ?\b(?:{one}))*")
