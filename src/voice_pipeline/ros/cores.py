"""Which processor cores a node's process may use, and how it gives way to the others on them."""

from __future__ import annotations

import os
from contextlib import suppress

from voice_pipeline.errors import VoiceError


def parse_cores(text: str) -> set[int]:
    """ "0,2-3" as {0, 2, 3}; empty is the empty set.

    Raises:
        VoiceError: it is no such list.
    """
    cores: set[int] = set()
    for part in filter(None, (p.strip() for p in text.split(","))):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not first.isdigit() or not last.isdigit() or int(last) < int(first):
            raise VoiceError(f"cpus is '{text}'.", "Name cores like 0,2-3; empty is all of them.")
        cores.update(range(int(first), int(last) + 1))
    return cores


def take_cores(cpus: str, nice: int) -> str:
    """Bind this process and its threads to come to cores; children inherit it. Returns what is worth a warning.

    Args:
        cpus: as for parse_cores.
        nice: added to the process's own niceness.

    Raises:
        VoiceError: `cpus` is no list of cores, or none of them exists here.
    """
    wanted = parse_cores(cpus)
    if nice:
        os.nice(nice)
    if not wanted:
        return ""
    if not hasattr(os, "sched_setaffinity"):
        return "cpus is ignored: this system does not bind processes to cores."
    here = os.sched_getaffinity(0)
    if not wanted & here:
        raise VoiceError(
            f"cpus is '{cpus}', of which this process may use none.",
            f"It may use {_listed(here)}; empty is all of them.",
        )
    for thread in map(int, os.listdir("/proc/self/task")):
        with suppress(ProcessLookupError):  # one that ended since the list was made
            os.sched_setaffinity(thread, wanted & here)
    missing = wanted - here
    return (
        f"cpus names {_listed(missing)}, which this process may not use; it goes on with the others." if missing else ""
    )


def _listed(cores: set[int]) -> str:
    return ", ".join(map(str, sorted(cores)))
