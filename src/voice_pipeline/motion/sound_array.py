"""What Reachy Mini's microphone array hears, from its daemon. A connection of its own: the daemon reads the array over USB
while it answers, and one that fails there must not take the stream of states with it (releases up to 1.8 close it)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from voice_pipeline.motion.protocol import Bearing
from voice_pipeline.motion.side_stream import SideStream

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

# 10 Hz, as the vendor's own programs ask; each question costs the daemon a transfer over USB.
_STREAM = (
    "/api/state/ws/full?frequency=10&with_doa=true&with_head_pose=true&with_body_yaw=true&with_antenna_positions=false"
)
_SILENCE_S = 3.0  # without a message on an open connection
_GLANCE_S = 0.2  # how often a silent connection is asked whether it is to be closed
_RETRY_S = 5.0  # nobody waits for it
_SLACK = 0.02  # rad an angle may lie outside 0..pi by rounding


class SoundArray:
    """Reads the array while the robot is connected; a thread of its own.

    Args:
        url: of the daemon, ws://...
        on_bearing: gets every reading; must return soon.
        is_connected: the robot itself answers. Otherwise nothing is tried: the robot's own connection says what is wrong.
    """

    def __init__(self, url: str, on_bearing: Callable[[Bearing], None], is_connected: Callable[[], bool]) -> None:
        self._on_bearing = on_bearing
        self._stream = SideStream(url + _STREAM, "robot-ears", _RETRY_S, self._read, lambda: None, is_connected)

    def start(self) -> None:
        """Begin."""
        self._stream.start()

    def close(self) -> None:
        """End the thread."""
        self._stream.close()

    def _read(self, stream: ClientConnection) -> None:
        heard = time.monotonic()
        while self._stream.going and time.monotonic() - heard < _SILENCE_S:
            try:
                text = stream.recv(timeout=_GLANCE_S)
            except TimeoutError:
                continue
            heard = time.monotonic()
            bearing = parse_bearing(text)
            if bearing is not None:
                self._on_bearing(bearing)


def parse_bearing(text: str | bytes) -> Bearing | None:
    """One message of the stream; None when it tells no direction (no array, garbage, NaN, outside 0..pi).

    The daemon's angle is 0 left, pi/2 ahead (or behind), pi right.
    """
    try:
        data = json.loads(text)
        angle, speech = float(data["doa"]["angle"]), data["doa"]["speech_detected"]
        head_yaw, body_yaw = float(data["head_pose"]["yaw"]), float(data["body_yaw"])
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError):
        return None
    if not all(map(math.isfinite, (angle, head_yaw, body_yaw))) or not -_SLACK <= angle <= math.pi + _SLACK:
        return None
    yaw = math.pi / 2 - min(max(angle, 0.0), math.pi)
    return Bearing(time.monotonic(), time.time_ns(), yaw, head_yaw, body_yaw, bool(speech))
