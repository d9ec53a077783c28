"""A ROS domain that nobody on this machine uses; for demo, bench, eval and tests, which must not meet one another."""

from __future__ import annotations

import random
import socket

# RTPS: a domain's first participant takes UDP port 7400 + 250 * domain + 10 (DDSI-RTPS 2.2, 9.6.1.1). Above 100 these
# ports reach into the range that Linux hands out to anybody.
_PORT, _PER_DOMAIN, _LAST = 7410, 250, 100


def free_domain() -> int:
    """A domain between 1 and 100, chosen at random among those whose first port is free.

    Raises:
        RuntimeError: all are taken.
    """
    candidates = list(range(1, _LAST + 1))
    random.SystemRandom().shuffle(candidates)
    for domain in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", _PORT + _PER_DOMAIN * domain))
            except OSError:
                continue
            return domain
    raise RuntimeError("all ROS domains from 1 to 100 are in use on this machine")
