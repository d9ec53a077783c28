"""A ROS domain that nobody on this machine uses; for demo, bench, eval and tests, which must not meet one another."""

from __future__ import annotations

import random
import socket

# RTPS: a domain's first participant takes UDP port 7400 + 250 * domain + 10 (DDSI-RTPS 2.2, 9.6.1.1). Above 100 these
# ports reach into the range that Linux hands out to anybody. The next participants take every second port after that, and
# live on when the first has ended (the nodes of a program that was killed); on one machine Fast DDS finds 32.
_PORT, _PER_DOMAIN, _LAST = 7410, 250, 100
_PARTICIPANTS = 32

# A participant comes with the first node, perhaps seconds later. Until then the TCP port of that number, which RTPS over
# UDP does not use, says to other processes that the domain is taken; the next call of this one gives it back.
_claims: list[socket.socket] = []


def free_domain() -> int:
    """A domain between 1 and 100, chosen at random among those without participants.

    No other process is given it while this one lives, or until this one asks for another.

    Raises:
        RuntimeError: all are taken.
    """
    candidates = list(range(1, _LAST + 1))
    random.SystemRandom().shuffle(candidates)
    for domain in candidates:
        claim = _claim(_PORT + _PER_DOMAIN * domain)
        if claim is not None:
            while _claims:
                _claims.pop().close()
            _claims.append(claim)
            return domain
    raise RuntimeError("all ROS domains from 1 to 100 are in use on this machine")


def _claim(port: int) -> socket.socket | None:
    """The TCP port of that number, held; None where it or the UDP port of a participant is taken."""
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        claim.bind(("", port))
        for participant in range(_PARTICIPANTS):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind(("", port + 2 * participant))
    except OSError:
        claim.close()
        return None
    return claim
