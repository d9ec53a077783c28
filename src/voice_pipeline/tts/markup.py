"""Takes out of a text what is meant for the eye: markdown, code, links, emoji, stage directions. Pure functions."""

from __future__ import annotations

import re
import unicodedata

# What language models write between asterisks when they act. Others are taken for a direction only by their place.
_ACTIONS = (
    "beams|blinks|blushes|bows|chuckles|claps|clears throat|cocks|dances|frowns|gasps|gestures|giggles|glances|grins|"
    "hugs|hums|laughs|leans|looks|moves|nods|pauses|points|raises|scratches|shakes|shrugs|sighs|smiles|smirks|spins|stares|"
    "stretches|thinks|tilts|turns|waves|whispers|wiggles|winks|yawns"
)
# A span that is a sentence of its own: at the start or after the end of a sentence, and what follows starts a new one.
_ALONE = re.compile(r"(^|[.!?…]\s+)\*(?!\*)([^*\n]{2,60})\*(?!\*)(?=\s*($|[A-Z0-9\"'*]))", re.MULTILINE)
_DIRECTION = re.compile(rf"[*\[(]+\s*(?:{_ACTIONS})\b[^*\])\n]{{0,60}}[*\])]+", re.IGNORECASE)

# In this order: fences before inline code, images before links, bold before italics.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), replacement)
    for pattern, replacement in (
        (r"```[\s\S]*?(?:```|\Z)", " "),
        (r"~~~[\s\S]*?(?:~~~|\Z)", " "),
        (r"<!--[\s\S]*?-->", " "),
        (r"</?[A-Za-z][^<>\n]{0,200}>", " "),
        (r"!\[([^\]\n]*)\]\([^)\n]*\)", r"\1"),
        (r"\[([^\]\n]+)\]\([^)\n]*\)", r"\1"),
        (r"\[\^?\d+\]", ""),  # footnotes
        (r"\b(?:https?://|www\.)[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]", " "),
        (r"`([^`\n]*)`", r"\1"),
        (r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$", r"\1."),
        (r"^\s*>\s?", ""),
        (r"^\s*(?:[-*_]\s*){3,}$", " "),  # a ruler
        (r"^\s*[|:\s-]*\|[|:\s-]*$", " "),  # the line under a table's head
        (r"^\s*[-*+•]\s+(.*?[^.!?:,;\s])\s*$", r"\1."),  # an item without an end gets one
        (r"^\s*[-*+•]\s+", ""),
        (r"\s*\|\s*", ", "),
        (r"\*\*(\S(?:[^*\n]*\S)?)\*\*", r"\1"),
        (r"\b__(\S(?:[^_\n]*\S)?)__\b", r"\1"),
        (r"~~[^~\n]*~~", ""),
        (r"\*(\S(?:[^*\n]*\S)?)\*", r"\1"),
        (r"(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)", r"\1"),
    )
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": "", "”": "", "„": "", "«": "", "»": "", '"': '"', "\u00a0": " "})
# Signs the normaliser turns into words; other symbols, marks and private characters are for the eye.
_SPOKEN_SYMBOLS = frozenset("°$€£¥+=%&#@/×÷<>−~^")


def strip_markup(text: str) -> str:
    """The text without markdown, code blocks, addresses, emoji and stage directions; whitespace collapsed."""
    text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    text = _ALONE.sub(r"\1", text)
    text = _DIRECTION.sub(" ", text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = "".join(c if _spoken(c) else " " for c in text)
    text = re.sub(r"(?<=\d) ?\* ?(?=\d)", "×", text)
    text = re.sub(r"[*_`^\\{}\[\]]+", " ", text)
    text = re.sub(r"\s*[—–]\s*|\s+-{1,3}\s+|\s*-{2,3}\s*", _dash, text)
    text = re.sub(r"\.{3,}", "…", text)
    text = re.sub(r"\s+([,.;:!?…])", r"\1", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"\(\s*\)", " ", text)
    return re.sub(r"\s+", " ", text).strip(" ,;:")


def _dash(match: re.Match[str]) -> str:
    """A dash between numbers is a range or a minus and stays; any other is a pause."""
    text, start, end = match.string, match.start(), match.end()
    digits = start > 0 and text[start - 1].isdigit() and end < len(text) and text[end].isdigit()
    return ("-" if match.group().strip() == "–" else " - ") if digits else ", "


def _spoken(character: str) -> bool:
    if character in _SPOKEN_SYMBOLS or character in "\n\t":
        return True
    kind = unicodedata.category(character)
    return not kind.startswith(("S", "C")) and character not in "\ufe0e\ufe0f\u20e3"
