"""A long utterance comes in parts: each is transcribed once, no word is lost or doubled, and one final has them all."""

import threading

import numpy as np
import pytest

from patience import ended
from voice_pipeline.asr.jobs import Result, Segment
from voice_pipeline.asr.partial_schedule import PartialSchedule
from voice_pipeline.asr.parts import join
from voice_pipeline.asr.protocol import Transcription
from voice_pipeline.asr.recognizer import Recognizer
from voice_pipeline.asr.rejection import RejectionRules
from voice_pipeline.audio.formats import SAMPLE_RATE, AudioChunk, samples_to_ns

T0 = 1_700_000_000_000_000_000
MS = 1_000_000


class Engine:
    """Hears the number that each second of audio holds: "0 1 2"; 999 is a second of noise, which gives no words."""

    def __init__(self):
        self.calls = []
        self.meanwhile = lambda: None
        self.fail = False

    def transcribe(self, audio, language=""):
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.fail:
            raise RuntimeError("out of memory")
        seconds = [round(float(x) * 32768) for x in audio[SAMPLE_RATE // 2 :: SAMPLE_RATE]]
        self.calls.append(seconds)
        text = " ".join(str(s) for s in seconds if s != 999)
        return Transcription(text, confidence=0.9, no_speech_probability=0.1, processing_s=1.0)


class Monologue:
    """One person who talks for long; every second of the audio holds its own number."""

    def __init__(self, **options):
        self.engine, self.results, self.now, self.second = Engine(), [], T0, 0
        self.r = Recognizer(self.engine, RejectionRules(), self.results.append, wall_ns=lambda: self.now, **options)

    def talk(self, seconds, value=None, work=True):
        for _ in range(seconds):
            audio = np.full(SAMPLE_RATE, self.second if value is None else value, np.int16)
            wanted = self.r.append(AudioChunk(T0 + samples_to_ns(self.second * SAMPLE_RATE), audio))
            self.second += 1
            self.now = T0 + self.second * 1000 * MS
            if wanted and work:
                self.r.work()

    @property
    def finals(self):
        return [x for x in self.results if x.is_final]


def at(start, end, generation=1, speech_end=None, level=-20.0):
    """A stretch in whole seconds."""
    end_of_speech = end if speech_end is None else speech_end
    return Segment("u", generation, T0 + start * 1000 * MS, T0 + end * 1000 * MS, T0 + end_of_speech * 1000 * MS, level)


def numbers(a, b):
    return " ".join(map(str, range(a, b)))


@pytest.fixture
def m():
    m = Monologue()
    m.r.started("u", T0)
    return m


def test_parts_are_transcribed_while_the_person_goes_on_and_one_final_has_all_their_words(m):
    m.talk(10)
    assert m.r.split(at(0, 9))
    m.r.work()
    assert m.results == []
    m.talk(10)
    m.r.split(at(9, 18, 3))
    m.r.work()
    m.talk(5)
    m.r.ended(at(18, 24, 5))
    m.r.work()
    assert m.engine.calls == [list(range(9)), list(range(9, 18)), list(range(18, 24))]
    (final,) = m.results
    assert (final.is_final, final.heard.text, final.stable_text) == (True, numbers(0, 24), numbers(0, 24))
    assert (final.segment.audio_start_ns, final.segment.speech_end_ns) == (T0, T0 + 24_000 * MS)
    assert (final.audio_seconds, final.heard.processing_s, final.segment.generation) == (24.0, 3.0, 5)
    assert m.r.counters.finals == 1


def test_a_pause_after_a_split_is_guessed_from_the_last_part_alone_and_told_with_all_words(m):
    m.talk(12)
    m.r.split(at(0, 9))
    m.r.work()
    m.r.paused(at(9, 12, 2, speech_end=11))
    m.r.work()
    assert [(r.is_speculative, r.heard.text) for r in m.results] == [(True, numbers(0, 12))]
    assert not m.r.ended(at(9, 12, 2, speech_end=11))
    assert m.finals[0].heard.text == m.results[0].heard.text
    assert m.r.counters.speculation_hits == 1


def test_partials_show_the_parts_before(m):
    m = Monologue(partials=PartialSchedule(0.4, 1.0))
    m.r.started("u", T0)
    m.talk(4)
    m.r.split(at(0, 4))
    m.r.work()
    m.results.clear()
    m.talk(2)
    assert [r.heard.text for r in m.results] == [numbers(0, 5), numbers(0, 6)]
    assert [r.stable_text for r in m.results] == [numbers(0, 4), numbers(0, 5)]


def test_a_partial_that_runs_at_the_split_does_not_show_the_part_twice(m):
    m = Monologue(partials=PartialSchedule(0.4, 1.0))
    m.r.started("u", T0)
    m.talk(3, work=False)
    m.engine.meanwhile = lambda: m.r.split(at(0, 3))
    m.r.work()
    m.talk(1)
    assert [r.heard.text for r in m.results] == [numbers(0, 4)]


def test_a_part_without_words_is_left_out_and_does_not_reject_the_rest(m):
    m.talk(3)
    m.r.split(at(0, 3))
    m.talk(3, value=999)
    m.r.split(at(3, 6))
    m.talk(3)
    m.r.ended(at(6, 9))
    m.r.work()
    assert [(r.heard.text, r.rejected_reason) for r in m.finals] == [("0 1 2 6 7 8", "")]


def test_an_utterance_all_of_whose_parts_are_rejected_is_rejected_once(m):
    m.talk(9, value=999)
    m.r.split(at(0, 3))
    m.r.split(at(3, 6))
    m.r.ended(at(6, 9))
    m.r.work()
    assert [r.rejected_reason for r in m.results] == ["no words"]
    assert m.r.counters.rejected == 1


def test_the_reason_of_a_rejected_long_utterance_is_that_of_its_longest_part(m):
    m.talk(9)
    m.r.split(at(0, 6, level=-70.0))
    m.r.ended(at(6, 9, level=-65.0))
    m.r.work()
    assert m.finals[0].rejected_reason.startswith("too quiet: -70")
    assert m.finals[0].rejected_by == "reject_level_dbfs"


def test_an_end_with_nothing_said_since_the_split_waits_for_the_part(m):
    m.talk(10)
    m.r.split(at(0, 10, 1, speech_end=8))
    m.r.ended(at(10, 10, 1, speech_end=8))
    assert m.finals == []
    m.r.work()
    assert [r.heard.text for r in m.finals] == [numbers(0, 10)]


def test_an_engine_that_is_slower_than_the_person_loses_nothing_though_the_memory_is_short():
    m = Monologue(ring_seconds=20.0)
    m.r.started("u", T0)
    for begin in range(0, 120, 10):
        m.talk(10, work=False)
        m.r.split(at(begin, begin + 10))
    m.r.ended(at(120, 120))
    assert m.r.backlog == 12
    m.r.work()
    assert [r.heard.text for r in m.finals] == [numbers(0, 120)]
    assert m.r.counters.incomplete == 0


def test_a_part_whose_last_audio_is_late_waits_for_it(m):
    m.talk(9)
    assert not m.r.split(at(0, 10))
    m.talk(3)
    m.r.ended(at(10, 12))
    m.r.work()
    assert [r.heard.text for r in m.finals] == [numbers(0, 12)]


def test_an_end_that_was_lost_loses_no_part(m):
    m.talk(10)
    m.r.split(at(0, 10))
    m.r.started("v", T0 + 12_000 * MS)
    m.r.work()
    assert [(r.segment.utterance_id, r.heard.text) for r in m.finals] == [("u", numbers(0, 10))]


def test_a_false_start_after_a_split_ends_the_parts_before_it(m):
    m.talk(10)
    m.r.split(at(0, 10))
    m.r.work()
    m.r.dropped("u")
    assert [r.heard.text for r in m.finals] == [numbers(0, 10)]
    assert not m.r.ended(at(0, 10))


def test_a_part_that_the_engine_fails_on_is_counted_and_the_rest_is_passed_on(m):
    m.talk(6)
    m.r.split(at(0, 3))
    m.engine.fail = True
    m.r.work()
    m.engine.fail = False
    m.r.ended(at(3, 6))
    m.r.work()
    assert [r.heard.text for r in m.finals] == ["3 4 5"]
    assert (m.r.counters.failures, m.r.counters.incomplete) == (1, 1)


def test_parts_and_ends_from_another_thread_all_come_out_in_order():
    m = Monologue(ring_seconds=200.0)
    m.talk(100, work=False)
    done = threading.Event()

    def work():
        while not done.is_set() or m.r.backlog:
            m.r.work()

    worker = threading.Thread(target=work)
    worker.start()
    for i in range(100):
        name = lambda s: Segment(f"u{i}", 0, s.audio_start_ns, s.audio_end_ns, s.speech_end_ns, -20.0)  # noqa: B023, E731
        m.r.started(f"u{i}", T0)
        for begin in range(0, 40, 10):
            m.r.split(name(at(begin, begin + 10)))
            m.r.paused(name(at(begin + 10, begin + 12)))
            m.r.resumed(f"u{i}")
        m.r.ended(name(at(40, 50)))
    done.set()
    assert ended(worker)
    assert [r.segment.utterance_id for r in m.finals] == [f"u{i}" for i in range(100)]
    assert {r.heard.text for r in m.finals} == {numbers(0, 50)}


def test_figures_of_the_whole_are_weighted_by_the_length_of_the_words():
    def part(text, confidence, reason=""):
        heard = Transcription(text, confidence, 0.1, processing_s=0.5)
        return Result(at(0, 1), heard, True, text, reason, 1.0, 0, 0)

    whole = join([part("abcdefghi", 0.9), part("z" * 50, 0.1, "confidence"), part("abc", 0.5)])
    assert whole.heard.confidence == pytest.approx(0.8)
    assert (whole.heard.text, whole.heard.processing_s, whole.rejected_reason) == ("abcdefghi abc", 1.5, "")
