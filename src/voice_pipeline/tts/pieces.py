"""Cuts a speakable text into pieces: the first sound comes early and none has to wait for the next. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Characters. Kokoro pays 0.4-0.6 s for any call however short, so shorter pieces are joined to a neighbour.
MIN_PIECE = 12
FIRST_PIECE = 60  # some 3.5 s of speech, 1.2 s of computing on two slow cores
MAX_PIECE = 140  # far below Kokoro's 510 phonemes; longer ones cost memory and delay a cancel
# A piece is computed while the one before it is played: at twice the length it is ready in time up to a real-time
# factor of 0.5.
_GROWTH = 2
_SHORTEST_LIMIT = 40  # after a first piece like "Sure.", whose pause alone gives time for this

_SENTENCE_END = re.compile(r"(?<!\b[A-Z])[.!?…]+[\"')\]]*\s+")
_CLAUSE_END = re.compile(r"[,;:][\"')\]]*\s+|\s+(?=(?:and|but|or|because|which|while|when|if|so that|then)\s)")


def split_pieces(text: str, first: int = FIRST_PIECE, longest: int = MAX_PIECE) -> list[str]:
    """Pieces of at most `longest` characters (a single longer word excepted), the first of at most `first`.

    A piece is at most twice as long as the one before it, or 40 characters. Cut at sentence ends where possible,
    then at commas and conjunctions, then between words; joined with single spaces they are the text again.
    """
    pieces: list[str] = []
    current = ""
    limit = first
    for atom, ends_sentence in _atoms(text, first):
        joined = f"{current} {atom}" if current else atom
        if current and len(joined) > limit:
            pieces.append(current)
            limit = min(longest, max(_SHORTEST_LIMIT, _GROWTH * len(current)))
            joined = atom
        current = joined
        if ends_sentence and not pieces and len(current) >= MIN_PIECE:
            pieces.append(current)
            limit = min(longest, max(_SHORTEST_LIMIT, _GROWTH * len(current)))
            current = ""
    if current:
        pieces.append(current)
    return _without_stub(pieces, longest)


def _without_stub(pieces: list[str], longest: int) -> list[str]:
    """A last piece too short to pay joins the one before it."""
    if len(pieces) > 1 and len(pieces[-1]) < MIN_PIECE and len(pieces[-2]) + len(pieces[-1]) < longest:
        pieces[-2:] = [f"{pieces[-2]} {pieces[-1]}"]
    return pieces


def _atoms(text: str, limit: int) -> Iterator[tuple[str, bool]]:
    """The smallest parts worth keeping together, and whether each ends a sentence."""
    for sentence in _cut(text, _SENTENCE_END):
        parts = [sentence] if len(sentence) <= limit else list(_cut(sentence, _CLAUSE_END))
        small = [one for part in parts for one in _at_words(part, limit)]
        for one in small[:-1]:
            yield one, False
        yield small[-1], True


def _cut(text: str, boundary: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for match in boundary.finditer(text):
        if part := text[start : match.end()].strip():
            yield part
        start = match.end()
    if rest := text[start:].strip():
        yield rest


def _at_words(part: str, limit: int) -> Iterator[str]:
    """Nearly equal parts of at most `limit` characters, cut between words."""
    count = -(-len(part) // limit)
    target = len(part) / count
    line = ""
    for word in part.split():
        if line and (len(line) + 1 + len(word) > limit or len(line) >= target):
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
