"""Each utterance leads to exactly one final, whatever comes in whichever order; guesses never get in its way."""

import threading

import numpy as np
import pytest

from patience import ended
from voice_pipeline.asr.jobs import Segment
from voice_pipeline.asr.partial_schedule import PartialSchedule
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
            if self.chunk():
                self.r.work()

    def chunk(self):
        """32 ms arrive; True: there is work."""
        stamp = T0 + samples_to_ns(self.samples)
        self.samples += 512
        self.now = max(self.now, T0 + samples_to_ns(self.samples))
        return self.r.append(AudioChunk(stamp, np.full(512, 100, np.int16)))

    @property
    def finals(self):
        return [x for x in self.results if x.is_final]

    @property
    def partials(self):
        return [x for x in self.results if not x.is_final]

    @property
    def guesses(self):
        return [x for x in self.results if x.is_speculative]


def showing(first_s=0.4, period_s=0.8):
    return Ears(partials=PartialSchedule(first_s, period_s))


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
    assert len(ears.guesses) == len(ears.results) == 1
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
    assert ears.r.tick()
    ears.r.work()
    assert [r.heard.text for r in ears.finals] == ["heard 15360"]
    assert ears.r.counters.incomplete == 1


def test_an_end_without_any_audio_is_rejected_and_says_what_is_missing(ears):
    ears.r.ended(segment(1000))
    ears.now += 600 * MS
    ears.r.tick()
    assert "is audio_capture active" in ears.finals[0].rejected_reason
    assert ears.engine.calls == []


def test_an_utterance_longer_than_the_memory_is_transcribed_without_its_head():
    ears = Ears(ring_seconds=1.0)
    ears.listen(3200)
    ears.r.ended(segment(3200))
    ears.r.work()
    assert ears.engine.calls == [16_000]
    assert ears.r.counters.incomplete == 1


def test_the_result_of_a_pause_is_published_as_the_final_will_be(ears):
    ears.listen(1600)
    ears.engine.meanwhile = lambda: setattr(ears, "now", ears.now + 120 * MS)
    asked = ears.now
    ears.r.paused(segment(1100, 3, speech_end_ms=1000))
    ears.r.work()
    guess = ears.guesses[0]
    assert (guess.is_final, guess.heard.text, guess.rejected_reason) == (False, "heard 17600", "")
    assert (guess.segment, guess.vad_end_ns) == (segment(1100, 3, speech_end_ms=1000), 0)
    assert (guess.asr_start_ns, guess.asr_end_ns) == (asked, asked + 120 * MS)
    ears.r.ended(segment(1200, 3, speech_end_ms=1000))
    final = ears.finals[0]
    assert (final.heard, final.is_speculative) == (guess.heard, False)
    assert (final.asr_start_ns, final.asr_end_ns) == (guess.asr_start_ns, guess.asr_end_ns)


def test_a_guess_is_not_mixed_with_what_partials_had_shown():
    ears = showing()
    ears.r.started("u1", T0)
    for text in ("Please nut", "Please nut your"):
        ears.engine.text = text
        ears.listen(900)
    assert [r.stable_text for r in ears.partials] == ["", "Please nut"]
    ears.engine.text = "Please nod your head."
    ears.r.paused(segment(1700))
    ears.r.work()
    assert (ears.guesses[0].heard.text, ears.guesses[0].stable_text) == ("Please nod your head.", "")
    ears.r.ended(segment(1700))
    assert ears.finals[0].heard.text == "Please nod your head."


def test_a_pause_without_words_says_so_and_shows_none(ears):
    ears.listen(1600)
    ears.engine.text = "..."
    ears.r.paused(segment(1000))
    ears.r.work()
    assert [(r.heard.text, r.stable_text, r.rejected_reason) for r in ears.guesses] == [("", "", "no words")]
    ears.r.ended(segment(1000))
    assert [r.rejected_reason for r in ears.finals] == ["no words"]


def test_a_pause_that_was_too_quiet_is_rejected_as_its_final_will_be(ears):
    ears.listen(1600)
    ears.r.paused(segment(1000, level=-70.0))
    ears.r.work()
    ears.r.ended(segment(1000, level=-70.0))
    assert ears.guesses[0].rejected_reason == ears.finals[0].rejected_reason != ""


def test_a_guess_that_runs_when_speech_goes_on_is_a_partial_and_no_more():
    ears = showing()
    ears.listen(1600)
    ears.r.started("u1", T0)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))
    ears.engine.meanwhile = lambda: ears.r.resumed("u1")
    ears.r.work()
    assert [(r.heard.text, r.is_speculative, r.is_final) for r in ears.results] == [("heard 17600", False, False)]


def test_a_guess_that_waits_when_speech_goes_on_is_never_computed(ears):
    ears.listen(1600)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))
    ears.r.resumed("u1")
    ears.r.work()
    ears.r.paused(segment(1700, 3))
    ears.r.resumed("u1")
    ears.listen(320)
    assert ears.engine.calls == [] == ears.results


def test_only_the_second_pause_is_answered_when_the_first_is_still_computed(ears):
    ears.listen(3200)
    ears.r.paused(segment(1100, 1, speech_end_ms=1000))

    def go_on():
        ears.engine.meanwhile = lambda: None
        ears.r.resumed("u1")
        ears.r.paused(segment(2100, 3, speech_end_ms=2000))

    ears.engine.meanwhile = go_on
    ears.r.work()
    assert [(r.segment.generation, r.heard.text) for r in ears.guesses] == [(3, "heard 33600")]


