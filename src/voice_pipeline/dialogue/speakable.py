"""Written text without what cannot be said: markdown, emoji, markup. Apart because clauses and history share it."""

from __future__ import annotations

import re

_RULES = (
    (re.compile(r"```\w*"), " "),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),  # links and pictures keep their text
    (re.compile(r"<\|?/?[a-z_]+\|?>", re.I), " "),  # template tokens and tags that leak
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.M), ""),
    (re.compile(r"^\s*[-*•]\s+", re.M), ""),
    (re.compile(r"(\*{1,3}|_{2,3}|~~|`+)(?=\S)"), ""),
    (re.compile(r"(?<=\S)(\*{1,3}|_{2,3}|~~|`+)"), ""),
    (re.compile(r"(?<!\w)_(\S[^_]*)_(?!\w)"), r"\1"),
    (re.compile("[\U0001f000-\U0001faff☀-➿⬀-⯿️‍]"), ""),
    (re.compile(r"\s+"), " "),
)


def speakable(text: str) -> str:
    """One line of plain text; empty when nothing in it can be spoken ("***", "--")."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = text.strip()
    return text if any(c.isalnum() for c in text) else ""
