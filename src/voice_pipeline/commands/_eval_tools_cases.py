"""The cases of `eval_tools`: what is said, and what should happen. Apart, because the file format is for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from voice_pipeline.errors import VoiceError

_FORM = "Write {say: text, tool: name or null, arguments: {}}, or calls: [...], or any_of: [...]."


@dataclass(frozen=True)
class Wanted:
    """One call. Arguments that are not named are free; received: fields of the message, in the robot's units."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    received: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One utterance. Any of `outcomes` is right, each a sequence of calls; an empty one: the robot only talks."""

    say: str
    outcomes: tuple[tuple[Wanted, ...], ...]
    kind: str = ""
    language: str = "en"

    @property
    def may_do_nothing(self) -> bool:
        """True when only talking is right."""
        return () in self.outcomes


def read_cases(path: Path) -> list[Case]:
    """Cases of a YAML (a list, or `cases:`) or JSON Lines file; the form is in test/data/tool_cases_report.yaml.

    Raises:
        VoiceError: not readable, or an entry is none; names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".jsonl", ".ndjson"):
            data: Any = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            data = yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise VoiceError(f"{path} cannot be read: {error}.", "Give YAML or JSON Lines.") from error
    entries = data.get("cases") if isinstance(data, Mapping) else data
    if not isinstance(entries, list) or not entries:
        raise VoiceError(f"{path} holds no cases.", "Give a list of {say: ..., tool: name or null, arguments: {...}}.")
    cases = []
    for index, entry in enumerate(entries):
        try:
            cases.append(_case(entry))
        except (KeyError, TypeError, ValueError) as error:
            raise VoiceError(f"{path}: case {index + 1} is {entry!r} ({error}).", _FORM) from error
    return cases


def _case(entry: Any) -> Case:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("say"), str):
        raise TypeError("no `say`")
    given = [k for k in ("tool", "calls", "any_of") if k in entry]
    if len(given) != 1:
        raise ValueError("exactly one of tool, calls, any_of is needed")
    if given == ["any_of"]:
        outcomes = tuple(_outcome(o) for o in entry["any_of"])
    elif given == ["calls"]:
        outcomes = (_outcome(entry["calls"]),)
    else:
        outcomes = (_outcome(entry if entry["tool"] else None),)
    if not outcomes:
        raise ValueError("any_of is empty")
    return Case(entry["say"], outcomes, str(entry.get("kind", "")), str(entry.get("language", "en")))


def _outcome(value: Any) -> tuple[Wanted, ...]:
    if value is None:
        return ()
    calls = [value] if isinstance(value, Mapping) else list(value)
    return tuple(Wanted(str(c["tool"]), dict(c.get("arguments") or {}), dict(c.get("received") or {})) for c in calls)
