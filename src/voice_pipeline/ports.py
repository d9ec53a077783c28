"""A TCP port of the loopback interface for a server that another process opens later: kept free until then."""

from __future__ import annotations

import socket
from types import TracebackType

from voice_pipeline.errors import VoiceError


class HeldPort:
    """A port that the kernel gives to nobody else, for as long as this object lives.

    To find a free port and close it again leaves seconds in which the next socket on the machine may be given the same
    number. A socket that is bound and never listens keeps it out of what the kernel hands out, and a server that asks
    for the number itself, with SO_REUSEADDR or SO_REUSEPORT as servers do, gets it. Not inherited by children.

    Args:
        number: the port; 0 takes a free one.

    Raises:
        VoiceError: somebody listens there.
    """

    def __init__(self, number: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            self._socket.bind(("127.0.0.1", number))
        except OSError as error:
            self._socket.close()
            raise VoiceError(
                f"Port {number} of 127.0.0.1 is taken ({error.strerror}).",
                "End what listens there (perhaps a robot that runs already), or choose another port.",
            ) from error
        self.number = int(self._socket.getsockname()[1])

    def release(self) -> None:
        """Give it back; may be called again."""
        self._socket.close()

    def __enter__(self) -> HeldPort:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
