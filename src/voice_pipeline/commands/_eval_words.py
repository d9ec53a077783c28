"""Errors between what was said and what was heard: of words, or of characters where a language writes no spaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import jiwer
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

# Japanese and Chinese have no spaces; Korean's vary, and Hindi's words are long: characters, as Whisper's paper does
# for the first three.
BY_CHARACTER = ("ja", "zh", "ko", "hi")


def cleaned(text: str, language: str) -> str:
    """Lower case, no punctuation, numbers and spellings made alike where the normaliser of that language can."""
    clean = _normaliser(language)(text).strip()
    return clean.replace(" ", "") if language in BY_CHARACTER else clean


def errors(reference: str, heard: str, language: str) -> tuple[int, int]:
    """Substitutions, deletions and insertions together, and the length of the reference, in words (or characters)."""
    said, got = cleaned(reference, language), cleaned(heard, language)
    if not said:
        return 0, 0
    found = jiwer.process_characters(said, got) if language in BY_CHARACTER else jiwer.process_words(said, got)
    count = found.substitutions + found.deletions + found.insertions
    return count, found.hits + found.substitutions + found.deletions


def rate(pairs: Iterable[tuple[int, int]]) -> float | None:
    """All errors by all words; None where there are none."""
    listed = list(pairs)
    total = sum(units for _, units in listed)
    return round(sum(count for count, _ in listed) / total, 4) if total else None


def difference(reference: str, heard: str, language: str) -> list[tuple[str, str, str]]:
    """(kind, said, heard) in order; kind is equal, substitute, delete or insert."""
    said, got = cleaned(reference, language), cleaned(heard, language)
    if not said or not got:
        return [("delete" if said else "insert", said, got)]
    by_character = language in BY_CHARACTER
    found = jiwer.process_characters(said, got) if by_character else jiwer.process_words(said, got)
    joint = "" if by_character else " "
    return [
        (
            a.type,
            joint.join(found.references[0][a.ref_start_idx : a.ref_end_idx]),
            joint.join(found.hypotheses[0][a.hyp_start_idx : a.hyp_end_idx]),
        )
        for a in found.alignments[0]
    ]


@cache
def _normaliser(language: str) -> Callable[[str], str]:
    if language == "en":
        return EnglishTextNormalizer()  # type: ignore[no-any-return, unused-ignore]
    # Whisper's own drops combining marks, which are the vowels of Hindi.
    return BasicTextNormalizer(preserve_marks=language == "hi")  # type: ignore[no-any-return, unused-ignore]
