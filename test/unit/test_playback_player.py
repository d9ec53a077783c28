"""The player on a sink and a clock that a test holds."""

import math

import numpy as np
import pytest

from patience import until
from voice_fakes import RATE, FakeSink, HeldClock, tone
from voice_pipeline.audio.formats import to_bytes
from voice_pipeline.audio.meter import State
from voice_pipeline.audio.playback import Player
from voice_pipeline.audio.sinks.paced import NullSink
from voice_pipeline.audio.track import SpeechChunk

PERIOD_NS = 20_000_000


class Bench:
    def __init__(self, **sink):
        self.clock = HeldClock()
        self.sink = FakeSink(self.clock, **sink)
        self.reports = []
        self.heard = []
        self.notices = []
        self.player = Player(
            self.sink,
            self.reports.append,
            lambda block, ns: self.heard.append((ns, block)),
            on_notice=self.notices.append,
            clock=self.clock,
        )

    def say(self, say_id="a", samples=None, *, last=True, sequence=0):
        samples = tone(0.2) if samples is None else samples
        self.player.feed(SpeechChunk(say_id, "turn", sequence, RATE, 1, last, to_bytes(samples)))

    def run(self, seconds):
        until = self.clock.now_ns + int(seconds * 1e9)
        while self.clock.now_ns < until:
            before = self.clock.now_ns
            self.player.step()
            if self.clock.now_ns == before:
                self.clock.now_ns += PERIOD_NS  # resting

    def of(self, state):
        return [r for r in self.reports if r.state == state]


@pytest.fixture
def bench():
    return Bench()


