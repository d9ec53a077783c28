"""Whether the robot's daemon plays a move that somebody else began. It ignores targets meanwhile, so that what is streamed
then takes effect at its end, with a jump. Apart from the stream of states, which does not tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from voice_pipeline.errors import VoiceError

_STREAM = "/api/move/ws/updates"  # tells each beginning and end; releases without it refuse the connection
_CONNECT_S = 2.0
_GLANCE_S = 0.2  # how often a silent connection is asked whether it is to be closed
_POLL_S = 0.1  # how often a move of somebody else is asked after: a lost message must not hold the robot for good
_RETRY_S = 10.0  # a release that has no such stream is asked again and again


class MoveWatch:
    """Listens on a thread of its own while the robot is connected.

    Args:
        url: of the daemon, ws://...
        running: asks the daemon for its moves under way, by uuid. Raises VoiceError.
        end: asks it to end one.
        ours: the uuids of moves that this program began and has not given up.
        ordering: this program begins a move just now, whose uuid it does not know yet.
        is_connected: the robot itself answers. Otherwise nothing is tried.
    """

    def __init__(
        self,
        url: str,
        running: Callable[[], list[Any]],
        end: Callable[[Any], None],
        ours: Collection[Any],
        ordering: threading.Event,
        is_connected: Callable[[], bool],
    ) -> None:
        self._url, self._running, self._end, self._ours, self._ordering = url, running, end, ours, ordering
        self._is_connected = is_connected
        self.foreign = False  # the daemon is in a move that is not ours
        self.latched = False  # such moves are ended, now and later
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="robot-moves", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_CONNECT_S)

    def _run(self) -> None:
        while not self._closing.wait(_POLL_S):
            if not self._is_connected():
                continue
            with suppress(Exception):  # whatever went wrong: this thread is the only way back
                self._read()
            self.foreign = False  # nobody knows
            if self._is_connected():
                self._closing.wait(_RETRY_S)

    def _read(self) -> None:
        from websockets.sync.client import connect

        with connect(
            self._url + _STREAM,
            open_timeout=_CONNECT_S,
            close_timeout=_POLL_S,
            ping_interval=None,
            compression=None,
            proxy=None,
        ) as stream:
            look = True  # one may have begun before it was listened for
            while not self._closing.is_set() and self._is_connected():
                if look and not self._ordering.is_set():
                    try:
                        running = self._running()
                        foreign = [uuid for uuid in running if uuid not in self._ours]
                        self.foreign = bool(foreign)
                        look = bool(running)  # ours is watched too: it may be given up and go on
                        for uuid in foreign if self.latched else ():
                            self._end(uuid)
                    except VoiceError:  # asked again; nobody streams into what may be a move
                        self.foreign = True
                try:
                    text = stream.recv(timeout=_POLL_S if look else _GLANCE_S)
                except TimeoutError:
                    continue
                look = look or _begins(text)


def _begins(text: str | bytes) -> bool:
    """A message says that a move begins; one that is not understood may."""
    try:
        return bool(json.loads(text)["type"] == "move_started")
    except (ValueError, KeyError, TypeError, RecursionError):
        return True
