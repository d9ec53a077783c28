"""A voice, a clock and a sink that a test can hold."""

from __future__ import annotations

import threading
import time

import numpy as np

from voice_pipeline.audio.clock import SystemClock
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
        self.asked = []  # texts, when it begins with them
        self.said = []
        self.said_ns = []  # wall time of each
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
        hold = self.hold
        self.asked.append(text)
        if hold is not None:
            while not hold.is_set() and not woken.wait(0.005):
                pass
        woken.wait(self.delay_s)
        cancellation.check()
        if self.fail_with:
            raise VoiceError(self.fail_with, "Mend it.")
        self.said.append((text, voice, speed))
        self.said_ns.append(time.time_ns())
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


class UnhurriedClock:
    """Moves only for those who wait for it, and takes them as long as real time: nobody is late by a machine that stalls."""

    def __init__(self):
        self._now_ns = 0
        self._wall_ns = time.time_ns()

    def wall_ns(self):
        return self._wall_ns + self._now_ns

    def monotonic_ns(self):
        return self._now_ns

    def wait_until(self, deadline_ns, stop):
        stopped = stop.wait(max(0, deadline_ns - self._now_ns) / 1e9)
        self._now_ns = max(self._now_ns, deadline_ns)
        return stopped


class PatientClock(SystemClock):
    """Real time, less what waits took too long: nobody has to catch up. The wall clock stays the machine's own."""

    def __init__(self):
        self._lost_ns = 0

    def monotonic_ns(self):
        return super().monotonic_ns() - self._lost_ns

    def wait_until(self, deadline_ns, stop):
        stopped = super().wait_until(deadline_ns + self._lost_ns, stop)
        self._lost_ns += max(0, self.monotonic_ns() - deadline_ns)
        return stopped


def player_on(clock, monkeypatch):
    """Players made from now on, and their null and file sinks, take their time from a clock of the test's."""
    for module in ("playback", "sinks.paced"):
        monkeypatch.setattr(f"voice_pipeline.audio.{module}.SystemClock", lambda: clock)
    return clock


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
