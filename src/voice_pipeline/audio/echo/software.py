"""The canceller in the microphone's stream: in step with what was played, and out of the way when nothing is."""

from __future__ import annotations

import numpy as np

from voice_pipeline.audio.echo.delay import DelayTracker, is_sound, measure_delay
from voice_pipeline.audio.echo.feed import CancellerFeed
from voice_pipeline.audio.echo.loss import EchoLoss
from voice_pipeline.audio.echo.protocol import EchoCanceller, EchoFigures
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.formats import NS, AudioChunk, Int16

_FADE = 160  # samples from the raw to the cancelled signal and back, 10 ms
_GAP_NS = 16_000_000  # stamps that differ by more are not one stream
_ESTIMATE_EVERY = 8  # chunks: four estimates of the delay a second, each from 1 s
_REVERB_NS = NS // 2  # after the last sound; the echo of a living room is 60 dB down by then


class SoftwareEcho:
    """Chunks in, chunks out with the same stamps and lengths.

    While nothing is played a chunk passes at once, bit by bit as it came. While the robot speaks, and 0.5 s longer, a
    chunk leaves when the next one has come: the canceller's frames of 10 ms and its own latency of 8 ms do not fit into
    the chunk itself, and the reference has time to arrive.

    Args:
        canceller: used by this stage only.
        reference: what is played.
        wait_s: longest wait for a reference that is late, on top of the chunk.
    """

    def __init__(self, canceller: EchoCanceller, reference: PlayedReference, wait_s: float = 0.02) -> None:
        self._reference = reference
        self._feed = CancellerFeed(canceller, reference, wait_s)
        self.delay = DelayTracker()
        self._loss = EchoLoss()
        self._problem = ""
        self._held: AudioChunk | None = None
        self._cancelling = False
        self._fresh = False  # the next chunk is the first that is cancelled
        self._chunks = 0

    def process(self, chunk: AudioChunk) -> list[AudioChunk]:
        """Take one chunk; those that are ready."""
        if self._problem:
            return [chunk]
        try:
            return self._process(chunk)
        except Exception as error:  # native code: hearing goes on whatever it does
            self._problem = (
                f"the echo canceller failed ({type(error).__name__}: {error}); the robot may hear itself. "
                "Restart audio_capture, or set `echo` to gate."
            )
            return [*self.flush(), chunk]

    def flush(self) -> list[AudioChunk]:
        """What was held back, as it came."""
        held, self._held = self._held, None
        self._cancelling = False
        return [] if held is None else [held]

    def figures(self) -> EchoFigures:
        """Delay, what was removed, and what came late."""
        values: dict[str, str | int | float] = {
            "echo_cancelling": str(self._cancelling),
            "echo_delay_ms": self.delay.ms if self.delay.known else "unknown",
            "echo_delay_jumps": self.delay.jumps,
            "echo_heard": str(self.delay.echo_is_heard).lower(),
            "echo_removed_db": self._loss.db,
            "echo_reference_blocks": self._reference.blocks,
            "echo_late_references": self._reference.late,
        }
        return EchoFigures(self._problem, values)

    def _process(self, chunk: AudioChunk) -> list[AudioChunk]:
        ready: list[AudioChunk] = []
        if self._feed.end_ns and abs(chunk.stamp_ns - self._feed.end_ns) > _GAP_NS:
            ready = self.flush()
            self._feed.forget()
        self._feed.append(chunk)
        if self._echo_at(chunk.stamp_ns):
            return ready + self._cancel(chunk)
        return [*ready, *self._leave(chunk), chunk]

    def _echo_at(self, stamp_ns: int) -> bool:
        """Whether what was played may be heard at this time."""
        late_ns = max(0, round(self.delay.ms * 1e6))
        return self._reference.sounds_at(stamp_ns, late_ns + _REVERB_NS)

    def _cancel(self, chunk: AudioChunk) -> list[AudioChunk]:
        held = self._held
        if held is None:
            self._cancelling, self._fresh, self._chunks = True, True, 0
            self._feed.begin(self._feed.count - len(chunk.samples), self.delay.samples)
            self._held = chunk
            return []
        cleaned = self._cleaned(held, chunk)
        self._held = chunk
        self._chunks += 1
        if self._chunks % _ESTIMATE_EVERY == 0:
            self._estimate()
        return [cleaned]

    def _leave(self, chunk: AudioChunk) -> list[AudioChunk]:
        """Nothing is heard of the robot any more: the chunk before fades back to the raw signal."""
        held = self._held
        if held is None:
            return []
        cleaned = self._cleaned(held, chunk)
        self._held, self._cancelling = None, False
        return [AudioChunk(held.stamp_ns, _faded(cleaned.samples[::-1], held.samples[::-1])[::-1])]

    def _cleaned(self, held: AudioChunk, newest: AudioChunk) -> AudioChunk:
        length = len(held.samples)
        at = self._feed.count - len(newest.samples) - length
        samples = self._feed.cleaned(at, length, self.delay.samples)
        self._loss.add(held.samples, samples)
        if self._fresh:
            self._fresh = False
            samples = _faded(samples, held.samples)
        return AudioChunk(held.stamp_ns, samples)

    def _estimate(self) -> None:
        pair = self._feed.estimate_input()
        if pair is not None and is_sound(pair[1]):
            known = self.delay.known
            self.delay.update(measure_delay(*pair))
            self._feed.suppress = self.delay.echo_is_heard
            # Later jumps are mostly the stamps': behind the corrected delay the room is the one that was learnt.
            if self.delay.known and not known and self.delay.jumps:
                self._feed.moved()


def _faded(samples: Int16, begins_as: Int16) -> Int16:
    """`samples`, the first 10 ms of them gliding over from `begins_as`."""
    share = np.minimum(1.0, np.arange(len(samples)) / _FADE)
    mixed: Int16 = np.rint(share * samples + (1.0 - share) * begins_as).astype(np.int16)
    return mixed
