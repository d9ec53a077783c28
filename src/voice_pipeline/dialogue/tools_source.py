"""A tools.yaml as it stands: its form, where each thing in it is, and whether the ROS names in it are real."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from voice_pipeline.dialogue.interfaces import FieldType, Interfaces, NoSuchField
from voice_pipeline.dialogue.local_tools import LOCAL_TOOLS
from voice_pipeline.dialogue.tools_arguments import misfit
from voice_pipeline.dialogue.tools_schema import SCHEMA
from voice_pipeline.dialogue.yaml_lines import Lines, did_you_mean
from voice_pipeline.errors import VoiceError

_NAME = re.compile(r"(?:~/|/)?[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*", re.ASCII)  # as ROS has it; substitutions are not needed
_FOLDER = {"action": "action", "service": "srv", "topic": "msg"}
At = tuple[str | int, ...]  # keys and list positions from the top of the file


class ToolSource:
    """One reading of one file. Every method that checks raises a VoiceError which names line and tool."""

    def __init__(self, path: Path, lines: Lines, data: Any, interfaces: Interfaces | None) -> None:
        self._path = path
        self._lines = lines
        self._data = data
        self._interfaces = interfaces

    def _check_form(self) -> None:
        if twice := self._lines.twice():
            line, key = twice
            raise VoiceError(f"{self._path.name}:{line}: the key '{key}' stands twice.", "Remove one of them.")
        errors = list(Draft202012Validator(SCHEMA).iter_errors(self._data))
        if errors:
            error = max(errors, key=lambda e: len(e.absolute_path))
            at: At = tuple(error.absolute_path)
            extra = _unknown(error)
            if extra:
                known = list(cast(dict[str, Any], error.schema)["properties"])
                what = f"there is no key '{extra}'.{did_you_mean(extra, known)} Keys: {', '.join(known)}."
                raise self._mistake((*at, extra), self._where(at), what)
            raise self._mistake(at, self._where(at), f"{error.message}.")

    def _where(self, at: At) -> str:
        if len(at) >= 2 and at[0] == "tools":
            entry = self._data["tools"][at[1]]
            number = f"number {int(at[1]) + 1}"
            name = entry.get("name", number) if isinstance(entry, dict) else number
            rest = ".".join(str(s) for s in at[2:])
            return f"tool '{name}'" + (f", key '{rest}'" if rest else "")
        return "the file"

    def _check_target(self, at: At, entry: dict[str, Any]) -> None:
        name, kind = entry["name"], entry["kind"]
        if kind != "action" and "say_after" in entry:
            raise self._mistake((*at, "say_after"), f"tool '{name}', key 'say_after'", "only an action has an end.")
        if kind == "local":
            if name not in LOCAL_TOOLS:
                what = (
                    f"there is no local tool of that name ({', '.join(LOCAL_TOOLS)}).{did_you_mean(name, LOCAL_TOOLS)}"
                )
                raise self._mistake((*at, "name"), f"tool '{name}', key 'kind'", what)
            if odd := {"confirm", "fixed", "result", "interface", "target"} & set(entry):
                key = min(odd)
                raise self._mistake((*at, key), f"tool '{name}', key '{key}'", "a local tool has none.")
            return
        for key in ("interface", "target"):
            if key not in entry:
                raise self._mistake(at, f"tool '{name}', key '{key}'", f"kind {kind} needs it.")
        if not _NAME.fullmatch(entry["target"]) or "__" in entry["target"]:
            what = f"'{entry['target']}' is no ROS name: words of letters, digits and single _, with / between them."
            raise self._mistake((*at, "target"), f"tool '{name}', key 'target'", what)
        where = (*at, "interface"), f"tool '{name}', key 'interface'"
        if entry["interface"].split("/")[1] != _FOLDER[kind]:
            raise self._mistake(*where, f"kind {kind} needs package/{_FOLDER[kind]}/Type.")
        if kind == "topic" and "result" in entry:
            raise self._mistake((*at, "result"), f"tool '{name}', key 'result'", "a topic has no result.")
        if self._interfaces is not None:
            try:
                self._interfaces.check(entry["interface"])
            except VoiceError as error:
                raise self._mistake(*where, error.what, error.cure) from error

    def _field(self, at: At, entry: dict[str, Any], name: str, of_answer: bool = False) -> FieldType | None:
        if self._interfaces is None:
            return None
        try:
            return self._interfaces.field(entry["interface"], name, of_answer)
        except NoSuchField as error:
            options = ", ".join(error.options) or "none here"
            what = f"{entry['interface']} has no field '{name}'.{did_you_mean(name, error.options)} Fields: {options}."
            raise self._mistake(at, f"tool '{entry['name']}'", what) from error

    def _check_value(self, at: At, entry: dict[str, Any], name: str, value: Any) -> None:
        kind = self._field(at, entry, name) if entry["kind"] != "local" else None
        if kind is not None and (why := misfit(value, kind)):
            raise self._mistake(at, f"tool '{entry['name']}', field '{name}'", f"{why}.")

    def _mistake(self, at: Sequence[str | int], where: str, what: str, cure: str = "") -> VoiceError:
        line = self._lines.of(at)
        return VoiceError(
            f"{self._path.name}:{line}: {where}: {what}",
            cure or f"Correct {self._path}; docs/tools.md explains the keys.",
        )


def _unknown(error: ValidationError) -> str:
    """The first unknown key, when that is the mistake."""
    if error.validator != "additionalProperties" or error.validator_value is not False:
        return ""
    properties = cast(dict[str, Any], error.schema)["properties"]
    return next((k for k in cast(dict[str, Any], error.instance) if k not in properties), "")
