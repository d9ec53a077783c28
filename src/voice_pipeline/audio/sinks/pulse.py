"""The loudspeaker, through the sound server (PulseAudio or PipeWire)."""

from __future__ import annotations

import threading
import time

from voice_pipeline.audio import pulse_library as pa
from voice_pipeline.audio.devices import OUTPUT, find_device
from voice_pipeline.audio.formats import NS, AudioFormat, Int16, to_bytes
from voice_pipeline.audio.pulse import PulseConnection
from voice_pipeline.audio.sinks.protocol import DEFAULT_RATE
from voice_pipeline.errors import VoiceError

# What waits in the server at most: orders to stop are heard this much later, a machine that stalls longer runs dry.
_BUFFER_S = 0.060
_TURN_S = 0.1
# Bluetooth wakes up in two seconds, and so does a null sink.
_STALLED_S = 4.0


class PulseSink:
    """A loudspeaker of the sound server, kept open and fed with silence; a named one is never exchanged for another.

    Args:
        device: name, description, part of one, index or preset; empty for the server's default.
        sample_rate: Hz; 0 is 24 kHz, resampled by the server.
        period_s: seconds of one block.
    """

    wants_silence = True

    def __init__(self, device: str = "", sample_rate: int = 0, period_s: float = 0.020) -> None:
        self.sample_rate = sample_rate or DEFAULT_RATE
        self.underruns = 0
        self.name = ""
        self._wanted = device
        self._period_s = period_s
        self._server: PulseConnection | None = None
        self._lock = threading.Lock()  # the connection belongs to one thread at a time
        self._closed = threading.Event()
        self._dry_at = -1

    def open(self) -> None:
        """Open the device.

        Raises:
            VoiceError: no server, no such device (lists all), or it refuses.
        """
        self.close()
        with self._lock:
            server = PulseConnection()
            try:
                device = find_device(server.devices(OUTPUT), self._wanted, OUTPUT)
                period = 2 * round(self.sample_rate * self._period_s)
                buffer = 2 * round(self.sample_rate * max(_BUFFER_S, 3 * self._period_s))
                flags = pa.DONT_MOVE if self._wanted else 0
                server.play(device.name, AudioFormat(self.sample_rate, 1), buffer, period, flags)
            except VoiceError:
                server.close()
                raise
            self.name = device.name
            self._server, self._dry_at = server, server.underflow_index
            self._closed.clear()

    def begin(self, idle_s: float) -> None:
        """Nothing: the stream kept running."""

    def write(self, block: Int16) -> int:
        """Hand the block to the server; blocks while its buffer is full.

        Raises:
            VoiceError: the device or the server is gone, or takes nothing.
        """
        data = to_bytes(block)
        with self._lock:
            server = self._server
            if server is None:
                raise VoiceError(f"audio output '{self.name}' is closed.", "Activate audio_player.")
            self._wait_for_room(server, len(data))
            latency_s = server.latency_s or 0.0
            now = time.time_ns()
            server.write(data)
            dry_at = server.underflow_index
        if dry_at != self._dry_at:
            self._dry_at = dry_at
            self.underruns += 1
        return now + int(latency_s * NS)

    def close(self) -> None:
        """Stop and release the device."""
        self._closed.set()
        with self._lock:
            server, self._server = self._server, None
            if server is not None:
                server.close()

    def _wait_for_room(self, server: PulseConnection, size: int) -> None:
        what = f"audio output '{self.name}'"
        deadline = time.monotonic() + _STALLED_S
        server.iterate(0.0)
        server.check_stream(what)
        while server.writable < size:
            if self._closed.is_set() or time.monotonic() > deadline:
                raise VoiceError(f"{what} took nothing for {_STALLED_S:g} s.", "Replug it; it is reopened by itself.")
            server.iterate(_TURN_S)
            server.check_stream(what)
