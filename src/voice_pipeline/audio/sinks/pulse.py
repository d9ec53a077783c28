"""The loudspeaker, through the sound server (PulseAudio or PipeWire)."""

from __future__ import annotations

import threading
import time

from voice_pipeline.audio import pulse_library as pa
from voice_pipeline.audio.devices import OUTPUT, find_device
from voice_pipeline.audio.formats import AudioFormat, Int16, samples_to_ns, to_bytes
from voice_pipeline.audio.pulse import PulseConnection
from voice_pipeline.audio.sinks.protocol import DEFAULT_RATE
from voice_pipeline.errors import VoiceError

# What waits in the server at most: orders to stop are heard this much later, a machine that stalls longer runs dry.
_BUFFER_S = 0.060
_LONGEST_BUFFER_S = 0.15  # what is played after a stop, at most; reached after three underruns
_TURN_S = 0.1
_STEP_NS = 3_000_000
_LEAD_NS = 20_000  # per block of 20 ms: 1000 ppm, more than any two clocks differ
_SLOWLY = 64  # of what one reading says, that its noise of 0.1 ms is not in the times; followed within 1.3 s
_ANSWER_S = 0.02  # a server on this machine answers in 0.2 ms
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
        self._buffer_s = 0.0
        self._next_ns = 0  # when the next block follows on the one before, by the server's word
        self._off_ns = 0  # by how much the server's last word differed

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
                self._buffer_s = max(_BUFFER_S, 3 * self._period_s)
                buffer = 2 * round(self.sample_rate * self._buffer_s)
                flags = pa.DONT_MOVE if self._wanted else 0
                server.play(device.name, AudioFormat(self.sample_rate, 1), buffer, period, flags)
            except VoiceError:
                server.close()
                raise
            self.name = device.name
            self._server, self._dry_at = server, server.underflow_index
            self._next_ns = self._off_ns = 0
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
            if self._ran_dry(server):
                self._begin_again(server)
            heard_ns = self._heard_ns(server)
            server.write(data)
            server.ask_timing()
        self._next_ns = heard_ns + samples_to_ns(len(block), self.sample_rate)
        return heard_ns

    def close(self) -> None:
        """Stop and release the device."""
        self._closed.set()
        with self._lock:
            server, self._server = self._server, None
            if server is not None:
                server.close()

    def _ran_dry(self, server: PulseConnection) -> bool:
        """Whether the stream stands still, or never began."""
        if (server.edge_ns or 0) < time.time_ns():  # a stall: what the server said last is from before
            server.wait_for_timing(_ANSWER_S)
        dry_at = server.underflow_index
        if dry_at != self._dry_at:
            self._dry_at = dry_at
            self.underruns += 1
            self._hold_more(server)
        return not server.playing

    def _hold_more(self, server: PulseConnection) -> None:
        """A machine that stalls once stalls again: better heard later than in pieces."""
        if self._buffer_s < _LONGEST_BUFFER_S:
            self._buffer_s = min(_LONGEST_BUFFER_S, 1.5 * self._buffer_s)
            server.buffer(2 * round(self.sample_rate * self._buffer_s), 2 * round(self.sample_rate * self._period_s))

    def _heard_ns(self, server: PulseConnection) -> int:
        """When the next sample will be heard: by counting, led by what the server says, as long as it did not run dry."""
        told_ns = server.edge_ns or time.time_ns()
        off_ns, before_ns = told_ns - self._next_ns, self._off_ns
        self._off_ns = off_ns
        if abs(off_ns) > _STEP_NS and abs(off_ns - before_ns) < _STEP_NS:
            return told_ns  # two in a row: the device was moved, or went to sleep and woke up
        # One alone is a server that was held up between two readings of its clock.
        return self._next_ns + max(-_LEAD_NS, min(_LEAD_NS, off_ns // _SLOWLY))

    def _begin_again(self, server: PulseConnection) -> None:
        """Get an empty stream going on silence: what is written next has a cushion, and its time is known."""
        server.write(bytes(2 * round(self.sample_rate * (self._buffer_s - self._period_s))))
        deadline = time.monotonic() + _ANSWER_S
        server.wait_for_timing(_ANSWER_S)
        while not server.playing and time.monotonic() < deadline:
            server.wait_for_timing(_ANSWER_S)
        self._next_ns = server.edge_ns or time.time_ns()

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
