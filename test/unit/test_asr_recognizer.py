"""Each utterance leads to exactly one final, whatever comes in whichever order; guesses never get in its way."""

import threading

import numpy as np
import pytest

from voice_pipeline.asr.jobs import Segment
from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.formats import AudioChunk, samples_to_ns

T0 = 1_700_000_000_000_000_000
MS = 1_000_000


class Fake:
    """Says how many samples it got; can be made to fail, to take time, or to do something meanwhile."""

    def __init__(self):
        self.calls = []
        self.error = None
        self.meanwhile = lambda: None
        self.text = None

    def transcribe(self, audio, language=""):
        self.calls.append(len(audio))
        self.meanwhile()
        if self.error:
            raise self.error
        return Transcription(f"heard {len(audio)}" if self.text is None else self.text, confidence=0.9)

    def warm_up(self):
        pass

    def close(self):
        pass


class Ears:
    def __init__(self, **options):
        self.engine = Fake()
        self.results = []
        self.now = T0
        self.r = Recognizer(self.engine, RejectionRules(), self.results.append, wall_ns=lambda: self.now, **options)
        self.samples = 0

    def listen(self, ms):
        """Audio arrives for so long; work is done."""
        for _ in range(ms // 32):
            stamp = T0 + samples_to_ns(self.samples)
            self.samples += 512
            self.now = T0 + samples_to_ns(self.samples)
            if self.r.append(AudioChunk(stamp, np.full(512, 100, np.int16))):
                self.r.work()

    @property
    def finals(self):
        return [x for x in self.results if x.is_final]

    @property
    def partials(self):
        return [x for x in self.results if not x.is_final]


def segment(end_ms, generation=1, name="u1", start_ms=0, speech_end_ms=None, level=-20.0):
    speech_end = end_ms if speech_end_ms is None else speech_end_ms
    return Segment(name, generation, T0 + start_ms * MS, T0 + end_ms * MS, T0 + speech_end * MS, level)


@pytest.fixture
def ears():
    return Ears()


def test_an_end_without_a_pause_is_transcribed_from_start_to_end(ears):
    ears.listen(1600)
    ears.r.started("u1", T0 + 320 * MS)
    assert ears.r.ended(segment(1280, start_ms=320))
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 15360"]
    final = ears.finals[0]
    assert (final.audio_seconds, final.stable_text, final.rejected_reason) == (0.96, "heard 15360", "")
    assert final.vad_end_ns == final.asr_start_ns == ears.now


def test_what_was_transcribed_at_the_pause_is_published_at_the_end_without_work(ears):
    ears.listen(1600)
    ears.r.started("u1", T0)
    assert ears.r.paused(segment(1100, speech_end_ms=1000))
    ears.r.work()
    assert [r.stable_text for r in ears.partials] == [""]
    assert not ears.r.ended(segment(1200, speech_end_ms=1000))
    assert len(ears.finals) == len(ears.engine.calls) == 1
    assert ears.finals[0].segment == segment(1200, speech_end_ms=1000)
    assert ears.finals[0].vad_end_ns == ears.now
    assert ears.r.counters.speculation_hits == 1


def test_an_end_while_the_guess_is_computed_takes_it_over(ears):
    ears.listen(1600)
    ears.r.paused(segment(1100, speech_end_ms=1000))
    ears.engine.meanwhile = lambda: ears.r.ended(segment(1200, speech_end_ms=1000))
    ears.r.work()
    assert (len(ears.finals), len(ears.engine.calls), len(ears.partials)) == (1, 1, 0)


def test_a_guess_is_stale_when_speech_went_on(ears):
    ears.listen(3200)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))
    ears.r.work()
    ears.r.resumed("u1")
    assert ears.r.ended(segment(3000, 2))
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 48000"]


def test_a_guess_that_is_computed_while_speech_goes_on_is_not_kept(ears):
    ears.listen(3200)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))
    ears.engine.meanwhile = lambda: ears.r.resumed("u1")
    ears.r.work()
    ears.engine.meanwhile = lambda: None
    ears.r.ended(segment(3000, 2))
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 48000"]


def test_a_guess_of_other_audio_is_not_used_even_with_the_same_generation(ears):
    ears.listen(3200)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))
    ears.r.work()
    ears.r.ended(segment(1900, 1, speech_end_ms=1800))
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 30400"]


def test_without_speculation_pauses_cost_nothing():
    ears = Ears(speculate=False)
    ears.listen(1600)
    assert not ears.r.paused(segment(1000))
    assert ears.r.ended(segment(1000))
    ears.r.work()
    assert len(ears.finals) == len(ears.engine.calls) == 1


def test_a_false_start_is_not_transcribed(ears):
    ears.listen(1600)
    ears.r.started("u1", T0)
    ears.r.paused(segment(1000))
    ears.r.dropped("u1")
    ears.r.work()
    assert ears.results == []


def test_finals_go_before_guesses_and_none_is_dropped(ears):
    ears.listen(6400)
    for i in range(40):
        ears.r.ended(segment(1000 + i, name=f"u{i}"))
    ears.r.started("next", T0)
    ears.r.paused(segment(6000, name="next"))
    assert ears.r.backlog == 40
    ears.r.work()
    assert [r.segment.utterance_id for r in ears.results] == [f"u{i}" for i in range(40)] + ["next"]
    assert ears.r.backlog == 0