def test_it_tells_what_was_played_by_the_sample_clock(bench):
    begun = bench.clock.now_ns
    silence = np.zeros(RATE // 10, np.int16)
    bench.say(samples=np.concatenate((silence, tone(0.2))))
    bench.run(1.0)
    assert bench.reports[0].state == State.PLAYING
    end = bench.of(State.FINISHED)[0]
    assert (end.say_id, end.turn_id) == ("a", "turn")
    assert end.seconds_played == pytest.approx(0.3)
    assert end.first_sample_ns == begun
    assert end.first_audible_ns - begun == pytest.approx(0.1e9, abs=1e6)
    assert bench.reports[-1].state == State.IDLE
    assert bench.reports[-1].level_dbfs == -math.inf


def test_progress_is_told_twenty_times_a_second_with_its_loudness(bench):
    bench.say(samples=tone(1.0))
    bench.run(1.2)
    playing = bench.of(State.PLAYING)
    assert 15 <= len(playing) <= 22
    assert playing[-1].level_dbfs == pytest.approx(20 * math.log10(8000 / 32768) - 3.01, abs=0.5)
    assert playing[0].seconds_queued > playing[-1].seconds_queued


def test_a_whisper_is_no_audible_sample(bench):
    bench.say(samples=tone(0.2, level=80))
    bench.run(0.5)
    assert bench.of(State.FINISHED)[0].first_audible_ns == 0


def test_nothing_is_written_while_nothing_plays(bench):
    bench.run(1.0)
    assert not bench.sink.blocks
    bench.say()
    bench.run(0.5)
    assert bench.sink.gaps == [pytest.approx(1.0, abs=0.03)]
    assert len(bench.sink.played) == pytest.approx(0.2 * RATE, abs=480)


def test_a_device_that_falls_asleep_is_fed_silence():
    bench = Bench(wants_silence=True)
    bench.run(0.5)
    assert len(bench.sink.blocks) == 25
    bench.say()
    bench.run(0.5)
    assert [r.state for r in bench.reports][-2:] == [State.FINISHED, State.IDLE]


def test_the_end_is_told_when_it_was_heard_not_when_it_was_written():
    bench = Bench(latency_ns=100_000_000)
    begun = bench.clock.now_ns
    bench.say(samples=tone(0.2))
    while not bench.of(State.FINISHED):
        bench.player.step()
    assert bench.of(State.FINISHED)[0].first_sample_ns == begun + 100_000_000
    assert bench.clock.now_ns - begun >= 0.29e9


def test_flush_takes_effect_within_one_period_and_tells_what_was_heard(bench):
    bench.say(samples=tone(2.0))
    bench.run(0.5)
    asked = bench.clock.now_ns
    bench.player.flush("a")
    bench.player.step()
    flushed = bench.of(State.FLUSHED)[0]
    assert flushed.seconds_played == pytest.approx(0.51, abs=0.001)
    assert bench.clock.now_ns - asked <= PERIOD_NS
    bench.run(0.2)
    assert not bench.sink.played[round(0.51 * RATE) :].any()
    assert not bench.of(State.FINISHED)


def test_pause_and_resume(bench):
    bench.say(samples=tone(0.4))
    bench.run(0.2)
    bench.player.pause()
    bench.run(0.5)
    assert bench.player.paused
    assert bench.of(State.PAUSED)[-1].seconds_played == pytest.approx(0.21, abs=0.001)
    bench.player.resume()
    bench.run(0.5)
    assert bench.of(State.FINISHED)[0].seconds_played == pytest.approx(0.4)


def test_speech_that_comes_while_it_is_paused_waits_for_resume(bench):
    bench.player.pause()
    bench.run(0.3)
    bench.say(samples=tone(0.4))
    bench.run(1.0)
    assert not bench.heard
    assert bench.of(State.PAUSED)[-1].seconds_queued == pytest.approx(0.4)
    bench.player.resume()
    resumed = bench.clock.now_ns
    bench.run(0.6)
    assert np.array_equal(np.concatenate([b for _, b in bench.heard]), tone(0.4))  # not begun: nothing to fade
    end = bench.of(State.FINISHED)[0]
    assert end.first_sample_ns == resumed
    assert end.first_audible_ns - resumed < 1e6


def test_a_pause_and_its_end_are_told_with_the_next_block(bench):
    bench.say(samples=tone(1.0))
    bench.run(0.2)
    bench.player.pause()
    bench.player.step()
    assert bench.reports[-1].state == State.PAUSED
    bench.player.resume()
    bench.player.step()
    assert bench.reports[-1].state == State.PLAYING


def test_across_pauses_no_sample_is_lost_or_repeated_and_the_clock_is_right(bench):
    sound = np.full(RATE, 10_000, np.int16) + (np.arange(RATE) % 97).astype(np.int16)
    bench.say(samples=sound)
    bench.run(0.1)
    first = bench.reports[0].first_audible_ns
    for _ in range(3):
        bench.run(0.1)
        bench.player.pause()
        bench.run(0.25)
        heard = len(np.flatnonzero(bench.sink.played))
        assert bench.of(State.PAUSED)[-1].seconds_played == pytest.approx(
            heard / RATE, abs=0.001
        )  # the ends of the ramps are zeros
        bench.player.resume()
    bench.run(1.5)
    end = bench.of(State.FINISHED)[0]
    assert (end.seconds_played, end.first_audible_ns) == (1.0, first)
    # Blocks with sound hold it where it was; only the ramps of 10 ms on both sides of a pause differ, downwards.
    ramp = RATE // 100
    parts = [b[:ramp] if not b[ramp:].any() else b for _, b in bench.heard]
    out = np.concatenate(parts)
    assert len(out) == len(sound)
    changed = np.flatnonzero(out != sound)
    assert 3 * ramp <= len(changed) <= 3 * 2 * ramp
    assert np.all(out[changed] < sound[changed])
    assert np.max(np.abs(np.diff(out.astype(int)))) < 10_000 / ramp + 200  # no click


def test_a_pause_that_nobody_ends_is_ended_and_told(bench):
    bench.say(samples=tone(0.4))
    bench.run(0.2)
    bench.player.pause()
    bench.run(9.9)
    assert bench.player.paused
    bench.run(0.5)
    assert not bench.player.paused
    assert bench.of(State.FINISHED)[0].seconds_played == pytest.approx(0.4)
    assert "longest_pause_s" in bench.notices[0]
    assert bench.player.pauses_ended == len(bench.notices) == 1


def test_a_pause_with_nothing_to_play_does_not_silence_what_comes_later(bench):
    bench.player.pause()
    bench.run(12.0)
    bench.say()
    bench.run(0.5)
    assert bench.of(State.FINISHED)


def test_a_pause_asked_for_again_is_wanted_for_as_long_again(bench):
    bench.say()
    bench.run(0.1)
    for _ in range(3):
        bench.player.pause()
        bench.run(8.0)
    assert bench.player.paused
    assert not bench.notices


def test_a_thread_that_rests_in_a_pause_ends_it_in_time():
    notices = []
    player = Player(NullSink(RATE), lambda report: None, on_notice=notices.append, longest_pause_s=0.2)
    player.start()
    player.pause()
    until(lambda: notices, "the end of the pause")
    player.stop()
    assert len(notices) == 1


def test_duck_lowers_without_a_click_and_zero_ends_it(bench):
    bench.say(samples=np.full(RATE, 10_000, np.int16))
    bench.run(0.1)
    bench.player.duck(-20.0)
    bench.run(0.2)
    bench.player.duck(0.0)
    bench.run(0.2)
    out = bench.sink.played.astype(int)
    assert out[round(0.25 * RATE)] == pytest.approx(1000, abs=2)
    assert out[round(0.45 * RATE)] == 10_000
    assert np.max(np.abs(np.diff(out[: round(0.5 * RATE)]))) <= 10_000 / 240 + 2


@pytest.mark.parametrize("gain_db", [float("nan"), 12.0])
def test_a_gain_that_is_none_never_makes_it_louder(bench, gain_db):
    bench.player.duck(gain_db)
    bench.say(samples=np.full(RATE // 2, 10_000, np.int16))
    bench.run(0.4)
    assert np.max(bench.sink.played) == 10_000


def test_volume_changes_while_it_plays(bench):
    bench.player.set_volume(0.5)
    bench.say(samples=np.full(RATE // 2, 10_000, np.int16))
    bench.run(0.4)
    assert bench.sink.played[RATE // 4] == 5000


def test_what_was_played_is_given_with_its_stamps(bench):
    bench.say(samples=tone(0.2))
    bench.run(0.5)
    assert np.array_equal(np.concatenate([b for _, b in bench.heard]), tone(0.2))
    assert {b - a for (a, _), (b, _) in zip(bench.heard, bench.heard[1:], strict=False)} == {PERIOD_NS}


def test_a_sink_that_breaks_fails_every_clause_and_is_reopened(bench):
    bench.say("a", tone(1.0))
    bench.say("b", tone(1.0))
    bench.run(0.3)
    bench.sink.broken = "the loudspeaker is gone."
    bench.run(0.1)
    assert {r.say_id for r in bench.of(State.FAILED)} == {"a", "b"}
    assert "Mend it" in bench.of(State.FAILED)[0].detail
    bench.say("c")
    bench.run(0.1)
    assert bench.of(State.FAILED)[-1].say_id == "c"
    bench.run(5.0)
    assert bench.player.fault
    bench.sink.broken = ""
    bench.run(10.0)
    assert not bench.player.fault
    bench.say("d")
    bench.run(0.5)
    assert bench.of(State.FINISHED)[0].say_id == "d"


def test_attempts_to_reopen_become_rarer_and_stay_frequent_enough_to_be_back_within_three_seconds(bench):
    bench.say()
    bench.run(0.1)
    bench.sink.broken = "gone."
    bench.say("b")
    attempts = []
    bench.sink.open = lambda: attempts.append(bench.clock.now_ns) or FakeSink.open(bench.sink)
    bench.run(60.0)
    gaps = np.diff(attempts) / 1e9
    assert gaps[0] < 0.75
    assert gaps[-1] == pytest.approx(1.5, abs=0.1)


def test_a_clause_that_cannot_be_played_fails_once_with_the_cure(bench):
    for sequence in (0, 1):
        bench.player.feed(SpeechChunk("a", "t", sequence, 0, 1, False, b"\0\0"))
    bench.run(0.1)
    assert [r.say_id for r in bench.of(State.FAILED)] == ["a"]
    assert "sample_rate" in bench.of(State.FAILED)[0].detail


def test_stopping_tells_what_was_given_up():
    bench = Bench()
    bench.say(samples=tone(5.0))
    bench.run(0.1)
    bench.player.stop()
    assert bench.reports[-1].state == State.FLUSHED
    assert bench.sink.closed == 1
