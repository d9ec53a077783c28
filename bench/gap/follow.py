"""Waits for a turn to be over, in whatever way an arm waits."""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.gap.turns import Observed

from voice_pipeline.errors import VoiceError

_BEGIN_S = 20.0  # from the order to the recording's first sample
_LONGEST_TURN_S = 90.0
POLL_S = 0.02


def follow(observed: Observed, wait: Callable[[], None], busy: Callable[[], bool]) -> None:
    """Until the turn is over. `wait` lets some time pass and raises when the arm is gone; `busy` says that it works."""
    begun = time.monotonic()
    while not observed.over:
        wait()
        spent = time.monotonic() - begun
        if not observed.first_sample_ns and spent > _BEGIN_S:
            raise VoiceError("the recording was not played.", "See the logs beside the summary.")
        if busy():
            observed.active()
        if spent > _LONGEST_TURN_S:
            return
