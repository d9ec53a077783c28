"""The error every engine raises for things a person can mend; apart because engines and nodes share it."""

from __future__ import annotations


class VoiceError(Exception):
    """Something a person can mend: what happened to which thing, and what to do next.

    Args:
        what: what happened, naming the thing (file, device, model, value).
        cure: what to do about it, as an instruction.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what} {cure}")
        self.what = what
        self.cure = cure
