"""What names a sound: words, voice and pace. Apart because everything that makes or keeps sound goes by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from voice_pipeline.audio.formats import Int16


class Words(NamedTuple):
    """A clause as written, or a piece of one as spoken; equal ones sound the same.

    Args:
        text: of the clause or the piece.
        voice: name as the synthesiser has it.
        speed: 1 is the voice's own pace.
    """

    text: str
    voice: str
    speed: float


@dataclass(frozen=True)
class Made:
    """The sound of a piece and when it came about.

    Args:
        samples: int16[n] at the synthesiser's rate, the pause after it included.
        begun_ns: wall time at which its synthesis began.
        made_ns: wall time at which it was there.
    """

    samples: Int16
    begun_ns: int
    made_ns: int
