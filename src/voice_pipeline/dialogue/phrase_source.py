"""A phrase file as it was written: its content, checked by a schema, and the line of each mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from voice_pipeline.dialogue.yaml_lines import SAFE_LOADER, Lines, did_you_mean
from voice_pipeline.errors import VoiceError


class PhraseSource:
    """A file's content, and where in it a thing stands.

    Raises:
        VoiceError: not readable, a key stands there twice, or it does not fit the schema.
    """

    def __init__(self, path: Path, schema: Mapping[str, Any]) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
            self.data: Any = yaml.load(text, Loader=SAFE_LOADER)
            self._lines = Lines(text)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            cure = "Correct it; config/phrases/de.yaml is a start."
            raise VoiceError(f"{path} cannot be read: {error}.", cure) from error
        if twice := self._lines.twice():
            raise VoiceError(f"{path.name}, line {twice[0]}: '{twice[1]}' stands there twice.", f"Correct {path}.")
        for wrong in Draft202012Validator(schema).iter_errors(self.data):
            raise self.mistake(tuple(wrong.absolute_path), wrong.message)

    def known(self, name: str, names: Iterable[str], kind: str, where: tuple[str | int, ...]) -> None:
        """Raises a VoiceError when `name` is none of `names`."""
        every = list(names)
        if name not in every:
            hint = did_you_mean(name, every) or f" There are: {', '.join(every) or 'none'}."
            raise self.mistake(where, f"there is no {kind} '{name}'.{hint}")

    def mistake(self, where: tuple[str | int, ...], what: str) -> VoiceError:
        """An error that names the line of `where`: keys and indices from the top."""
        path = ".".join(map(str, where)) or "the file"
        end = "" if what.endswith((".", "?")) else "."
        return VoiceError(
            f"{self.path.name}, line {self._lines.of(where)}: {path}: {what}{end}", f"Correct {self.path}."
        )
