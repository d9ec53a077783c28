"""The form of minutes: a Markdown file whose `## headings` are filled in, each by what the text below it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voice_pipeline.errors import VoiceError

_MOST_BYTES = 20_000
_MOST_SECTIONS = 20
_HOW = "Write headings as `## Decisions`, each with a line below it that says what belongs there (config/minutes/default.md)."


@dataclass(frozen=True)
class Section:
    """A heading, and what belongs under it in the words of the template."""

    heading: str
    task: str


@dataclass(frozen=True)
class Template:
    """The title, and the sections in order."""

    title: str
    sections: tuple[Section, ...]


def load_template(path: Path) -> Template:
    """Read a template.

    Only .md files: the path may come from anybody on the network, and headings are what is told of a file.

    Raises:
        VoiceError: not a readable .md file of at most 20 kB, no heading, or one twice.
    """
    if path.suffix.lower() != ".md":
        raise VoiceError(f"template {path} is not a .md file.", _HOW)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise VoiceError(f"template {path} is larger than {_MOST_BYTES} bytes.", "Shorten it.")
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise VoiceError(f"template {path} cannot be read ({error}).", "Correct the path, or its rights.") from error
    return parse_template(text, str(path))


def parse_template(text: str, name: str) -> Template:
    """As load_template, of a text; `name` is for errors."""
    title, sections = "", []
    for line in text.splitlines():
        if line.startswith("## ") and line[3:].strip():
            sections.append((line[3:].strip(), [""]))
        elif line.startswith("# ") and not sections:
            title = title or line[2:].strip()
        elif sections:
            sections[-1][1].append(line.strip())
    headings = [heading for heading, _ in sections]
    if not headings:
        raise VoiceError(f"template {name} has no heading.", _HOW)
    if len(headings) > _MOST_SECTIONS:
        raise VoiceError(f"template {name} has {len(headings)} headings.", f"Use {_MOST_SECTIONS} at most.")
    if twice := sorted({h for h in headings if headings.count(h) > 1}):
        raise VoiceError(f"template {name} has '{twice[0]}' twice.", "Give every heading a name of its own.")
    made = tuple(Section(h, " ".join(" ".join(lines).split()) or f"{h}.") for h, lines in sections)
    return Template(title or "Minutes", made)
