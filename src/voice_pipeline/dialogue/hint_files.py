"""Reads config/phrases/hints: what speaks for a call in a language, with weights. The format is in config/phrases/README.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from voice_pipeline.dialogue.hints import Hint, Hints
from voice_pipeline.dialogue.phrase_schema import HINTS_SCHEMA
from voice_pipeline.dialogue.phrase_source import PhraseSource
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import RefusedCall, Tool, ToolBox
from voice_pipeline.dialogue.wording import Wording
from voice_pipeline.errors import VoiceError

FOLDER = "hints"  # beside the phrase files, a file of the same name each


def load_hints(path: Path, wording: Wording, tools: Mapping[str, Tool], strict: bool = True) -> Hints:
    """Read and check a file.

    Args:
        wording: of the phrase file, whose sets may be used.
        strict: False leaves out hints for what the tool file does not have.

    Raises:
        VoiceError: not YAML, a key is wrong, or it does not fit the tools; names file and line.
    """
    source = PhraseSource(path, HINTS_SCHEMA)
    sets = dict(wording.dialect.sets)
    for name, cues in source.data["sets"].items():
        dialect = replace(wording.dialect, sets=sets)
        try:
            dialect.pattern("|".join(cues))
        except VoiceError as error:
            raise source.mistake(("sets", name), error.what) from error
        sets[name] = "|".join(cues)
    wording = dataclasses.replace(wording, dialect=replace(wording.dialect, sets=sets))
    against = source.data.get("against", {})
    for name in against:
        source.known(name, sets, "set", ("against", name))
    box = ToolBox(tools)
    hints = []
    for number, entry in enumerate(source.data["hints"]):
        try:
            hints.append(_hint(source, entry, box, sets, ("hints", number)))
        except VoiceError:
            if strict:
                raise
    return Hints(hints, against, wording, source.data.get("small", ()), source.data.get("talk", ()))


def _hint(
    source: PhraseSource, entry: dict[str, Any], box: ToolBox, sets: Mapping[str, str], where: tuple[str | int, ...]
) -> Hint:
    source.known(entry["tool"], box.tools, "tool", where)
    for name in entry["evidence"]:
        source.known(name, sets, "set", (*where, "evidence", name))
    must = entry.get("must", ())
    for number, name in enumerate(must):
        source.known(name, sets, "set", (*where, "must", number))
    try:
        box.validate(ToolCallRequest(entry["tool"], entry.get("arguments", {})), by_model=False)
    except RefusedCall as error:
        raise source.mistake(where, str(error)) from error
    alone = entry.get("alone", ())
    for number, name in enumerate(alone):
        source.known(name, sets, "set", (*where, "alone", number))
    moves = box.tools[entry["tool"]].moves
    return Hint(entry["tool"], entry.get("arguments", {}), entry["evidence"], must, alone, moves)