def running_partial(ears, then):
    """A partial that has heard 512 ms runs, and meanwhile `then` happens."""
    ears.r.started("u1", T0)
    while not ears.chunk():
        pass
    assert ears.samples == 512 * 16

    def once():
        ears.engine.meanwhile = lambda: None
        ears.listen(160)
        then()

    ears.engine.meanwhile = once
    ears.r.work()


def test_a_running_partial_that_heard_all_the_speech_becomes_the_guess():
    ears = showing(0.5)
    running_partial(ears, lambda: ears.r.paused(segment(600, 1, speech_end_ms=450)))
    assert ears.engine.calls == [8192]
    assert [r.segment for r in ears.guesses] == [segment(600, 1, speech_end_ms=450)]
    assert not ears.r.ended(segment(650, 1, speech_end_ms=450))
    assert ears.finals[0].heard == ears.guesses[0].heard


def test_a_running_partial_that_heard_all_the_speech_becomes_the_final():
    ears = showing(0.5)

    def pause_and_end():
        ears.r.paused(segment(600, 1, speech_end_ms=450))
        assert not ears.r.ended(segment(650, 1, speech_end_ms=450))
        assert ears.r.backlog == 1

    running_partial(ears, pause_and_end)
    assert [r.heard.text for r in ears.results] == ["heard 8192"]
    assert ears.finals[0].segment == segment(650, 1, speech_end_ms=450)


def test_a_running_partial_that_missed_the_last_sound_does_not_become_the_guess():
    ears = showing(0.5)
    running_partial(ears, lambda: ears.r.paused(segment(600, 1, speech_end_ms=480)))
    assert ears.engine.calls == [8192, 9600]
    assert [(r.is_speculative, r.heard.text) for r in ears.results] == [(False, "heard 8192"), (True, "heard 9600")]


def test_a_running_partial_that_became_the_guess_is_a_partial_again_when_speech_goes_on():
    ears = showing(0.5)

    def pause_and_go_on():
        ears.r.paused(segment(600, 1, speech_end_ms=450))
        ears.r.resumed("u1")

    running_partial(ears, pause_and_go_on)
    assert [(r.is_speculative, r.heard.text) for r in ears.results] == [(False, "heard 8192")]


def test_the_first_partial_comes_soon_and_the_next_ones_in_their_period():
    ears = showing(0.4, 0.8)
    ears.listen(320)
    ears.r.started("u1", T0)
    ears.listen(384)
    assert ears.engine.calls == []
    ears.listen(32)
    assert [c / 16 for c in ears.engine.calls] == [736]
    ears.listen(1600)
    assert [c / 16 for c in ears.engine.calls] == [736, 1536, 2336]


def test_speech_shorter_than_a_first_partial_needs_shows_none():
    ears = showing(0.4)
    ears.r.started("u1", T0)
    ears.listen(320)
    ears.r.dropped("u1")
    ears.listen(1600)
    assert ears.engine.calls == []


def test_no_partial_in_a_pause_and_the_next_some_time_after_it():
    ears = showing(0.4, 0.8)
    ears.r.started("u1", T0)
    ears.listen(640)
    ears.r.paused(segment(640, 1))
    ears.r.work()
    ears.listen(1600)
    assert len(ears.partials) == 2
    ears.r.resumed("u1")
    ears.listen(384)
    assert len(ears.partials) == 2
    ears.listen(32)
    assert len(ears.partials) == 3


def test_partials_that_hold_no_words_are_not_shown():
    ears = showing()
    ears.engine.text = "."
    ears.r.started("u1", T0)
    ears.listen(1600)
    assert (len(ears.engine.calls), ears.results) == (2, [])


def test_without_a_period_there_are_no_partials(ears):
    ears.r.started("u1", T0)
    ears.listen(3200)
    assert ears.engine.calls == []


def test_no_partial_is_asked_for_while_the_engine_is_busy():
    ears = showing()
    ears.r.started("u1", T0)
    asked = []
    ears.engine.meanwhile = lambda: asked.extend(ears.chunk() for _ in range(50))
    while not ears.chunk():
        pass
    ears.r.work()
    assert asked == [False] * 50


def test_partials_take_half_of_a_slow_engine_at_most():
    ears = showing(0.4, 0.1)
    ears.r.started("u1", T0)
    ears.engine.meanwhile = lambda: setattr(ears, "now", ears.now + 320 * MS)
    ears.listen(4000)
    assert len(ears.engine.calls) in (6, 7), ears.engine.calls


def test_a_slow_engine_gets_no_partials_that_would_hold_up_the_final():
    ears = showing()
    ears.listen(1600)
    ears.engine.meanwhile = lambda: setattr(ears, "now", ears.now + 1500 * MS)
    ears.r.ended(segment(1000))
    ears.r.work()
    ears.r.started("u2", T0)
    ears.listen(1600)
    assert len(ears.engine.calls) == 1


def test_no_partial_is_published_after_its_final():
    ears = showing()
    ears.r.started("u1", T0)
    while not ears.chunk():
        pass
    ears.engine.meanwhile = lambda: ears.r.ended(segment(400))
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
    assert ended(worker)
    assert sorted(r.segment.utterance_id for r in ears.finals) == sorted(f"u{i}" for i in range(300))
