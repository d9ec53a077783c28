"""The fixed texts a robot may say, so that their sound can be made before they are needed."""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterable, Sequence

from voice_pipeline.dialogue.tools import Tool

_MOST = 40  # of one tool; a confirmation with many values is made when it is said


def stock_phrases(tools: Iterable[Tool], texts: Sequence[str]) -> list[str]:
    """`texts`, and every confirmation of a tool whose words are known beforehand: those that name only listed values."""
    phrases = [t for t in texts if t]
    for tool in tools:
        phrases += itertools.islice(_confirmations(tool), _MOST)
    return list(dict.fromkeys(phrases))


def _confirmations(tool: Tool) -> Iterable[str]:
    names = [name for _, name, _, _ in string.Formatter().parse(tool.say) if name]
    values = [tool.parameters.get("properties", {}).get(name, {}).get("enum") for name in names]
    if not tool.say or any(v is None for v in values):
        return
    for combination in itertools.product(*(v for v in values if v is not None)):
        yield tool.confirmation(dict(zip(names, combination, strict=True)))
