"""The microphone, through PortAudio: for machines without a sound server. Apart: a library that many machines lack."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from voice_pipeline.audio.devices import INPUT, PRESETS, Device, find_device
from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioFormat
from voice_pipeline.audio.portaudio import closed, load_portaudio, opened, portaudio_devices, refresh, stale
from voice_pipeline.audio.resample import MIX
from voice_pipeline.audio.sources.push import PushSource
from voice_pipeline.errors import VoiceError

# Callbacks arrive in bursts under load, never early: only when a whole second of them is late was audio lost.
_PATIENCE = 32
_PERIOD_S = 0.032
# A USB microphone that is pulled out often just falls silent: no callback, no error.
_TIMEOUT_S = 2.0
# PortAudio's capture time is believed when it lies at most this far back; some host APIs report 0 or garbage.
_MAX_INPUT_DELAY_S = 1.0


class PortAudioSource(PushSource):
    """A microphone of PortAudio.

    Args:
        device: name, part of a name, index or preset; empty for the system's default.
        sample_rate: Hz to open it with; 0 tries 16 kHz, then the device's own rate.
        channels: to open it with; 0 takes 1, or as many as `channel` needs.
        channel: which of them to hear, MIX for the mean of all.
    """

    def __init__(self, device: str = "", sample_rate: int = 0, channels: int = 0, channel: int = MIX) -> None:
        preset = PRESETS.get(device)
        if preset is not None:
            sample_rate, channels = sample_rate or preset.sample_rate, channels or preset.channels
            channel = preset.channel if channel == MIX else channel
        super().__init__(channel, _PATIENCE, _TIMEOUT_S)
        self._wanted = device
        self._rate = sample_rate
        self._channels = channels or max(1, channel + 1)
        self._format = AudioFormat()
        self._stream: Any = None
        self.name = ""  # of the device that was opened

    def open(self) -> AudioFormat:
        """Open the device and start it.

        Raises:
            VoiceError: no PortAudio, no such device (lists all), or it refuses the format.
        """
        portaudio = load_portaudio(INPUT)
        device = self._find(portaudio)
        self.name = device.name
        own_rate = device.sample_rate
        rates = [self._rate] if self._rate else list(dict.fromkeys((SAMPLE_RATE, own_rate)))
        problem: Exception | None = None
        for rate in rates:
            try:
                self._start(portaudio, device.index, rate)
            except portaudio.PortAudioError as error:
                problem = error
                continue
            return self._format
        raise VoiceError(
            f"audio input '{self.name}' does not open with {self._channels} channel(s) at {rates} Hz: {problem}",
            f"It has {device.channels} channel(s) and prefers {own_rate} Hz: set `channels` and "
            "`sample_rate`, or end the program that holds it.",
        )

    def _start(self, portaudio: Any, index: int, rate: int) -> None:
        self._format = AudioFormat(rate, self._channels)
        self._stream = opened(
            lambda: portaudio.RawInputStream(
                samplerate=rate,
                blocksize=round(rate * _PERIOD_S),
                device=index,
                channels=self._channels,
                dtype="int16",
                callback=self._callback,
                finished_callback=self._finished,
            )
        )

    def _find(self, portaudio: Any) -> Device:
        fresh = refresh(portaudio)
        try:
            return find_device(portaudio_devices(portaudio, INPUT), self._wanted, INPUT)
        except VoiceError as error:
            raise error if fresh else stale(error) from error

    def _callback(self, data: Any, frames: int, when: Any, status: Any) -> None:
        """On PortAudio's own thread: must not block."""
        now = time.time_ns()
        delay = when.currentTime - when.inputBufferAdcTime
        if not 0.0 < delay < _MAX_INPUT_DELAY_S:
            delay = frames / self._format.sample_rate
        if status.input_overflow:
            self.counters.overruns += 1
        samples = np.frombuffer(bytes(data), np.int16)  # PortAudio's native order; a copy, the buffer is reused
        self.push(samples, self._format, now - int(delay * NS))

    def _finished(self) -> None:
        if not self._closed:
            self.fail(VoiceError(f"audio input '{self.name}' stopped.", "Plug it in again; it is reopened by itself."))

    def close(self) -> None:
        """Stop and release the device."""
        super().close()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()
            closed()
