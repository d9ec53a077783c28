"""Tools that need no robot: answered inside this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from voice_pipeline.dialogue.facts import Facts, from_the_other_side
from voice_pipeline.dialogue.local_words import WORDS, LocalWords
from voice_pipeline.dialogue.tools import Outcome, ValidCall
from voice_pipeline.errors import VoiceError

_SPOKEN = 5  # facts; nobody listens to more

# Change or tell what is remembered: gone when there is no memory, and never a model's own idea.
MEMORY_TOOLS = ("remember", "forget", "recall")
# What `kind: local` of tools.yaml may name.
LOCAL_TOOLS = ("get_time", "get_date", "do_nothing", "stop", *MEMORY_TOOLS)


class LocalTools:
    """Runs them. The results are whole sentences, or what fits into `say` of tools.yaml and of the phrase files.

    Args:
        facts: what is remembered; None: nothing, and the memory tools fail.
        changed: told after a fact was added (its text, "") or removed ("", its text).
        now: local time.

    Attributes:
        language: ISO 639-1 of the next results; English where there are no words for it.
    """

    def __init__(
        self,
        facts: Facts | None = None,
        changed: Callable[[str, str], None] = lambda new, gone: None,
        now: Callable[[], time.struct_time] = time.localtime,
    ) -> None:
        self._facts = facts
        self._changed = changed
        self._now = now
        self.language = "en"

    def run(self, call: ValidCall) -> Outcome:
        """Never raises; what a person can mend is in the result of a failed one."""
        try:
            return Outcome("succeeded", self._run(call.tool.name, call.arguments))
        except VoiceError as error:
            return Outcome("failed", str(error))

    def _run(self, name: str, arguments: Mapping[str, Any]) -> str:
        words = WORDS.get(self.language, WORDS["en"])
        if name == "get_time":
            return f"{self._now().tm_hour:02d}:{self._now().tm_min:02d}"
        if name == "get_date":
            return words.date_of(self._now())
        if name in ("do_nothing", "stop"):  # what there is to stop, the dispatcher ends
            return "nothing was done" if name == "do_nothing" else "stopped"
        if self._facts is None:
            raise VoiceError("there is no memory.", "Set `facts_file`.")
        if name == "remember":
            fact = self._facts.remember(str(arguments["fact"]))
            self._changed(fact, "")
            return self._to_the_person(fact)
        if name == "forget":
            return self._forget(self._facts, str(arguments["about"]), words)
        known = self._facts.all()
        if not known:
            return words.nothing
        told = "; ".join(map(self._to_the_person, known[-_SPOKEN:]))
        more = words.more.format(count=len(known) - _SPOKEN) if len(known) > _SPOKEN else ""
        return words.remembers.format(facts=told) + more

    def _forget(self, facts: Facts, about: str, words: LocalWords) -> str:
        gone = facts.forget(about)
        for fact in gone:
            self._changed("", fact)
        return words.forgotten if gone else words.unknown.format(about=self._to_the_person(about))

    def _to_the_person(self, fact: str) -> str:
        """Other languages quote what was said, so it stays as it was."""
        return from_the_other_side(fact) if self.language not in WORDS or self.language == "en" else fact
