"""Whether the robot's daemon plays a move that somebody else began. It ignores targets meanwhile, so that what is streamed
then takes effect at its end, with a jump. Apart from the stream of states, which does not tell."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from voice_pipeline.errors import VoiceError
from voice_pipeline.motion.side_stream import SideStream

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_STREAM = "/api/move/ws/updates"  # tells each beginning and end; releases without it refuse the connection
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
        self._running, self._end, self._ours, self._ordering = running, end, ours, ordering
        self._is_connected = is_connected
        self.foreign = False  # the daemon is in a move that is not ours
        self.latched = False  # such moves are ended, now and later
        self._stream = SideStream(url + _STREAM, "robot-moves", _RETRY_S, self._read, self._lost, is_connected)

    def start(self) -> None:
        """Begin."""
        self._stream.start()

    def close(self) -> None:
        """End the thread."""
        self._stream.close()

    def _lost(self) -> None:
        self.foreign = False  # nobody knows

    def _read(self, stream: ClientConnection) -> None:
        look = True  # one may have begun before it was listened for
        while self._stream.going and self._is_connected():
            if look and not self._ordering.is_set():
                look = self._look()
            try:
                text = stream.recv(timeout=_POLL_S if look else _GLANCE_S)
            except TimeoutError:
                continue
            look = look or _begins(text)

    def _look(self) -> bool:
        """Ask whose moves run, and end what must not; whether to look again soon."""
        try:
            running = self._running()
        except VoiceError:  # asked again; nobody streams into what may be a move
            self.foreign = True
            return True
        foreign = [uuid for uuid in running if uuid not in self._ours]
        self.foreign = bool(foreign)
        for uuid in foreign if self.latched else ():
            self._end(uuid)
        return bool(running)  # ours is watched too: it may be given up and go on


def _begins(text: str | bytes) -> bool:
    """A message says that a move begins; one that is not understood may."""
    try:
        return bool(json.loads(text)["type"] == "move_started")
    except (ValueError, KeyError, TypeError, RecursionError):
        return True
