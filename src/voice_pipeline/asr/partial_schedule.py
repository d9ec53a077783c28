"""When the words heard so far are asked for: soon once, for barge-in, then now and then. In the audio's own time."""

from __future__ import annotations

from dataclasses import dataclass

from voice_pipeline.audio.formats import NS


@dataclass
class PartialSchedule:
    """Times are capture times of the newest audio in ns, so no timer is needed and a slow machine asks for no more.

    Args:
        first_s: from the report that speech began (or went on after a pause) to the first partial.
        period_s: from one to the next; 0 for no partials.
    """

    first_s: float = 0.4
    period_s: float = 0.0
    _due_ns: int = 0

    def spoke(self, now_ns: int) -> None:
        """Speech began, or went on: what is there now is too little to guess from."""
        self._due_ns = now_ns + int(self.first_s * NS)

    def due(self, now_ns: int) -> bool:
        """One should be asked for now, if the engine is free."""
        return self.period_s > 0.0 and now_ns >= self._due_ns

    def asked(self, now_ns: int, took_ns: int) -> None:
        """One was asked for; `took_ns` of the engine's last work keeps partials to half of its time at most."""
        self._due_ns = now_ns + max(int(self.period_s * NS), 2 * took_ns)
