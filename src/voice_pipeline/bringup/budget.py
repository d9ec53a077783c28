"""How many threads compute at the same time, and whether the machine has the cores for them.

More busy threads than cores is the dearest mistake on a small board: llama.cpp with as many threads as cores went from 24
tokens a second to one as soon as anything else ran (two x86 cores).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Stages that work at the same time in a turn, by the life of the speculation: recognition alone at the pause; the model
# while the end-of-turn check runs; the model on a later clause while the voice makes an earlier one. A translator's person
# goes on talking meanwhile.
_AT_ONCE = (("asr",), ("vad", "dialogue"), ("dialogue", "tts"), ("asr", "translator"), ("translator", "tts"))
# The one overlap that pays: the first clause is made with every core while the model still writes on one. With two threads
# it takes 1.2 s instead of 1.6 s on two cores, contention included (docs/performance.md). Two threads too many do not pay.
_SPARE = 1
_THREADS = {"asr": "cpu_threads", "dialogue": "threads", "translator": "threads", "tts": "threads"}
_DEFAULTS = {"asr": 2, "dialogue": 0, "translator": 0, "tts": 2}


@dataclass(frozen=True)
class Budget:
    """Threads of each stage, and what is busy at once at most."""

    cores: int
    threads: dict[str, int]

    @property
    def most(self) -> int:
        """Busy threads at the worst moment."""
        return max(sum(self.threads.get(s, 0) for s in stages) for stages in _AT_ONCE)

    @property
    def warning(self) -> str:
        """What to say when it does not fit; empty when it does."""
        widest = max(self.threads.values(), default=0)
        if widest <= self.cores and self.most <= self.cores + _SPARE:
            return ""
        threads = ", ".join(f"{k} {v}" for k, v in self.threads.items())
        return (
            f"{max(self.most, widest)} threads may compute at once on {self.cores} cores ({threads}): every stage slows down. "
            "Lower `threads` of tts, dialogue or translator, or `cpu_threads` of asr."
        )


def budget(parameters: Mapping[str, Mapping[str, Any]], cores: int | None = None) -> Budget:
    """The threads that a profile's parameters ask for.

    Args:
        parameters: node -> parameter -> value; nodes that are absent take no threads.
        cores: of the machine; None asks it.
    """
    cores = cores or usable_cores()
    threads = {}
    for stage, name in _THREADS.items():
        if stage in parameters and not _elsewhere(stage, parameters[stage]):
            asked = int(parameters[stage].get(name, _DEFAULTS[stage]))
            threads[stage] = asked or max(1, cores - 1)
    if "vad" in parameters and parameters["vad"].get("end_of_turn", "smart_turn") == "smart_turn":
        threads["vad"] = 1
    return Budget(cores, threads)


def usable_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _elsewhere(stage: str, values: Mapping[str, Any]) -> bool:
    """It computes in another process's threads or on a GPU; what it is given here does not count."""
    server = stage in ("dialogue", "translator") and values.get("engine") in ("ollama", "openai")
    return server or values.get("device") == "cuda"
