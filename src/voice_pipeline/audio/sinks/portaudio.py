"""The loudspeaker, through PortAudio: for machines without a sound server. Apart: a library that many machines lack."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np

from voice_pipeline.audio.devices import OUTPUT, Device, find_device
from voice_pipeline.audio.formats import Int16, samples_to_ns
from voice_pipeline.audio.portaudio import closed, load_portaudio, opened, portaudio_devices, refresh, stale
from voice_pipeline.audio.sinks.protocol import DEFAULT_RATE
from voice_pipeline.errors import VoiceError

_MAX_LATENCY_S = 2.0  # some host APIs report garbage
# No loudspeaker buffers more than this; ALSA's "null" takes everything at once, and silence would be written for ever.
_MAX_AHEAD_S = 0.5


class PortAudioSink:
    """A loudspeaker of PortAudio, kept open and fed with silence: many USB and Bluetooth ones swallow the first word otherwise.

    Args:
        device: name, part of a name, index or preset; empty for the system's default.
        sample_rate: Hz to open it with; 0 tries 24 kHz, then the device's own rate.
        period_s: seconds of one block.
    """

    wants_silence = True

    def __init__(self, device: str = "", sample_rate: int = 0, period_s: float = 0.020) -> None:
        self.sample_rate = sample_rate or DEFAULT_RATE
        self.underruns = 0
        self.name = ""
        self._wanted = device
        self._rate = sample_rate
        self._period_s = period_s
        self._channels = 1
        self._latency_s = 0.0
        self._stream: Any = None
        self._closed = threading.Event()
        self._played_s = 0.0  # monotonic, when what was written ends at the earliest

    def open(self) -> None:
        """Open the device and start it.

        Raises:
            VoiceError: no PortAudio, no such device (lists all), or it refuses the format.
        """
        self._closed.clear()
        portaudio = load_portaudio(OUTPUT)
        device = self._find(portaudio)
        self.name = device.name
        own_rate = device.sample_rate
        rates = [self._rate] if self._rate else list(dict.fromkeys((DEFAULT_RATE, own_rate)))
        problem: Exception | None = None
        for rate in rates:
            for channels in (1, 2):
                try:
                    self._start(portaudio, device.index, rate, channels)
                except portaudio.PortAudioError as error:
                    problem = error
                    continue
                return
        raise VoiceError(
            f"audio output '{self.name}' does not open at {rates} Hz: {problem}.",
            f"It prefers {own_rate} Hz: set `sample_rate`, or end the program that holds it.",
        )

    def _find(self, portaudio: Any) -> Device:
        fresh = refresh(portaudio)
        try:
            return find_device(portaudio_devices(portaudio, OUTPUT), self._wanted, OUTPUT)
        except VoiceError as error:
            raise error if fresh else stale(error) from error

    def _start(self, portaudio: Any, index: int, rate: int, channels: int) -> None:
        stream = opened(
            lambda: portaudio.RawOutputStream(
                samplerate=rate,
                blocksize=round(rate * self._period_s),
                device=index,
                channels=channels,
                dtype="int16",
                latency="low",
            )
        )
        self._stream = stream
        self.sample_rate, self._channels = rate, channels
        self._latency_s = stream.latency if 0.0 <= stream.latency < _MAX_LATENCY_S else 0.0
        self.underruns = 0

    def begin(self, idle_s: float) -> None:
        """Nothing: the device kept running."""

    def write(self, block: Int16) -> int:
        """Hand the block to the device; blocks while its buffer is full.

        Raises:
            VoiceError: the device is gone.
        """
        data = block if self._channels == 1 else np.repeat(block, self._channels)
        try:
            # PortAudio counts the silence before the very first block as an underflow too; it is heard as one.
            self.underruns += int(self._stream.write(data.tobytes()))
        except Exception as error:  # PortAudioError, or AttributeError after close
            raise VoiceError(
                f"audio output '{self.name}' stopped: {error}.", "Plug it in again; it is reopened by itself."
            ) from error
        now_s = time.monotonic()
        self._played_s = max(self._played_s, now_s) + len(block) / self.sample_rate
        if self._played_s - now_s > _MAX_AHEAD_S:
            self._closed.wait(self._played_s - now_s - _MAX_AHEAD_S)
        # Just handed over: its last sample is heard a full buffer from now.
        return time.time_ns() + int(self._latency_s * 1e9) - samples_to_ns(len(block), self.sample_rate)

    def close(self) -> None:
        """Stop and release the device."""
        self._closed.set()
        stream, self._stream = self._stream, None
        if stream is not None:
            with suppress(Exception):
                stream.abort()
            with suppress(Exception):
                stream.close()
            closed()
