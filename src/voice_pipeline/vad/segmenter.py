"""A detector and an endpointer over a stream of audio: chunks of any length in, events out."""

from __future__ import annotations

from voice_pipeline.audio.convert import Chunker
from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, AudioChunk, mean_square, samples_to_ns
from voice_pipeline.vad.bar import Bar
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import Event
from voice_pipeline.vad.protocol import VoiceActivityDetector
from voice_pipeline.vad.utterance import FRAME_NS

# Silero's memory drifts in silence and faint noise, and lasts from one speaker to the next. Of 228 short words behind 1.5
# to 10 s of it 14 were missed; with a reset after every 2 s of it, 3. Of 608 behind 0.2 to 10 s, 21 with that alone and 10
# with a reset after each utterance too. The price: 4 false starts instead of 1 in 14 minutes of recorded noise (13 when
# reset after every second). Differences of 1 or 2 in these counts mean nothing.
_RESET_FRAMES = 2 * NS // FRAME_NS
_IDLE_BELOW = 0.1
# A longer gap is a source that stopped and began again (a file, a microphone that was unplugged): nothing was lost in it.
_LOST_BELOW_NS = NS


class Segmenter:
    """Finds utterances in 16 kHz mono audio. Not locked: use it from one thread.

    Args:
        detector: gives probabilities; reset when audio is missing.
        endpointer: turns them into events.
        bar: how sure the detector must be while the robot makes sounds itself.
    """

    def __init__(self, detector: VoiceActivityDetector, endpointer: Endpointer, bar: Bar | None = None) -> None:
        self._detector = detector
        self._endpointer = endpointer
        self._bar = bar or Bar()
        self._chunker = Chunker()
        self._next_ns = 0  # end of the chunk before
        self._idle = 0  # frames in a row in which nobody came near to speaking
        self.gaps = 0  # how often audio was missing between chunks, or its time jumped
        self.missing_s = 0.0  # audio that was lost within a stream, that is, in gaps of less than a second
        self.probability = 0.0  # of the newest frame

    @property
    def speaking(self) -> bool:
        """An utterance is open."""
        return self._endpointer.open

    def push(self, chunk: AudioChunk) -> list[Event]:
        """Take the next chunk; the events it causes, in order."""
        if self._next_ns and abs(chunk.stamp_ns - self._next_ns) > FRAME_NS:
            self.gaps += 1
            lost_ns = chunk.stamp_ns - self._next_ns
            self.missing_s += lost_ns / NS if 0 < lost_ns < _LOST_BELOW_NS else 0.0
            self._chunker = Chunker()
            self._restart_detector()
        start_ns = chunk.stamp_ns - samples_to_ns(self._chunker.waiting)
        self._next_ns = chunk.end_ns
        events: list[Event] = []
        for index, frame in enumerate(self._chunker.push(chunk.samples)):
            if self._quiet_for_long():
                self._restart_detector()
            self.probability = self._detector.probability(frame)
            stamp = start_ns + samples_to_ns(index * CHUNK_SAMPLES)
            threshold = self._bar.threshold(stamp, self._endpointer.threshold)
            events += self._after(self._endpointer.push(stamp, self.probability, mean_square(frame), threshold))
        return events

    def judge(self, utterance_id: str, generation: int, complete: bool | None) -> list[Event]:
        """A verdict on a pause; see Endpointer.judge."""
        return self._after(self._endpointer.judge(utterance_id, generation, complete))

    def _after(self, events: list[Event]) -> list[Event]:
        if events and not self._endpointer.open:
            self._restart_detector()
        return events

    def _quiet_for_long(self) -> bool:
        quiet = self.probability < _IDLE_BELOW and not self._endpointer.open
        self._idle = self._idle + 1 if quiet else 0
        return self._idle >= _RESET_FRAMES

    def _restart_detector(self) -> None:
        self._idle = 0
        self._detector.reset()

    def source_ended(self) -> list[Event]:
        """No audio has come for a while: ends an open utterance."""
        self._detector.reset()
        return self._endpointer.source_ended()
