"""The microphone, through PortAudio. Apart because it needs a system library that many machines lack."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from voice_pipeline.audio.formats import NS, SAMPLE_RATE, AudioFormat
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


def load_portaudio() -> Any:
    """The sounddevice module.

    Raises:
        VoiceError: the Python package or the system library is missing.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise VoiceError(
            "the Python package 'sounddevice' is not installed.", "Run `pip install sounddevice`, or use source: file."
        ) from error
    except OSError as error:  # raised at import when the shared library is not found
        raise VoiceError(
            "the PortAudio library is not on this machine, so there is no way to a sound device.",
            "Run `sudo apt install libportaudio2`, or use source: file.",
        ) from error
    return sounddevice


def find_input(devices: list[dict[str, Any]], wanted: str) -> int | None:
    """Index of an input device: "" is the system's default (None), a number is an index, else a name or part of one.

    Raises:
        VoiceError: no input device matches, or several do and none exactly; lists all inputs.
    """
    inputs = {i: d for i, d in enumerate(devices) if d["max_input_channels"] > 0}
    listing = "; ".join(f"{i}: {d['name']} ({d['max_input_channels']} channels)" for i, d in inputs.items()) or "none"
    if not inputs:
        raise VoiceError("this machine has no audio input.", "Plug in a microphone, or use source: file.")
    if wanted == "":
        return None
    if wanted.isdigit():
        if int(wanted) in inputs:
            return int(wanted)
        raise VoiceError(f"device {wanted} is no audio input.", f"Set `device` to one of these: {listing}.")
    exact = [i for i, d in inputs.items() if d["name"] == wanted]
    matches = exact or [i for i, d in inputs.items() if wanted.lower() in d["name"].lower()]
    if len(matches) == 1:
        return matches[0]
    found = "several audio inputs match" if matches else "no audio input matches"
    raise VoiceError(f"{found} '{wanted}'.", f"Set `device` to one of these, by number or name: {listing}.")


class DeviceSource(PushSource):
    """A microphone.

    Args:
        device: name, part of a name, or index; empty for the system's default.
        sample_rate: Hz to open it with; 0 tries 16 kHz, then the device's own rate.
        channels: to open it with; 0 takes 1, or as many as `channel` needs.
        channel: which of them to hear, MIX for the mean of all.
    """

    def __init__(self, device: str = "", sample_rate: int = 0, channels: int = 0, channel: int = MIX) -> None:
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
        portaudio = load_portaudio()
        index = find_input(list(portaudio.query_devices()), self._wanted)
        info = portaudio.query_devices(index, "input")
        self.name = str(info["name"])
        own_rate = int(info["default_samplerate"])
        rates = [self._rate] if self._rate else list(dict.fromkeys((SAMPLE_RATE, own_rate)))
        problem: Exception | None = None
        for rate in rates:
            try:
                self._start(portaudio, index, rate)
            except portaudio.PortAudioError as error:
                problem = error
                continue
            return self._format
        raise VoiceError(
            f"audio input '{self.name}' does not open with {self._channels} channel(s) at {rates} Hz: {problem}",
            f"It has {info['max_input_channels']} channel(s) and prefers {own_rate} Hz: set `channels` and "
            "`sample_rate`, or end the program that holds it.",
        )

    def _start(self, portaudio: Any, index: int | None, rate: int) -> None:
        self._format = AudioFormat(rate, self._channels)
        self._stream = portaudio.RawInputStream(
            samplerate=rate,
            blocksize=round(rate * _PERIOD_S),
            device=index,
            channels=self._channels,
            dtype="int16",
            callback=self._callback,
            finished_callback=self._finished,
        )
        self._stream.start()

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
