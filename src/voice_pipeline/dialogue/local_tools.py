"""Tools that need no robot: answered inside this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from voice_pipeline.dialogue.facts import Facts, from_the_other_side
from voice_pipeline.dialogue.tools import Outcome, ValidCall
from voice_pipeline.errors import VoiceError

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPOKEN = 5  # facts; nobody listens to more

# Change or tell what is remembered: gone when there is no memory, and never a model's own idea.
MEMORY_TOOLS = ("remember", "forget", "recall")
# What `kind: local` of tools.yaml may name.
LOCAL_TOOLS = ("get_time", "get_date", "do_nothing", *MEMORY_TOOLS)


class LocalTools:
    """Runs them. The results are whole sentences, or what fits into `say` of tools.yaml.

    Args:
        facts: what is remembered; None: nothing, and the memory tools fail.
        changed: told after a fact was added (its text, "") or removed ("", its text).
    """

    def __init__(
        self, facts: Facts | None = None, changed: Callable[[str, str], None] = lambda new, gone: None
    ) -> None:
        self._facts = facts
        self._changed = changed

    def run(self, call: ValidCall) -> Outcome:
        """Never raises; what a person can mend is in the result of a failed one."""
        try:
            return Outcome("succeeded", self._run(call.tool.name, call.arguments))
        except VoiceError as error:
            return Outcome("failed", str(error))

    def _run(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name == "get_time":
            return _time_of_day()
        if name == "get_date":
            return _date()
        if name == "do_nothing":
            return "nothing was done"
        if self._facts is None:
            raise VoiceError("there is no memory.", "Set `facts_file`.")
        if name == "remember":
            fact = self._facts.remember(str(arguments["fact"]))
            self._changed(fact, "")
            return from_the_other_side(fact)
        if name == "forget":
            return self._forget(self._facts, str(arguments["about"]))
        known = self._facts.all()
        if not known:
            return "Nobody has asked me to remember anything."
        more = f" And {len(known) - _SPOKEN} more." if len(known) > _SPOKEN else ""
        return "I remember: " + "; ".join(map(from_the_other_side, known[-_SPOKEN:])) + "." + more

    def _forget(self, facts: Facts, about: str) -> str:
        gone = facts.forget(about)
        for fact in gone:
            self._changed("", fact)
        return "Okay, I forgot it." if gone else f"I remember nothing about {from_the_other_side(about)}."


def _time_of_day() -> str:
    now = time.localtime()
    return f"{now.tm_hour:02d}:{now.tm_min:02d}"


def _date() -> str:
    now = time.localtime()
    return f"{_WEEKDAYS[now.tm_wday]}, {time.strftime('%B', now)} {now.tm_mday}, {now.tm_year}"
