"""Text as it is written -> text as it is spoken.

Numbers, dates and units are the work of wetext; readings.py holds the rest."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.markup import strip_markup
from voice_pipeline.tts.readings import AFTER, BEFORE, apply

# Only these need the library; the rest of the sentences it would only copy.
_WRITTEN = re.compile(r"\d|[$€£¥%°@+=]|\b(?:Dr|Mr|Mrs|Ms)\.")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-Z0-9])")


def speakable(text: str, language: str = "en-us", pronunciations: Mapping[str, str] | None = None) -> str:
    """What a voice should read aloud.

    Args:
        text: as a person or a language model wrote it; markdown, emoji and stage directions are taken out.
        language: of the voice, as espeak names it. Only English numbers are written out; other digits espeak reads.
        pronunciations: whole words -> how to spell them for the voice.

    Returns:
        Words and punctuation, or "" when nothing can be spoken.
    """
    text = strip_markup(text)
    if language.startswith("en"):
        text = apply(BEFORE, text)
        text = " ".join(_written_out(sentence) for sentence in _SENTENCE.split(text))
        text = apply(AFTER, text)
    for word, spelling in (pronunciations or {}).items():
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", spelling.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    text = re.sub(r"\s+([,.;:!?…])", r"\1", re.sub(r"\s+", " ", text)).strip()
    return text if any(c.isalnum() for c in text) else ""


def parse_pronunciations(entries: Sequence[str]) -> dict[str, str]:
    """["Reachy=Reechy"] -> {"Reachy": "Reechy"}.

    Raises:
        VoiceError: an entry is not "word=spelling".
    """
    words = {}
    for entry in entries:
        word, sign, spelling = (part.strip() for part in entry.partition("="))
        if not (word and sign and spelling):
            raise VoiceError(f"pronunciation '{entry}' is not understood.", 'Write it as "word=spelling".')
        words[word] = spelling
    return words


def _written_out(sentence: str) -> str:
    if not _WRITTEN.search(sentence):
        return sentence
    try:
        return str(_library().normalize(sentence))
    except AssertionError:  # its way of saying that its grammar has no path through the sentence
        return " ".join(_word_written_out(word) for word in sentence.split(" "))


def _word_written_out(word: str) -> str:
    try:
        return str(_library().normalize(word)) if _WRITTEN.search(word) else word
    except AssertionError:
        return word  # espeak reads digits too, only less well


@functools.lru_cache(maxsize=1)
def _library() -> Any:
    """wetext with its English grammar: 0.35 s and 42 MB, once."""
    from wetext import Normalizer

    return Normalizer(lang="en", operator="tn")
