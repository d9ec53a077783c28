"""A voice, a clock and a sink that a test can hold."""

from __future__ import annotations

import threading

import numpy as np

from voice_pipeline.errors import VoiceError
from voice_pipeline.tts.protocol import Cancellation

RATE = 24_000


def tone(seconds, rate=RATE, level=8000, hz=220):
    """int16 sine."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


class FakeSynthesizer:
    """Says 20 characters a second as a tone between two silences, as Kokoro does. `delay_s` is real time a piece."""

    sample_rate = RATE
    default_voice = "anna"
    notes = ()

    def __init__(self, delay_s=0.0):
        self.delay_s = delay_s
        self.said = []
        self.fail_with = None
        self.closed = False
        self.hold = None  # an Event to wait for

    def voices(self):
        return ["anna", "bert"]

    def language(self, voice):
        return "en-us"

    def warm_up(self, voice):
        return 0.0

    def synthesize(self, text, voice, speed, cancellation: Cancellation):
        woken = threading.Event()
        cancellation.on_set(woken.set)
        if self.hold is not None:
            while not self.hold.is_set() and not woken.wait(0.005):
                pass
        woken.wait(self.delay_s)
        cancellation.check()
        if self.fail_with:
            raise VoiceError(self.fail_with, "Mend it.")
        self.said.append((text, voice, speed))
        quiet = np.zeros(round(0.3 * RATE), np.int16)
        yield np.concatenate((quiet, tone(len(text) / 20 / speed), quiet))

    def figures(self):
        return {"engine": "fake"}

    def close(self):
        self.closed = True


class HeldClock:
    """Time stands still but for those who wait for it."""

    def __init__(self):
        self.now_ns = 1_000_000_000_000

    def wall_ns(self):
        return self.now_ns

    def monotonic_ns(self):
        return self.now_ns

    def wait_until(self, deadline_ns, stop):
        self.now_ns = max(self.now_ns, deadline_ns)
        return stop.is_set()


class FakeSink:
    """Keeps what it was given; takes the time of the clock it is given."""

    def __init__(self, clock, rate=RATE, wants_silence=False, latency_ns=0):
        self.sample_rate = rate
        self.wants_silence = wants_silence
        self.underruns = 0
        self.blocks = []
        self.broken = ""
        self.opened = 0
        self.closed = 0
        self.gaps = []
        self._clock = clock
        self._latency_ns = latency_ns

    def open(self):
        if self.broken:
            raise VoiceError(self.broken, "Mend it.")
        self.opened += 1

    def begin(self, idle_s):
        self.gaps.append(idle_s)

    def write(self, block):
        if self.broken:
            raise VoiceError(self.broken, "Mend it.")
        start = self._clock.now_ns
        self.blocks.append(block.copy())
        self._clock.now_ns += round(len(block) / self.sample_rate * 1e9)
        return start + self._latency_ns

    def close(self):
        self.closed += 1

    @property
    def played(self):
        return np.concatenate(self.blocks) if self.blocks else np.zeros(0, np.int16)
