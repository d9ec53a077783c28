"""Reads config/phrases: what people say to the robot in other languages than the tool file's, and what it answers.

Every key is checked against the tool file at start; mistakes are named with file and line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_pipeline.dialogue.asides import Asides, AsideWords
from voice_pipeline.dialogue.guards import forbids, negated
from voice_pipeline.dialogue.hint_files import FOLDER, load_hints
from voice_pipeline.dialogue.hints import Hints
from voice_pipeline.dialogue.other_guard import OtherGuard
from voice_pipeline.dialogue.phrase_schema import SCHEMA
from voice_pipeline.dialogue.phrase_source import PhraseSource
from voice_pipeline.dialogue.phrases import PhraseBook, slots_of, value_words
from voice_pipeline.dialogue.protocol import ToolCallRequest
from voice_pipeline.dialogue.tools import RefusedCall, Tool, ToolBox
from voice_pipeline.dialogue.tools_file import ToolFile
from voice_pipeline.dialogue.vocabulary import Vocabulary
from voice_pipeline.dialogue.wording import ENGLISH_JOINTS, Polite, Wording, dialect_of, english_wording, other_wording
from voice_pipeline.errors import VoiceError
from voice_pipeline.resources import resource

SHIPPED = "config/phrases"


@dataclass(frozen=True)
class PhraseFile:
    """One language: the tools in its words (those of the file, and the rest as they were), its phrases, its guard."""

    language: str
    tools: dict[str, Tool]
    named: frozenset[str]
    phrases: PhraseBook
    guard: OtherGuard | None
    asides: Asides
    vocabulary: Vocabulary | None
    hints: Hints | None = None


def load_folder(folder: Path, file: ToolFile, strict: bool = True) -> dict[str, PhraseFile]:
    """All files of a folder by language.

    Args:
        strict: False leaves out what does not fit the tool file: shipped phrases with tools of the user's own.

    Raises:
        VoiceError: a file is wrong, see load_phrases, or two are for the same language.
    """
    found: dict[str, PhraseFile] = {}
    names: dict[str, str] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        phrases = load_phrases(path, file, strict)
        if phrases.language in found:
            what = f"{names[phrases.language]} and {path.name} are both for language '{phrases.language}'."
            raise VoiceError(what, f"Keep one of them in {folder}.")
        found[phrases.language], names[phrases.language] = phrases, path.name
    return found


def load_shipped(folder: str, tools_file: str, file: ToolFile) -> dict[str, PhraseFile]:
    """The files of a folder as the node's parameters name it; see load_folder.

    Raises:
        VoiceError: see load_folder, or there is no such folder.
    """
    ours = resource(SHIPPED)
    path = resource(folder) if folder else None
    strict = path != ours or resource(tools_file) == resource("config/tools.yaml")
    return load_folder(path, file, strict) if path else {}


def load_phrases(path: Path, file: ToolFile, strict: bool = True) -> PhraseFile:
    """Read and check a file.

    Raises:
        VoiceError: not YAML, a key is wrong, or it does not fit the tool file; names file and line.
    """
    source = PhraseSource(path, SCHEMA)
    data, language = source.data, source.data["language"]
    tools = dict(file.tools)
    try:
        wording = _wording(data)
    except VoiceError as error:
        raise source.mistake((), str(error)) from error
    for name, entry in data["tools"].items():
        try:
            source.known(name, file.tools, "tool", ("tools", name))
            tools[name] = _reworded(source, file.tools[name], entry, wording, adds=language == file.language)
        except VoiceError:
            if strict:
                raise
    tools = _asking(tools, file, data.get("confirm", ""))
    guard = _guard(data, wording) if language != "en" else None
    named = frozenset(data["tools"]) & frozenset(file.tools)
    if language == file.language:
        book = PhraseBook(tools, wording)
    else:
        book = PhraseBook({n: dataclasses.replace(tools[n], examples=()) for n in tools if n in named}, wording)
    words = AsideWords(**{k: tuple(v) for k, v in data.get("asides", {}).items()})
    more = ENGLISH_JOINTS if language == "en" else data.get("joints", ())
    words = dataclasses.replace(words, joints=(*words.joints, *more))
    asides = Asides(
        words,
        wording,
        book.match,
        book.loose,
        guard.negated if guard else negated,
        lambda text: (guard.forbids(text) if guard else forbids(text)) == "question",
    )
    known = [data.get(key) for key in ("polite", "fillers", "sets", "joints", "numbers")]
    vocabulary = Vocabulary(wording, [known, *map(_said, tools.values())]) if wording.spaces else None
    beside = path.parent / FOLDER / path.name
    hints = load_hints(beside, wording, tools, strict) if beside.exists() else None
    return PhraseFile(language, tools, named, book, guard, asides, vocabulary, hints)


def _said(tool: Tool) -> list[Any]:
    return [tool.phrases, tool.examples, tool.words, tool.needs, list(tool.parameters["properties"])]


def _asking(tools: dict[str, Tool], file: ToolFile, question: str) -> dict[str, Tool]:
    """The tools that ask first and have no question of their own in this file ask that of the file."""
    unsaid = {n for n, t in tools.items() if question and t.confirm and t.confirm == file.tools[n].confirm}
    return {n: dataclasses.replace(t, confirm=question) if n in unsaid else t for n, t in tools.items()}


def _wording(data: dict[str, Any]) -> Wording:
    polite, fillers = data.get("polite", {}), data.get("fillers", [])
    dialect = dialect_of(data["language"], data.get("sets", {}), data["negations"], data.get("spaces", True))
    around = Polite(
        before=(*polite.get("before", ()), *polite.get("asks", ()), *fillers),
        after=(*polite.get("after", ()), *polite.get("asks", ()), *fillers),
        inside=(*polite.get("inside", ()), *fillers),
        joints=tuple(data.get("joints", ())),
    )
    if data["language"] == "en":
        return english_wording(around, dialect)
    return other_wording(around, dialect, data.get("numbers", {}))


def _guard(data: dict[str, Any], wording: Wording) -> OtherGuard:
    return OtherGuard(
        wording,
        data.get("polite", {}).get("asks", ()),
        data["negations"],
        data.get("questions", ()),
        data.get("stories", ()),
        data.get("asides", {}).get("reports", ()),
    )


def _reworded(source: PhraseSource, tool: Tool, entry: dict[str, Any], wording: Wording, adds: bool) -> Tool:
    """adds: the file is in the language of the tool file, and adds to what stands there."""
    where = ("tools", tool.name)
    arguments = tool.parameters["properties"]
    for key in ("words", "spoken"):
        for argument, values in entry.get(key, {}).items():
            source.known(argument, arguments, "argument", (*where, key, argument))
            for value in values:
                enum = arguments[argument].get("enum", [])
                source.known(value, enum, f"value of '{argument}'", (*where, key, argument, value))
    phrases = [(p, {}) if isinstance(p, str) else (p["say"], p.get("arguments", {})) for p in entry.get("phrases", [])]
    words = {k: {v: tuple(w) for v, w in values.items()} for k, values in entry.get("words", {}).items()}
    if adds:
        phrases = [*tool.phrases, *phrases]
        words = {k: _joined(tool.words.get(k, {}), words.get(k, {})) for k in {**tool.words, **words}}
    if "confirm" in entry and not tool.confirm:
        raise source.mistake((*where, "confirm"), "the tool file does not have it ask")
    reworded = dataclasses.replace(
        tool,
        confirm=entry.get("confirm", tool.confirm),
        say=entry.get("say", tool.say),
        spoken=entry.get("spoken", {} if "say" in entry else tool.spoken),
        words=words,
        phrases=tuple(phrases),
        needs=(*(tool.needs if adds else ()), *entry["needs"]) if "needs" in entry else tool.needs,
        unless=(*(tool.unless if adds else ()), *entry.get("unless", ())) if adds or "needs" in entry else tool.unless,
    )
    first = len(phrases) - len(entry.get("phrases", []))
    box = ToolBox({tool.name: reworded})
    for number, (phrase, given) in enumerate(phrases[first:]):
        _check(source, box, reworded, phrase, given, wording, (*where, "phrases", number))
    for slot in slots_of(reworded.confirm):
        source.known(slot, arguments, "argument", (*where, "confirm"))
    return reworded


def _joined(words: Mapping[str, tuple[str, ...]], more: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {v: (*words.get(v, ()), *more.get(v, ())) for v in {**words, **more}}


def _check(
    source: PhraseSource,
    box: ToolBox,
    tool: Tool,
    phrase: str,
    given: dict[str, Any],
    wording: Wording,
    where: tuple[str | int, ...],
) -> None:
    arguments = tool.parameters["properties"]
    for argument in given:
        source.known(argument, arguments, "argument", where)
    try:
        wording.dialect.pattern(phrase, lambda _: "x")
    except VoiceError as error:
        raise source.mistake(where, error.what) from error
    samples: dict[str, Any] = dict(given)
    for slot in slots_of(phrase):
        source.known(slot, arguments, "argument", where)
        enum = arguments[slot].get("enum")
        if enum and not value_words(tool, slot, wording):
            raise source.mistake(where, f"phrase '{phrase}' needs words for the values of '{slot}'")
        text = arguments[slot]["type"] == "string"
        samples[slot] = enum[0] if enum else "x" if text else arguments[slot].get("minimum", 1)
    try:
        call = box.validate(ToolCallRequest(tool.name, samples), by_model=False)
        tool.confirmation(call.arguments)
    except RefusedCall as error:
        raise source.mistake(where, str(error)) from error
    except (KeyError, IndexError, ValueError) as error:
        raise source.mistake((*where[:2], "say"), f"it names {error}, which is no argument") from error
