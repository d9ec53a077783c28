"""The machine's clock is set back (it got its time from the network): stamps repeat, and hearing must not suffer for it."""

import numpy as np
import pytest

from voice_pipeline.asr.jobs import Segment
from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.echo.gate import HalfDuplexGate
from voice_pipeline.audio.echo.reference import PlayedReference
from voice_pipeline.audio.formats import CHUNK_SAMPLES, NS, AudioChunk, AudioFormat, samples_to_ns
from voice_pipeline.audio.ring import AudioRing
from voice_pipeline.vad.bar import Bar
from voice_pipeline.wake.listener import WakeWordListener

NOW = 1_700_000_000 * NS


def chunks(begin_ns, seconds, value):
    for n in range(round(seconds * 16_000 / CHUNK_SAMPLES)):
        yield AudioChunk(begin_ns + samples_to_ns(n * CHUNK_SAMPLES), np.full(CHUNK_SAMPLES, value, np.int16))


class Engine:
    """Writes which value it was given."""

    def __init__(self):
        self.heard = []

    def transcribe(self, audio, language=""):
        self.heard.append(round(float(audio.mean()) * 32_768))
        return Transcription("hello there", 0.9, 0.0)


@pytest.mark.parametrize("back_s", [2, 20, 50])
def test_what_is_said_afterwards_is_heard_and_not_what_was_said_at_that_time_before(back_s):
    engine, results, clock = Engine(), [], [NOW + 60 * NS]
    recognizer = Recognizer(engine, RejectionRules(), results.append, wall_ns=lambda: clock[0])
    for chunk in chunks(NOW, 60, 1_000):
        recognizer.append(chunk)
    again = NOW + (60 - back_s) * NS
    clock[0] = again
    for chunk in chunks(again, 2.0, 2_000):
        recognizer.append(chunk)
    clock[0] = again + 2 * NS
    said = Segment("u1", 1, again + NS // 2, again + 3 * NS // 2, again + 3 * NS // 2, -20.0)
    recognizer.started("u1", said.audio_start_ns)
    assert recognizer.ended(said)
    recognizer.work()
    assert engine.heard == [2_000]


def test_an_utterance_that_waits_for_its_last_audio_is_answered_soon():
    engine, results, clock = Engine(), [], [NOW + 10 * NS]
    recognizer = Recognizer(engine, RejectionRules(), results.append, wall_ns=lambda: clock[0])
    for chunk in chunks(NOW, 10, 1_000):
        recognizer.append(chunk)
    said = Segment("u1", 1, NOW + 8 * NS, NOW + 11 * NS, NOW + 10 * NS, -20.0)
    recognizer.ended(said)
    clock[0] -= 3600 * NS
    if recognizer.tick():
        recognizer.work()
    assert len(results) == 1


def test_a_small_step_back_is_no_new_time():
    ring = AudioRing(4.0)
    for chunk in (*chunks(NOW, 1.0, 1), *chunks(NOW + NS // 2, 1.0, 2)):
        ring.append(chunk)
    assert ring.start_ns == NOW


def played(reference, begin_ns):
    reference.push(np.full(480, 9_000, np.int16), AudioFormat(24_000, 1), begin_ns)


def test_the_gate_opens_again_and_closes_when_the_robot_speaks():
    reference = PlayedReference()
    gate = HalfDuplexGate(reference, 0.5)
    played(reference, NOW)
    hour = NOW - 3600 * NS
    heard = next(chunks(hour, 0.1, 1_000))
    assert gate.process(heard) == [heard]
    played(reference, hour)
    assert not gate.process(heard)[0].samples.any()


def test_the_bar_is_not_raised_for_an_hour():
    bar = Bar()
    bar.played(NOW, True, -20.0)
    assert bar.reason(NOW) == "playing"
    assert bar.reason(NOW - 3600 * NS) == ""


def test_a_wake_word_is_heard_although_it_was_heard_at_that_time_before():
    class Hears:
        frame_samples = CHUNK_SAMPLES
        words = ("hey",)

        def scores(self, frame):
            return {"hey": float(frame[0] > 0)}

        def reset(self):
            pass

    listener = WakeWordListener(Hears(), 0.5, 2.0)
    assert len(listener.push(next(chunks(NOW, 0.1, 1)))) == 1
    assert len(listener.push(next(chunks(NOW - 3600 * NS, 0.1, 1)))) == 1
