"""The microphone, through the sound server (PulseAudio or PipeWire). Apart: another library, and its own thread."""

from __future__ import annotations

import threading
import time

from voice_pipeline.audio import pulse_library as pa
from voice_pipeline.audio.devices import INPUT, PRESETS, find_device
from voice_pipeline.audio.formats import SAMPLE_RATE, AudioFormat, from_bytes, samples_to_ns
from voice_pipeline.audio.pulse import PulseConnection
from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.sources.push import PushSource
from voice_pipeline.errors import VoiceError

# Half a chunk: a chunk waits 8 ms on the mean for its second half, at 62 wake-ups a second.
_FRAGMENT_S = 0.016
# A suspended card gives no data and no error. Some (Bluetooth, null sinks) take 2 s to wake up: giving up sooner would
# put them to sleep for ever. Unplugging is told at once and does not wait for this.
_TIMEOUT_S = 4.0
_TURN_S = 0.1


class PulseSource(PushSource):
    """A microphone of the sound server.

    A named one is never exchanged for another: when it is unplugged chunks() raises. The default one ("") follows the
    server's choice, but not onto a monitor, where the robot would hear itself.

    Args:
        device: name, description, part of one, index or preset; empty for the server's default.
        sample_rate: Hz the server is asked for; 0 is 16 kHz, resampled by the server.
        channels: 0 takes as many as the device has.
        channel: which of them to hear, MIX for the mean of all.
    """

    def __init__(self, device: str = "", sample_rate: int = 0, channels: int = 0, channel: int = MIX) -> None:
        preset = PRESETS.get(device)
        if preset is not None and channel == MIX:
            channel = preset.channel
        super().__init__(channel, timeout_s=_TIMEOUT_S, exact=True)
        self._wanted = device
        self._rate = sample_rate or SAMPLE_RATE
        self._channels = channels
        self._format = AudioFormat()
        self._server: PulseConnection | None = None
        self._thread: threading.Thread | None = None
        self.name = ""  # of the device that was opened

    def open(self) -> AudioFormat:
        """Open the device and start to listen.

        Raises:
            VoiceError: no server, no such device (lists all), or it refuses the format.
        """
        server = self._server = PulseConnection()
        device = find_device(server.devices(INPUT), self._wanted, INPUT)
        self.name = device.name
        self._format = AudioFormat(self._rate, self._channels or device.channels)
        frame = 2 * self._format.channels
        server.record(
            device.name,
            self._format,
            round(self._rate * _FRAGMENT_S) * frame,
            pa.DONT_MOVE if self._wanted else 0,
            self._overflowed,
        )
        self._thread = threading.Thread(target=self._run, args=(server,), name="microphone", daemon=True)
        self._thread.start()
        return self._format

    def close(self) -> None:
        """Stop and release the device."""
        super().close()
        server, self._server = self._server, None
        if server is None:
            return
        if self._thread is not None:
            server.wake_up()
            self._thread.join(_TIMEOUT_S)
            if self._thread.is_alive():  # it holds the connection; better a leak than a crash
                return
        server.close()

    def _run(self, server: PulseConnection) -> None:
        what = f"audio input '{self.name}'"
        try:
            while not self._closed:
                server.iterate(_TURN_S)
                server.check_stream(what)
                self._follow(server)
                self._take(server)
        except VoiceError as error:
            self.fail(error)

    def _follow(self, server: PulseConnection) -> None:
        now = server.device_name
        if now == self.name:
            return
        if now.endswith(".monitor"):
            raise VoiceError(f"audio input '{self.name}' is gone.", "Plug it in again; it is reopened by itself.")
        self.name = now

    def _take(self, server: PulseConnection) -> None:
        while piece := server.peek():
            now_ns = time.time_ns()
            captured_ns = server.edge_ns or now_ns
            server.drop()
            if isinstance(piece, int):
                self.counters.overruns += 1
                piece = bytes(piece)
            samples = from_bytes(piece)
            count = len(samples) // self._format.channels
            captured_ns = min(captured_ns, now_ns - samples_to_ns(count, self._rate))
            self.push(samples, self._format, captured_ns)
            server.ask_timing()

    def _overflowed(self) -> None:
        self.counters.overruns += 1
