"""The segmenter hands every frame to the detector once, in order, and starts it afresh when audio is missing."""

import numpy as np

from voice_pipeline.audio.formats import AudioChunk, samples_to_ns
from voice_pipeline.vad.endpointer import Endpointer
from voice_pipeline.vad.events import EndpointerOptions
from voice_pipeline.vad.segmenter import Segmenter

T0 = 1_700_000_000_000_000_000


class Log:
    """A detector that writes down what it was asked."""

    def __init__(self):
        self.calls = []
        self.level = 0.0

    def probability(self, frame):
        self.calls.append(int(frame[0]))
        return self.level

    def reset(self):
        self.calls.append("reset")

    def close(self):
        pass


def feed(segmenter, first, last, piece=512, shift_ns=0):
    for at in range(first, last, piece):
        samples = (np.arange(at, min(at + piece, last)) // 512).astype(np.int16)
        segmenter.push(AudioChunk(T0 + samples_to_ns(at) + shift_ns, samples))


def test_every_frame_is_heard_once_whatever_the_size_of_the_chunks():
    for piece in (512, 160, 700, 4_000):
        log = Log()
        feed(Segmenter(log, Endpointer()), 0, 512 * 10, piece)
        assert log.calls == list(range(10))


def test_missing_audio_resets_the_detector_and_drops_the_half_frame_before_it():
    log = Log()
    segmenter = Segmenter(log, Endpointer())
    feed(segmenter, 0, 512 * 2 + 100, 100)
    feed(segmenter, 512 * 10, 512 * 12)
    assert log.calls == [0, 1, "reset", 10, 11]
    assert segmenter.gaps == 1


def test_jitter_of_stamps_does_not_reset():
    log = Log()
    segmenter = Segmenter(log, Endpointer())
    for index in range(6):
        feed(segmenter, index * 512, index * 512 + 512, shift_ns=(index % 2) * 10_000_000)
    assert log.calls == list(range(6))


def test_in_long_silence_the_detector_is_started_afresh_every_two_seconds():
    log = Log()
    feed(Segmenter(log, Endpointer()), 0, 512 * 150)
    assert [i - n for n, i in enumerate(k for k, c in enumerate(log.calls) if c == "reset")] == [61, 123]


def test_after_an_utterance_the_detector_is_started_afresh():
    log = Log()
    segmenter = Segmenter(log, Endpointer(EndpointerOptions(min_level=-200.0)))
    log.level = 0.9
    feed(segmenter, 512, 512 * 20)
    log.level = 0.0
    feed(segmenter, 512 * 20, 512 * 45)
    assert log.calls == [*range(1, 38), "reset", *range(38, 45)]  # 18 frames of silence are 0.55 s


def test_while_somebody_speaks_the_detector_keeps_its_memory():
    log = Log()
    log.level = 0.9
    segmenter = Segmenter(log, Endpointer(EndpointerOptions(min_level=-200.0)))
    feed(segmenter, 512, 512 * 100)
    assert "reset" not in log.calls


def test_unsure_is_not_silent():
    log = Log()
    log.level = 0.2
    feed(Segmenter(log, Endpointer()), 0, 512 * 150)
    assert "reset" not in log.calls


def test_the_end_of_the_source_resets_the_detector():
    log = Log()
    Segmenter(log, Endpointer()).source_ended()
    assert log.calls == ["reset"]


def test_an_utterance_ended_by_a_verdict_starts_the_detector_afresh_too():
    log = Log()
    segmenter = Segmenter(log, Endpointer(EndpointerOptions(min_level=-200.0), "run"))
    log.level = 0.9
    feed(segmenter, 512, 512 * 20)
    log.level = 0.0
    feed(segmenter, 512 * 20, 512 * 30)
    assert "reset" not in log.calls
    ended = segmenter.judge("run-00000", 1, True)
    assert [e.kind.name for e in ended] == ["END"]
    assert log.calls[-1] == "reset"
