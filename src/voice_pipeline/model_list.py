"""config/models.yaml as objects: what can be fetched, how large it is, and whether this machine has it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from voice_pipeline.errors import VoiceError
from voice_pipeline.model_store import store_root
from voice_pipeline.resources import resource
from voice_pipeline.suggestions import did_you_mean


@dataclass(frozen=True)
class ModelFile:
    """One file of a model; `sources` as in models.yaml, with {name} filled in."""

    model: str
    name: str
    size: int  # bytes
    sha256: str
    sources: tuple[dict[str, Any], ...]

    @property
    def path(self) -> Path:
        """Where it lies, or will lie, on this machine."""
        return store_root() / self.model / self.name

    @property
    def present(self) -> bool:
        """There, with the right size. The hash was checked before the file got its name."""
        return self.path.is_file() and self.path.stat().st_size == self.size


@dataclass(frozen=True)
class Model:
    """One model of the list."""

    name: str
    about: str
    licence: str
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)

    @property
    def present(self) -> bool:
        """Every file is on this machine."""
        return all(f.present for f in self.files)

    @property
    def source(self) -> str:
        """For people: where the first file comes from, in order of preference."""
        words = []
        for source in self.files[0].sources:
            kind = next(k for k in ("package", "npm", "hub") if k in source)
            value = source[kind]
            if kind == "package":
                more = f" (+{len(value) - 1})" if len(value) > 1 else ""
                words.append(f"package {value[0]}{more}")
            else:
                words.append(f"{kind} {value if isinstance(value, str) else value['repo']}")
        return ", then ".join(words)


class ModelList:
    """The list, read from config/models.yaml."""

    def __init__(self, path: Path | None = None) -> None:
        raw = yaml.safe_load((path or resource("config/models.yaml")).read_text())
        self.sets: dict[str, list[str]] = raw["sets"]
        self.models = {name: _model(name, entry) for name, entry in raw["models"].items()}

    def choose(self, names: Sequence[str]) -> list[Model]:
        """Models by name or by set ("demo", "all"), in order, each once.

        Raises:
            VoiceError: unknown name; suggests the nearest.
        """
        chosen: dict[str, Model] = {}
        for name in names:
            if name == "all":
                chosen.update(self.models)
            elif name in self.sets:
                chosen.update({n: self.models[n] for n in self.sets[name]})
            elif name in self.models:
                chosen[name] = self.models[name]
            else:
                known = [*self.sets, *self.models, "all"]
                raise VoiceError(
                    f"there is no model or set '{name}'.",
                    f"{did_you_mean(name, known)} `models --list` shows them all.".lstrip(),
                )
        return list(chosen.values())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hex, read in 1 MiB blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _model(name: str, entry: dict[str, Any]) -> Model:
    files = []
    for f in entry["files"]:
        sources = tuple(_filled(s, f["name"]) for s in f["sources"])
        files.append(ModelFile(name, f["name"], f["size"], f["sha256"], sources))
    return Model(name, entry["about"], entry["licence"], tuple(files))


def _filled(source: dict[str, Any], name: str) -> dict[str, Any]:
    result = dict(source)
    if "member" in result:
        result["member"] = result["member"].replace("{name}", name)
    if "hub" in result:
        result["hub"] = {k: str(v).replace("{name}", name) for k, v in result["hub"].items()}
    return result