def test_an_end_that_comes_twice_is_answered_once(ears):
    ears.listen(1600)
    for _ in range(2):
        ears.r.ended(segment(1000))
        ears.r.work()
    assert not ears.r.paused(segment(1000))
    assert len(ears.finals) == 1


def test_an_engine_that_fails_still_answers_the_end(ears):
    ears.listen(1600)
    ears.engine.error = RuntimeError("out of memory")
    ears.r.ended(segment(1000))
    ears.r.work()
    assert ears.finals[0].rejected_reason == "the recogniser failed: RuntimeError: out of memory"
    assert "out of memory" in ears.r.counters.last_error
    ears.engine.error = None
    ears.r.ended(segment(1500, name="u2"))
    ears.r.work()
    assert ears.finals[1].rejected_reason == ""
    assert ears.r.counters.last_error == ""


def test_a_guess_that_fails_is_tried_again_at_the_end(ears):
    ears.listen(1600)
    ears.engine.error = RuntimeError("once")
    ears.r.paused(segment(1000))
    ears.r.work()
    ears.engine.error = None
    assert ears.r.ended(segment(1000))
    ears.r.work()
    assert [r.rejected_reason for r in ears.finals] == [""]


def test_what_holds_no_words_is_a_rejected_final(ears):
    ears.listen(1600)
    ears.engine.text = " . "
    ears.r.ended(segment(1000))
    ears.r.work()
    assert [r.rejected_reason for r in ears.finals] == ["no words"]
    assert ears.r.counters.rejected == 1


def test_an_end_whose_last_audio_is_late_waits_for_it(ears):
    ears.listen(960)
    assert not ears.r.ended(segment(1000))
    assert ears.r.backlog == 1
    ears.listen(64)
    assert [r.heard.text for r in ears.finals] == ["heard 16000"]
    assert ears.r.counters.incomplete == 0


def test_an_end_whose_audio_never_comes_is_answered_with_what_is_there(ears):
    ears.listen(960)
    ears.r.ended(segment(1000))
    ears.now += 600 * MS
    assert ears.r.tick(False)
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 15360"]
    assert ears.r.counters.incomplete == 1


def test_an_end_without_any_audio_is_rejected_and_says_what_is_missing(ears):
    ears.r.ended(segment(1000))
    ears.now += 600 * MS
    ears.r.tick(False)
    assert "is audio_capture active" in ears.finals[0].rejected_reason
    assert ears.engine.calls == []


def test_an_utterance_longer_than_the_memory_is_transcribed_without_its_head():
    ears = Ears(ring_seconds=1.0)
    ears.listen(3200)
    ears.r.ended(segment(3200))
    ears.r.work()
    assert ears.engine.calls == [16_000]
    assert ears.r.counters.incomplete == 1


def test_partials_come_while_somebody_speaks_and_not_in_a_pause(ears):
    ears.listen(320)
    assert not ears.r.tick(True)
    ears.r.started("u1", T0)
    assert not ears.r.tick(True), "too little to guess from"
    ears.listen(960)
    assert ears.r.tick(True)
    ears.r.work()
    assert [r.segment.utterance_id for r in ears.partials] == ["u1"]
    ears.r.paused(segment(1200))
    ears.r.work()
    assert not ears.r.tick(True)


def test_no_partial_is_asked_for_while_the_engine_is_busy(ears):
    ears.listen(1600)
    ears.r.started("u1", T0)
    asked = []
    ears.engine.meanwhile = lambda: asked.append(ears.r.tick(True))
    ears.r.tick(True)
    ears.r.work()
    assert asked == [False]


def test_a_slow_engine_gets_no_partials_that_would_hold_up_the_final(ears):
    ears.listen(1600)
    ears.engine.meanwhile = lambda: setattr(ears, "now", ears.now + 1500 * MS)
    ears.r.ended(segment(1000))
    ears.r.work()
    ears.r.started("u2", T0)
    assert not ears.r.tick(True)


def test_no_partial_is_published_after_its_final(ears):
    ears.listen(1600)
    ears.r.started("u1", T0)
    ears.r.tick(True)
    ears.engine.meanwhile = lambda: ears.r.ended(segment(1500))
    ears.r.work()
    assert [r.is_final for r in ears.results] == [True]


def test_ends_from_another_thread_are_all_answered(ears):
    ears.listen(1600)
    done = threading.Event()

    def work():
        while not done.is_set() or ears.r.backlog:
            ears.r.work()

    worker = threading.Thread(target=work)
    worker.start()
    for i in range(300):
        part = segment(1000, name=f"u{i}")
        ears.r.started(part.utterance_id, T0)
        ears.r.paused(part)
        if i % 3 == 0:
            ears.r.resumed(part.utterance_id)
        ears.r.ended(part)
    done.set()
    worker.join(10.0)
    assert sorted(r.segment.utterance_id for r in ears.finals) == sorted(f"u{i}" for i in range(300))
