"""The two ends of pipecat's pipeline: recordings in place of a microphone, a clock in place of a loudspeaker, and who
watches. Runs in pipecat's environment; no package of ours."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import numpy as np
import soundfile
import soxr
from bench.gap.wire import Speaker
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    ErrorFrame,
    InputAudioRawFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

RATE = 16_000
FRAME = RATE // 50  # 20 ms, as pipecat's own local transport captures
NS = 1_000_000_000


class Recordings(BaseInputTransport):
    """A microphone that plays recordings: 20 ms frames from a thread, each handed over when its last sample has passed."""

    def __init__(self, params: TransportParams, wire: Speaker) -> None:
        super().__init__(params)
        self._wire = wire
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def play(self, path: str) -> None:
        """Next, at once if nothing plays."""
        with self._lock:
            self._waiting.append(path)

    async def start(self, frame: StartFrame) -> None:
        """Begin to capture."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        threading.Thread(target=self._capture, name="capture", daemon=True).start()

    async def cleanup(self) -> None:
        """Stop to capture."""
        self._stop.set()
        await super().cleanup()

    def _capture(self) -> None:
        wall, start = time.time_ns(), time.monotonic_ns()
        sent, left = 0, np.zeros(0, np.int16)
        silence = np.zeros(FRAME, np.int16)
        loop = self.get_event_loop()
        while True:
            if not len(left):
                with self._lock:
                    path = self._waiting.pop(0) if self._waiting else ""
                if path:
                    left = read(path)
                    self._wire.tell("started", first_sample_ns=wall + sent * NS // RATE)
            samples, left = (left[:FRAME], left[FRAME:]) if len(left) else (silence, left)
            samples = np.pad(samples, (0, FRAME - len(samples)))
            sent += FRAME
            if self._stop.wait(max(0.0, (start + sent * NS // RATE - time.monotonic_ns()) / NS)):
                return
            frame = InputAudioRawFrame(audio=samples.tobytes(), sample_rate=RATE, num_channels=1)
            asyncio.run_coroutine_threadsafe(self.push_audio_frame(frame), loop)


class Loudspeaker(BaseOutputTransport):
    """A device without latency: a frame's first sample is heard when it is written, or when the one before is over."""

    def __init__(self, params: TransportParams, wire: Speaker, floor_dbfs: float) -> None:
        super().__init__(params)
        self._wire = wire
        self._floor = 32_768 * 10 ** (floor_dbfs / 20)
        self._next_ns = 0
        self.waiting = True  # for the first audible sample

    async def start(self, frame: StartFrame) -> None:
        """Take frames."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Return when the frame would have been played."""
        now = time.monotonic_ns()
        start = max(now, self._next_ns)
        samples = np.frombuffer(frame.audio, np.int16)
        if self.waiting:
            loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > self._floor)
            if len(loud):
                self.waiting = False
                at = time.time_ns() + start - now + int(loud[0]) * NS // frame.sample_rate
                self._wire.tell("audible", ns=at)
        self._next_ns = start + len(samples) * NS // frame.sample_rate
        await asyncio.sleep(max(0.0, (self._next_ns - time.monotonic_ns()) / NS))
        return True


class Watch(BaseObserver):
    """Tells what is heard and said; sees every frame once per pair of processors, so it looks at each id once."""

    def __init__(self, wire: Speaker, out: Loudspeaker) -> None:
        super().__init__()
        self._wire, self._out = wire, out
        self._seen: set[int] = set()

    async def on_push_frame(self, data: FramePushed) -> None:
        """A frame went from one processor to the next."""
        frame = data.frame
        kinds = (TranscriptionFrame, TTSTextFrame, BotStartedSpeakingFrame, BotStoppedSpeakingFrame, ErrorFrame)
        work = (UserStartedSpeakingFrame, UserStoppedSpeakingFrame, LLMFullResponseStartFrame)
        if not isinstance(frame, (*kinds, *work)) or frame.id in self._seen:
            return
        self._seen.add(frame.id)
        if isinstance(frame, TranscriptionFrame):
            self._wire.tell("heard", text=frame.text)
        elif isinstance(frame, TTSTextFrame):
            self._wire.tell("reply", text=frame.text)
        elif isinstance(frame, BotStartedSpeakingFrame):
            self._wire.tell("playing", on=True)
        elif isinstance(frame, BotStoppedSpeakingFrame):
            self._out.waiting = True
            self._wire.tell("playing", on=False)
        elif isinstance(frame, work):
            self._wire.tell("working")
        elif isinstance(frame, ErrorFrame):
            self._wire.tell("fault", text=str(frame.error))


def read(path: str) -> Any:
    """int16[n] at 16 kHz mono, by the libraries that our own reader uses."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    return np.clip(np.round(mono * 32_768), -32_768, 32_767).astype(np.int16)
